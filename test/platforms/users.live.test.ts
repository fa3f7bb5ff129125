import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { packagedServers } from '../../runner/platforms/catalogue.ts'
import { ALLOWABLE_SETTINGS } from '../../runner/platforms/setting-policy.ts'
import { loadUser } from '../../runner/platforms/users.ts'
import { ALLOWABLE_COMMANDS } from '../../runner/steps/command-policy.ts'
import { groupSpec } from '../support/group-spec.ts'
import { type Login, loginAt } from '../support/login.ts'
import { ask, askAs, newStateFolder, platformIn, projectRoot } from './process-groups.ts'

const REFUSAL = /^NOPERM|^ERR (unknown command|MODULE command not allowed)/

/** What who knows the public password may not do: `NOPERM`, or the command is not there. */
const REFUSED = [
  'MODULE LOAD /tmp/x.so',
  'MODULE LIST',
  'CONFIG SET dir /tmp',
  'CONFIG SET dbfilename x.so',
  'CONFIG SET maxmemory 1mb',
  'CONFIG REWRITE',
  'DEBUG SLEEP 0',
  'DEBUG RELOAD',
  'ACL LIST',
  'ACL SETUSER default allcommands',
  'ACL GETUSER redis-chaos',
  'REPLICAOF 127.0.0.1 6379',
  'SLAVEOF 127.0.0.1 6379',
  'PSYNC ? -1',
]

/** What people type, and programs send. */
const TAKEN = [
  'ACL WHOAMI',
  'CONFIG GET cluster-node-timeout',
  'CONFIG RESETSTAT',
  'CLUSTER ADDSLOTS 0 1 2',
  'CLUSTER NODES',
  'CLUSTER MEET 127.0.0.1 7010',
  'ROLE',
  'INFO',
  'CLIENT LIST',
  'SLOWLOG GET',
  'LATENCY LATEST',
  'KEYS *',
  'FLUSHALL',
  'EVAL return(1) 0',
  'SCRIPT FLUSH',
  'WAIT 0 0',
  'PUBLISH c m',
  'BGREWRITEAOF',
]

/** And what a script of a scenario, or a user of that name, may not do beyond that. */
const REFUSED_TO_SCENARIOS = [
  ...REFUSED,
  'CLUSTER MEET 127.0.0.1 7010',
  'CLUSTER RESET',
  'CLUSTER FORGET 0000000000000000000000000000000000000000',
  'MIGRATE 127.0.0.1 7010 k 0 100',
  'SHUTDOWN NOSAVE',
  'MONITOR',
  'SYNC',
  'REPLCONF listening-port 1',
]

