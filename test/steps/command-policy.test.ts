import t from 'tap'
import { NOTHING_ALLOWED } from '../../runner/platforms/allowed.ts'
import { changeRefusal, isOfAdministrators, type Policy, refusalOf } from '../../runner/steps/command-policy.ts'
import { namesUsedIn } from '../../runner/steps/names.ts'

const POLICY: Policy = {
  allowed: NOTHING_ALLOWED,
  isNode: (host, port) => host === '127.0.0.1' && port >= 7010 && port < 7016,
}

const BEFORE: Policy = { ...POLICY, isOpen: (word) => namesUsedIn(word).length > 0 }

function refusal(command: string, policy = POLICY): string | undefined {
  return refusalOf(command.split(' '), policy)
}

const REFUSED: readonly (readonly [command: string, why: RegExp])[] = [
  ['MODULE LOAD /tmp/x.so', /^MODULE cannot be sent: it would make the server run foreign code; .*`--allow MODULE`$/],
  ['module loadex /tmp/x.so', /^MODULE cannot be sent/],
  ['ACL SETUSER other on nopass +@all', /^ACL cannot be sent: the runner gives every node its users/],
  ['ACL LOAD', /^ACL cannot/],
  ['ACL GENPASS', /^ACL cannot/],
  ['REPLICAOF 10.0.0.1 6379', /^REPLICAOF cannot be sent: the nodes of a cluster follow its own masters only/],
  ['slaveof no one', /^SLAVEOF cannot/],
  ['FAILOVER TO 10.0.0.1 6379', /^FAILOVER cannot be sent: .* the verb `failover`/],
  ['CLUSTER SYNCSLOTS ESTABLISH', /^CLUSTER SYNCSLOTS cannot be sent/],
  ...['dir', 'dbfilename', 'appenddirname', 'appendfilename', 'logfile', 'pidfile', 'aclfile', 'unixsocket'].map(
    (name) => [`CONFIG SET ${name} x`, /^CONFIG SET: .* outside its own folder; .*--allow/] as const,
  ),
  ...['bind', 'bind-source-addr', 'protected-mode', 'socket-mark-id'].map(
    (name) => [`CONFIG SET ${name} x`, /listen on loopback and the run's own network only/] as const,
  ),
  ...['requirepass', 'masterauth', 'masteruser', 'primaryauth', 'acl-pubsub-default'].map(
    (name) => [`CONFIG SET ${name} x`, /gives every node its users and one password/] as const,
  ),
  ...['enable-module-command', 'enable-protected-configs', 'enable-debug-command', 'loadmodule'].map(
    (name) => [`CONFIG SET ${name} x`, /run foreign code/] as const,
  ),
  ...['lua-replicate-commands', 'lua-enable-insecure-api'].map((name) => [`CONFIG SET ${name} x`, /scripts/] as const),
  ...['port', 'tls-port', 'cluster-port', 'cluster-announce-ip', 'cluster-announce-bus-port', 'oom-score-adj'].map(
    (name) => [`CONFIG SET ${name} x`, /cannot be set/] as const,
  ),
  ['config set maxmemory 1mb DIR /etc', /`dir` cannot be set: .*the verbs `disk` and `writes-refused`/],
  ['CONFIG SET dir\0x /etc', /^CONFIG SET: the name of a setting/],
  ['CONFIG SET\0x dir /etc', /^CONFIG has no such subcommand$/],
  ['CLUSTER MEET\0 10.0.0.1 6379', /^CLUSTER has no such subcommand$/],
  ...['REPLICATE ALL MODULE LOAD x', 'MALLCTL-STR prof.dump /x', 'INTERNAL_SECRET', 'SET-DISABLE-DENY-SCRIPTS 1'].map(
    (words) => [`DEBUG ${words}`, /^DEBUG \S+ cannot be sent: .*`--allow DEBUG`$/] as const,
  ),
  ['DEBUG LOG x\n1:M', /^DEBUG LOG writes one line of text/],
  ['debug log x\r', /^DEBUG LOG writes one line of text/],
  ['MIGRATE 10.0.0.1 6379 key 0 1000', /^MIGRATE may name only nodes of this run, and 10.0.0.1:6379 is none/],
  ['migrate 127.0.0.1 6379 key 0 1000', /^MIGRATE may name only nodes of this run, and 127.0.0.1:6379 is none/],
  ['MIGRATE 127.0.0.1 0x1b63 key 0 1000', /^MIGRATE may name only/],
  ['cluster meet 10.0.0.1 7011', /^CLUSTER MEET may name only nodes of this run/],
  ['CLUSTER MEET 127.0.0.1 7011 6379', /^CLUSTER MEET .* 127.0.0.1 with its bus at 6379 is none of them/],
]

for (const [command, why] of REFUSED) {
  t.test(JSON.stringify(command), async (t) => {
    t.match(refusal(command), why)
    t.match(refusal(command, BEFORE), why, 'before it is played')
  })
}

t.test('what stays inside the run may be sent', async (t) => {
  for (const command of [
    ...['GET a', 'CONFIG SET maxmemory 1mb maxmemory-policy allkeys-lru', 'CONFIG GET dir', 'CONFIG REWRITE', ''],
    ...['MODULE LIST', 'ACL WHOAMI', 'CONFIG SET cluster-announce-hostname x', 'CLUSTER REPLICATE id'],
    ...['MIGRATE 127.0.0.1 7011 key 0 1000', 'CLUSTER MEET 127.0.0.1 7015 17015', 'CLUSTER MEET', 'MIGRATE'],
    ...[
      'DEBUG SLEEP 1',
      'debug segfault',
      'DEBUG RELOAD',
      'DEBUG LOADAOF',
      'DEBUG CHANGE-REPL-ID',
      'DEBUG LOG a word',
      'SHUTDOWN NOSAVE',
    ],
    ...['EVAL return(1) 0', 'SCRIPT FLUSH', 'CLIENT PAUSE 100', 'FUNCTION LIST', 'SET module load', 'GET a$b'],
  ]) {
    t.equal(refusal(command), undefined, command)
  }
})

t.test('what is filled in later is judged then', async (t) => {
  for (const command of ['$command LOAD x', 'CONFIG SET $name x', 'CONFIG $what dir x', 'MIGRATE $host 1 k 0 1']) {
    t.equal(refusal(command, BEFORE), undefined, command)
  }
  t.match(refusal('CONFIG SET $name x dir /etc', BEFORE), /`dir` cannot be set/)
  t.match(refusal('CONFIG SET $name x'), /the name of a setting/, 'a dollar is no name once all are filled in')
})

t.test('what whoever starts the run allows', async (t) => {
  const allowing = (...names: string[]) => ({ ...POLICY, allowed: new Set(names) })
  t.equal(refusal('MODULE LOAD /x.so', allowing('MODULE')), undefined)
  t.equal(refusal('MIGRATE 10.0.0.1 6379 k 0 1', allowing('MIGRATE')), undefined)
  t.equal(refusal('CONFIG SET dir /x maxmemory 1', allowing('dir')), undefined)
  t.match(refusal('CONFIG SET dir /x dbfilename x', allowing('dir')), /`dbfilename` cannot be set/)
  t.match(refusal('ACL LIST', allowing('MODULE')), /^ACL cannot/)
})

t.test('what a script may hide is sent with fewer rights', async (t) => {
  const isOne = (command: string) => isOfAdministrators(command.split(' '), NOTHING_ALLOWED)
  for (const command of ['CONFIG SET maxmemory 1', 'cluster failover', 'DEBUG SLEEP 0', 'MIGRATE', 'shutdown']) {
    t.ok(isOne(command), command)
  }
  for (const command of [
    'EVAL x',
    'EVALSHA x',
    'FCALL f',
    'FUNCTION LOAD x',
    'SCRIPT LOAD x',
    'GET a',
    'UNKNOWN',
    '',
  ]) {
    t.notOk(isOne(command), command)
  }
})

t.test('what nodes tell clients of themselves may be changed, whichever way; their addresses may not', async (t) => {
  t.equal(changeRefusal('cluster-announce-hostname', NOTHING_ALLOWED), undefined)
  t.match(changeRefusal('cluster-announce-ip', NOTHING_ALLOWED), /^`cluster-announce-ip` cannot be set/)
})
