import t from 'tap'
import { compareVersions, dialectOf, serverOfVersionText } from '../../runner/platforms/dialects.ts'

const id = 'a'.repeat(40)
const other = 'b'.repeat(40)

t.test('family and version, of every server of the catalogue and of what may come', async (t) => {
  t.match(dialectOf('redis 6.0.16'), { family: 'redis', version: [6, 0, 16], masterWord: 'master' })
  t.match(dialectOf('redis 8.0.2'), { family: 'redis', version: [8, 0, 2], masterWord: 'master' })
  t.match(dialectOf('valkey 8.1.1'), { family: 'valkey', version: [8, 1, 1], masterWord: 'primary' })
  t.match(dialectOf('valkey 7.2.11'), { masterWord: 'master' })
  t.match(dialectOf('valkey 9.1'), { version: [9, 1, 0] })
  t.match(dialectOf('redis 255.255.255'), { version: [255, 255, 255] })
})

t.test('versions are compared by number, part by part', async (t) => {
  t.ok(compareVersions([7, 10, 0], [7, 9, 9]) > 0)
  t.ok(compareVersions([6, 2, 0], [7, 0, 0]) < 0)
  t.equal(compareVersions([7, 0, 15], [7, 0, 15]), 0)
  t.ok(dialectOf('redis 7.10.0').isAtLeast('7.9'))
  t.notOk(dialectOf('redis 7.0.15').isAtLeast('7.2'))
})

t.test('what Redis 6 lacks, and Redis 7.0 and every Valkey have', async (t) => {
  const old = dialectOf('redis 6.0.16')
  t.notOk(old.can('hostnames'))
  t.notOk(old.can('addslotsrange'))
  t.notOk(old.knowsSetting('cluster-announce-hostname'))
  t.notOk(old.knowsSetting('proc-title-template'))
  t.ok(old.knowsSetting('cluster-node-timeout'))
  t.ok(dialectOf('redis 6.2.1').knowsSetting('proc-title-template'))
  for (const server of ['redis 7.0.0', 'redis 8.0.2', 'valkey 7.2.5', 'valkey 9.1.2']) {
    const dialect = dialectOf(server)
    t.ok(dialect.can('hostnames') && dialect.can('addslotsrange') && dialect.knowsSetting('shutdown-timeout'), server)
  }
  t.notOk(dialectOf('redis 7.0.15').can('human-names'))
  t.ok(dialectOf('valkey 8.1.1').can('human-names'))
})

t.test('what is no server that is known', async (t) => {
  t.throws(() => dialectOf('keydb 6.3.4'), { name: 'PlatformError', message: /`keydb 6\.3\.4` is no server/ })
  t.throws(() => dialectOf('redis'), { name: 'PlatformError', message: /with a version/ })
  t.throws(() => dialectOf('redis 5.0.14'), { name: 'PlatformError', message: /too old.*Redis 6\.0 or later/ })
})

t.test('what servers print for --version', async (t) => {
  const redis = 'Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=6d95e1af3a2c082a\n'
  t.equal(serverOfVersionText(redis), 'redis 6.0.16')
  t.equal(serverOfVersionText('Valkey server v=9.1.2 sha=00000000:0 malloc=libc bits=64'), 'valkey 9.1.2')
  t.equal(serverOfVersionText('psql (PostgreSQL) 15.13'), undefined)
  t.equal(serverOfVersionText(''), undefined)
})

/** Lines as each version logs them: `expected` are the groups that must be found. */
const lines = [
  ['redis 6.0.16', 'marked failing', `Marking node ${id} as failing (quorum reached).`, { node: id }],
  ['redis 8.0.2', 'marked failing', `Marking node ${id} () as failing (quorum reached).`, { node: id }],
  ['redis 7.0.15', 'told of failing', `FAIL message received from ${other} about ${id}`, { by: other, node: id }],
  [
    'valkey 9.1.2',
    'told of failing',
    `FAIL message received from ${other} (n1) about ${id} ()`,
    { by: other, node: id },
  ],
  [
    'redis 7.0.15',
    'election delayed',
    'Start of election delayed for 612 milliseconds (rank #0, offset 1200).',
    { delayMs: '612', rank: '0', offset: '1200' },
  ],
  [
    'valkey 8.1.1',
    'election delayed',
    'Start of election delayed for 612 milliseconds (rank #1, primary rank #0, offset 1200).',
    { delayMs: '612', rank: '1', offset: '1200' },
  ],
  ['redis 6.0.16', 'election started', 'Starting a failover election for epoch 7.', { epoch: '7' }],
  [
    'valkey 8.1.1',
    'election started',
    'Starting a failover election for epoch 7, node config epoch is 1',
    { epoch: '7' },
  ],
  ['redis 8.0.2', 'vote granted', `Failover auth granted to ${id} (a b) for epoch 7`, { node: id, epoch: '7' }],
  ['redis 8.0.2', 'election won', "Failover election won: I'm the new master.", {}],
  ['valkey 8.1.1', 'election won', "Failover election won: I'm the new primary.", {}],
  ['redis 6.0.16', 'cluster state', 'Cluster state changed: ok', { state: 'ok' }],
  [
    'valkey 9.1.2',
    'reconfigured as replica',
    `Configuration change detected. Reconfiguring myself as a replica of node ${id} () in shard ${other}`,
    { node: id },
  ],
  [
    'redis 6.0.16',
    'reconfigured as replica',
    `Configuration change detected. Reconfiguring myself as a replica of ${id}`,
    { node: id },
  ],
  ['valkey 9.1.2', 'partial resync', 'Successful partial resynchronization with primary.', {}],
  [
    'redis 7.0.15',
    'failing cleared',
    `Clear FAIL state for node ${id}: master without slots is reachable again.`,
    { node: id },
  ],
  ['redis 8.0.2', 'failing cleared', `Clear FAIL state for node ${id} (n0):replica is reachable again.`, { node: id }],
] as const

t.test('the lines of a failover in the log of each version', async (t) => {
  for (const [server, moment, line, expected] of lines) {
    const found = dialectOf(server).failoverLine(moment).exec(`4242:M 22 Nov 2026 14:00:00.123 * ${line}`)
    t.ok(found, `${server}: ${line}`)
    t.match(found?.groups ?? {}, expected, `${server}: ${moment}`)
  }
})

t.test('a lost election is no won one', async (t) => {
  const won = dialectOf('valkey 9.1.2').failoverLine('election won')
  t.notMatch("Failover election won: I'm the new master.", won)
  t.notMatch('Failover auth granted to nobody', won)
})