for (const server of ['redis:6.0', 'redis:7.0', 'redis:8.6', 'valkey:8.1']) {
  t.test(`the users of a ${server}`, async (t) => {
    const stateFolder = newStateFolder(t)
    const platform = platformIn(stateFolder, server)
    t.teardown(() => platform.close())
    const spec = await groupSpec({ needs: { debug: true, protectedSettings: true } })
    const group = await platform.create(spec, () => undefined)
    t.teardown(() => group.remove())
    const users = loginAt(await group.users())
    const [{ port = 0 } = {}, { port: other = 0 } = {}] = group.nodes
    const scenario = { username: users.scenarioUser, password: users.password }
    const saidTo = (user: { username: string; password: string }, text: string) => {
      const [command = '', ...words] = text.split(' ')
      return askAs(user, port, command, ...words).then(String, (error: Error) => error.message)
    }

    await t.test('the password that everybody knows opens nothing that matters', async (t) => {
      const everybody = { username: 'default', password: spec.password }
      for (const text of REFUSED) t.match(await saidTo(everybody, text), REFUSAL, text)
      for (const text of TAKEN) t.notMatch(await saidTo(everybody, text), REFUSAL, text)
    })

    await t.test('a script of a scenario may do less', async (t) => {
      for (const text of REFUSED_TO_SCENARIOS) t.match(await saidTo(scenario, text), REFUSAL, text)
      for (const text of ['CLUSTER INFO', 'CLUSTER KEYSLOT a', 'CLIENT LIST', 'CONFIG GET save', 'SET a 1', 'GET a'])
        t.notMatch(await saidTo(scenario, text), REFUSAL, text)
      const script = "return redis.pcall('MIGRATE', '127.0.0.1', '7010', 'k', 0, 100)"
      const refusal = await askAs(scenario, port, 'EVAL', script, '0').then(String, (error: Error) => error.message)
      t.match(refusal, /NOPERM|no permissions|can't run this command/)
    })

    await t.test('what workloads send may do no more than a scenario', async (t) => {
      const load = { username: loadUser(0), password: spec.password }
      for (const text of REFUSED_TO_SCENARIOS) t.match(await saidTo(load, text), REFUSAL, text)
      for (const place of [1, 7, 8, 100]) {
        const username = loadUser(place)
        t.equal(await saidTo({ username, password: spec.password }, 'ACL WHOAMI'), username)
      }
      const sent = [
        'SET a 1',
        'GET a',
        'EVAL return(1) 0',
        'WAIT 0 0',
        'PUBLISH c m',
        'CLUSTER SLOTS',
        'READONLY',
        'INFO',
      ]
      for (const text of sent) t.notMatch(await saidTo(load, text), REFUSAL, text)
    })

    await t.test("the runner's own scripts only read", async (t) => {
      const reader = { username: users.readerUser, password: users.password }
      const writes = ['SET a 1', 'DEL a', 'FLUSHALL', 'CONFIG GET save', 'CLIENT LIST', 'CLUSTER NODES']
      for (const text of [...REFUSED_TO_SCENARIOS, ...writes]) t.match(await saidTo(reader, text), REFUSAL, text)
      const reads = ['GET a', 'DBSIZE', 'TIME', 'INFO', 'CLUSTER KEYSLOT a', 'SCRIPT FLUSH', 'EVAL return(1) 0']
      for (const text of reads) t.notMatch(await saidTo(reader, text), REFUSAL, text)
      const script = "return redis.pcall('SET', 'a', '1')"
      const refusal = await askAs(reader, port, 'EVAL', script, '0').then(String, (error: Error) => error.message)
      t.match(refusal, /NOPERM|no permissions|can't run this command/)
    })

    await t.test('the runner itself may do all', async (t) => {
      t.equal(await saidTo(users, 'CONFIG SET dbfilename d.rdb'), 'OK')
      t.equal(await saidTo(users, 'DEBUG SLEEP 0'), 'OK')
      t.equal(await saidTo(users, 'ACL WHOAMI'), users.username)
    })

    await t.test('what the runner says to one server opens no other', async (t) => {
      for (const username of [users.username, users.scenarioUser, users.readerUser]) {
        const own = { username, password: users.password }
        t.equal(await saidTo(own, 'PING'), 'PONG')
        t.match(await askAs(own, other, 'PING').catch(String), /WRONGPASS/)
      }
    })

    await t.test('replication works', async () => {
      const id = String(await askAs(users, port, 'CLUSTER', 'MYID'))
      const there = loginAt(await group.users(), 'redis-node1')
      await askAs(there, other, 'CLUSTER', 'MEET', '127.0.0.1', String(port))
      const follows = async () => String(await askAs(there, other, 'CLUSTER', 'REPLICATE', id).catch(String))
      while ((await follows()) !== 'OK');
      while (!String(await ask(other, 'INFO', 'replication')).includes('master_link_status:up'));
    })

    await t.test('what a server tells of itself, and its master, opens replication alone', async (t) => {
      const told = String(await askAs(scenario, port, 'CONFIG', 'GET', '*'))
      t.notOk(told.split(',').includes(spec.password))
      const [, username = ''] = String(await askAs(scenario, port, 'CONFIG', 'GET', 'masteruser')).split(',')
      const [, password = ''] = String(await askAs(scenario, port, 'CONFIG', 'GET', 'masterauth')).split(',')
      const replica = { username, password }
      t.equal(await saidTo(replica, 'PING'), 'PONG')
      for (const text of [...REFUSED.filter((text) => !text.startsWith('PSYNC')), ...TAKEN])
        t.match(await saidTo(replica, text), REFUSAL, text)
      t.match(await saidTo({ username: 'default', password: 'wrong' }, 'PING'), /^WRONGPASS/)
    })

    await t.test('nobody is told the secret', async (t) => {
      const listener = new Redis({ port, password: spec.password })
      t.teardown(() => listener.disconnect())
      const heard: string[] = []
      const monitor = await listener.monitor()
      t.teardown(() => monitor.disconnect())
      const ended = new Promise((resolve) => {
        monitor.on('monitor', (_, words: string[]) => heard.push(words.join(' ')) && words[1] === 'last' && resolve(0))
      })
      await askAs(users, port, 'PING', 'first')
      await askAs(users, port, 'PING', 'last')
      await ended
      t.ok(heard.includes('PING first'), 'whoever listens hears commands')
      t.notOk(heard.join('\n').includes(users.password), 'and no secret')
      await tellsNobody(t, users, stateFolder, spec.runId)
      const everything = ['ACL LIST', 'CONFIG GET *', 'SLOWLOG GET', 'CLIENT LIST', 'INFO everything', 'CONFIG REWRITE']
      for (const text of everything) t.notOk((await saidTo(users, text)).includes(users.password), text)
      await tellsNobody(t, users, stateFolder, spec.runId)
    })

    await t.test('another runner finds it', async (t) => {
      const successor = platformIn(stateFolder, server)
      t.teardown(() => successor.close())
      t.same(await (await successor.find(spec.runId))?.users(), await group.users())
    })
  })
}

t.test('whatever is allowed, servers of every version start with it', async (t) => {
  for (const server of await packagedServers(projectRoot)) {
    const platform = platformIn(newStateFolder(t), server)
    t.teardown(() => platform.close())
    const spec = await groupSpec({ nodes: 1, allowed: new Set([...ALLOWABLE_COMMANDS, ...ALLOWABLE_SETTINGS]) })
    const group = await platform.create(spec, () => undefined)
    const users = loginAt(await group.users())
    const scenario = { username: users.scenarioUser, password: users.password }
    t.same(await askAs(scenario, spec.portBase, 'MODULE', 'LIST').then(Array.isArray), true, server)
    await group.remove()
  }
})

/** The password is in no file, no command line and no environment; what it is made from is the runner's alone. */
async function tellsNobody(t: Test, users: Login, stateFolder: string, runId: string): Promise<void> {
  const record = join(stateFolder, runId, 'run.json')
  const found = readdirSync(stateFolder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(stateFolder, name))
    .filter((file) => readIfFile(file).includes(users.password))
  t.same(found, [], 'not even there: it is made from what is')
  t.equal(statSync(record).mode & 0o777, 0o600)
  t.notOk(execFileSync('ps', ['-ww', '-eo', 'args'], { encoding: 'utf8' }).includes(users.password))
  const told = readdirSync('/proc').filter((entry) => readIfFile(`/proc/${entry}/environ`).includes(users.password))
  t.same(told, [])
}

/** Servers make and remove files meanwhile. */
function readIfFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
