import t from 'tap'
import { addressIn, refusalOf } from '../../runner/steps/command-policy.ts'

const REFUSED: readonly (readonly [command: string, why: RegExp])[] = [
  ['MODULE LOAD /tmp/x.so', /^MODULE cannot be sent: it would make the server run foreign code$/],
  ['module loadex /tmp/x.so', /^MODULE cannot be sent/],
  ['ACL SETUSER other on nopass +@all', /^ACL cannot be sent: the runner gives every node one user/],
  ['ACL LOAD', /^ACL cannot/],
  ['REPLICAOF 10.0.0.1 6379', /^REPLICAOF cannot be sent: the nodes of a cluster follow its own masters only/],
  ['slaveof no one', /^SLAVEOF cannot/],
  ...['dir', 'dbfilename', 'appenddirname', 'appendfilename', 'logfile', 'pidfile', 'aclfile', 'unixsocket'].map(
    (name) => [`CONFIG SET ${name} x`, /^CONFIG SET: .* outside its own folder$/] as const,
  ),
  ...['bind', 'bind-source-addr', 'protected-mode'].map(
    (name) => [`CONFIG SET ${name} x`, /listen on loopback and the run's own network only$/] as const,
  ),
  ...['requirepass', 'masterauth', 'masteruser', 'primaryauth'].map(
    (name) => [`CONFIG SET ${name} x`, /gives every node one password/] as const,
  ),
  ...['enable-module-command', 'enable-protected-configs', 'loadmodule'].map(
    (name) => [`CONFIG SET ${name} x`, /run foreign code$/] as const,
  ),
  ...[
    'port',
    'tls-port',
    'cluster-port',
    'cluster-announce-ip',
    'cluster-announce-bus-port',
    'replica-announce-ip',
  ].map((name) => [`CONFIG SET ${name} x`, /cannot be set/] as const),
  ['config set maxmemory 1mb DIR /etc', /`dir` cannot be set/],
]

for (const [command, why] of REFUSED) {
  t.test(command, async (t) => t.match(refusalOf(command.split(' ')), why))
}

t.test('what stays inside the run may be sent', async (t) => {
  for (const command of [
    ...[
      'GET a',
      'CONFIG SET maxmemory 1mb maxmemory-policy allkeys-lru',
      'CONFIG GET dir',
      'MODULE LIST',
      'ACL WHOAMI',
    ],
    ...['CONFIG SET cluster-announce-hostname x', 'CONFIG REWRITE', 'CLUSTER REPLICATE id', 'CONFIG SET $name x', ''],
  ]) {
    t.equal(refusalOf(command.split(' ')), undefined, command)
  }
})

t.test('the address that a server is told to talk to', async (t) => {
  const address = (command: string) => addressIn(command.split(' '))
  t.strictSame(address('MIGRATE 10.0.0.1 6379 key 0 1000'), { command: 'MIGRATE', host: '10.0.0.1', port: 6379 })
  t.strictSame(address('cluster meet 127.0.0.1 7011'), { command: 'CLUSTER MEET', host: '127.0.0.1', port: 7011 })
  t.equal(address('CLUSTER NODES'), undefined)
  t.equal(address('MIGRATE'), undefined)
})
