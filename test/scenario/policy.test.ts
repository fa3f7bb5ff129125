import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadText, problemsOf } from './load-text.ts'

/** Settings that name files, addresses, users, modules or protection. */
const SETTINGS = [
  ...['dir', 'dbfilename', 'appendfilename', 'appenddirname', 'logfile', 'pidfile', 'aclfile', 'cluster-config-file'],
  ...['bind', 'bind-source-addr', 'port', 'cluster-port', 'tls-port', 'protected-mode', 'unixsocket'],
  ...['requirepass', 'masterauth', 'masteruser', 'primaryauth', 'primaryuser', 'loadmodule'],
  ...['enable-module-command', 'enable-debug-command', 'enable-protected-configs', 'replicaof'],
  ...['lua-replicate-commands', 'lua-enable-insecure-api', 'oom-score-adj', 'socket-mark-id'],
]

const COMMANDS = [
  ...['MODULE LOAD /x.so', 'ACL SETUSER x on nopass +@all', 'REPLICAOF 10.0.0.1 6379', 'SLAVEOF 10.0.0.1 6379'],
  ...['MIGRATE 10.0.0.1 6379 k 0 100', 'MIGRATE localhost 6379 k 0 100', 'CLUSTER MEET 10.0.0.1 7010'],
  ...['CLUSTER MEET 127.0.0.1 7016', 'CLUSTER MEET 127.0.0.1 7010 6379', 'FAILOVER TO 10.0.0.1 6379'],
  ...['DEBUG REPLICATE ALL MODULE LOAD /x.so', 'DEBUG MALLCTL-STR x y'],
]

/** A command as the steps of a scenario may hold it. */
const STEPS: Record<string, (words: string[]) => string> = {
  'a text': (words) => `  - redis: ${words.join(' ')}\n`,
  'lower case': (words) => `  - redis: ${words.join(' ').toLowerCase()}\n`,
  quotes: (words) => `  - redis: '${words.map((word) => `"${word}"`).join(' ')}'\n`,
  'a list': (words) => `  - redis: ${JSON.stringify(words)}\n    on: redis-node0\n`,
  parallel: (words) => `  - parallel:\n    - redis: ${JSON.stringify(words)}\n`,
  repeat: (words) => `  - repeat: { times: 2, steps: [{ redis: ${JSON.stringify(words)} }] }\n`,
}

const HEAD = 'title: x\nsteps:\n'

function refused(text: string, options: Parameters<typeof problemsOf>[1] = {}): string {
  return problemsOf(text, { portBase: 7010, ...options })
    .map(({ message }) => message)
    .join('\n')
}

const REFUSAL = /cannot be (set|sent)|may name only nodes of this run/

for (const name of SETTINGS) {
  t.test(`the setting ${name}`, async (t) => {
    const sets = { 'CONFIG SET': ['CONFIG', 'SET', name, 'x'], pairs: ['CONFIG', 'SET', 'maxmemory', '1mb', name, 'x'] }
    for (const [form, words] of Object.entries(sets)) {
      for (const [way, step] of Object.entries(STEPS)) t.match(refused(HEAD + step(words)), REFUSAL, `${form}, ${way}`)
      t.match(refused(`${HEAD}  - wait: 1s\nfinally:\n${STEPS['a text']?.(words)}`), REFUSAL, `${form}, finally`)
    }
    t.match(refused(`${HEAD}  - config: { node: redis-node0, set: { ${name}: x } }\n`), REFUSAL, 'config')
    t.match(refused(`title: x\ncluster: { config: { ${name}: x } }\nsteps:\n  - wait: 1s\n`), REFUSAL, 'cluster.config')
    const param = `title: x\nparams: { name: ${name} }\nsteps:\n  - redis: CONFIG SET $name x\n`
    t.match(refused(param), REFUSAL, 'a param')
    t.match(refused(param.replace(name, 'maxmemory'), { set: { name } }), REFUSAL, '--set')
  })
}

for (const command of COMMANDS) {
  t.test(`the command ${command}`, async (t) => {
    for (const [way, step] of Object.entries(STEPS)) t.match(refused(HEAD + step(command.split(' '))), REFUSAL, way)
  })
}

t.test('a file of steps', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-policy-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'steps.yaml'), 'params: { where: /tmp }\nsteps:\n  - redis: CONFIG SET dir $where\n')
  const text = `${HEAD}  - use: steps.yaml\n`
  t.match(refused(text, { file: join(folder, 'x.yaml') }), /`dir` cannot be set: .*`disk`.*--allow dir/)
})

t.test('addresses of the run are not known to a text alone, its ports are', async (t) => {
  const migrate = (port: number) => `${HEAD}  - redis: MIGRATE 127.0.0.1 ${port} k 0 100\n`
  t.equal(loadText(migrate(7015), { portBase: 7010 }).steps.length, 1)
  t.match(refused(migrate(7016)), /MIGRATE may name only nodes of this run, and 127.0.0.1:7016 is none of them/)
  t.equal(loadText(migrate(7016)).steps.length, 1, 'explain does not know where they will be')
})

t.test('whoever starts the run may allow one, and the file may not', async (t) => {
  const text = `title: x\ncluster: { config: { dir: /x } }\n${'steps:\n'}  - config: { node: redis-node0, set: { dir: /x } }\n  - redis: config set DIR /x\n`
  t.equal(loadText(text, { allowed: new Set(['dir']) }).steps.length, 2)
  t.match(refused(text, { allowed: new Set(['dbfilename', 'MODULE']) }), REFUSAL)
  t.match(refused(`title: x\nallow: [dir]\n${'steps:\n'}  - wait: 1s\n`), /allow/)
})
