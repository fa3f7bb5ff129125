import t from 'tap'
import { compareVersions, dialectOf, isDeafTo, serverOfVersionText } from '../../runner/platforms/dialects.ts'

const id = 'a'.repeat(40)
const other = 'b'.repeat(40)

t.test('family and version, of every server of the catalogue and of what may come', async (t) => {
  t.match(dialectOf('redis 6.0.16'), { family: 'redis', version: [6, 0, 16], masterWord: 'master' })
  t.match(dialectOf('redis 8.0.2'), { family: 'redis', version: [8, 0, 2], masterWord: 'master' })
  t.match(dialectOf('valkey 8.1.1'), { family: 'valkey', version: [8, 1, 1], masterWord: 'primary' })
  t.match(dialectOf('valkey 7.2.11'), { masterWord: 'master' })
  t.match(dialectOf('valkey 9.1'), { version: [9, 1, 0] })
  t.match(dialectOf('redict 7.3.6'), { family: 'redict', version: [7, 3, 6], masterWord: 'master' })
  t.match(dialectOf('redis 255.255.255'), { version: [255, 255, 255] })
})

t.test('versions are compared by number, part by part', async (t) => {
  t.ok(compareVersions([7, 10, 0], [7, 9, 9]) > 0)
  t.ok(compareVersions([6, 2, 0], [7, 0, 0]) < 0)
  t.equal(compareVersions([7, 0, 15], [7, 0, 15]), 0)
  t.ok(dialectOf('redis 7.10.0').isAtLeast('7.9'))
  t.notOk(dialectOf('redis 7.0.15').isAtLeast('7.2'))
})

t.test('what Redis 6 lacks, and Redis 7.0, every Valkey and Redict have', async (t) => {
  const old = dialectOf('redis 6.0.16')
  t.notOk(old.can('hostnames'))
  t.notOk(old.can('addslotsrange'))
  t.notOk(old.can('sharded-pubsub'))
  t.notOk(old.knowsSetting('cluster-announce-hostname'))
  t.notOk(old.knowsSetting('proc-title-template'))
  t.ok(old.knowsSetting('cluster-node-timeout'))
  t.ok(dialectOf('redis 6.2.1').knowsSetting('proc-title-template'))
  for (const server of ['redis 7.0.0', 'redis 8.6.3', 'valkey 7.2.5', 'valkey 9.1.2', 'redict 7.3.6']) {
    const dialect = dialectOf(server)
    t.ok(dialect.can('hostnames') && dialect.can('addslotsrange') && dialect.can('sharded-pubsub'), server)
    t.ok(dialect.knowsSetting('shutdown-timeout'), server)
  }
  t.notOk(dialectOf('redis 7.0.15').can('human-names'))
  t.ok(dialectOf('valkey 8.1.1').can('human-names'))
  t.ok(dialectOf('redict 7.3.6').can('human-names'))
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
  t.equal(serverOfVersionText('Redict server v=7.3.6 sha=00000000:0 malloc=jemalloc-5.3.1'), 'redict 7.3.6')
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
  ['redis 7.0.15', 'identity', `Node configuration loaded, I'm ${id}`, { node: id }],
  ['valkey 9.1.2', 'identity', `No cluster configuration found, I'm ${id}`, { node: id }],
  ['redis 6.0.16', 'identity', `Node hard reset, now I'm ${id}`, { node: id }],
  ['redis 6.0.16', 'ended', 'Redis is now ready to exit, bye bye...', {}],
  ['valkey 8.1.1', 'ended', 'Valkey is now ready to exit, bye bye...', {}],
  ['redis 8.0.2', 'asked to end', 'User requested shutdown...', {}],
  ['valkey 8.1.1', 'suspected', `NODE ${id} (n1) possibly failing.`, { node: id }],
  [
    'redis 7.0.15',
    'rank changed',
    'Replica rank updated to #1, added 1000 milliseconds of delay.',
    { rank: '1', delayMs: '1000' },
  ],
  [
    'valkey 9.1.2',
    'rank changed',
    'Replica rank updated to #0, added -66 milliseconds of delay.',
    { rank: '0', delayMs: '-66' },
  ],
  [
    'redis 6.0.16',
    'vote refused',
    `Failover auth denied to ${id}: can't vote about this master before 1982 milliseconds`,
    { node: id, reason: "can't vote about this master before 1982 milliseconds" },
  ],
  [
    'redis 8.0.2',
    'vote refused',
    `Failover auth denied to ${id} n1: can't vote about this master before 9 milliseconds`,
    { node: id, reason: "can't vote about this master before 9 milliseconds" },
  ],
  [
    'redis 8.0.2',
    'vote refused',
    `Failover auth denied to ${id} (n1): reqEpoch (7) < curEpoch(8)`,
    { node: id, reason: 'reqEpoch (7) < curEpoch(8)' },
  ],
  [
    'valkey 9.1.2',
    'vote refused',
    `Failover auth denied to ${id} () for epoch 11: its primary is up`,
    { node: id, epoch: '11', reason: 'its primary is up' },
  ],
  [
    'redis 7.0.15',
    'cannot fail over',
    'Currently unable to failover: Waiting for votes, but majority still not reached.',
    { reason: 'Waiting for votes, but majority still not reached' },
  ],
  ['redis 8.0.2', 'votes counted', 'Needed quorum: 2. Number of votes received so far: 1', { needed: '2', votes: '1' }],
  [
    'valkey 8.1.1',
    'election reset',
    'Failover election in progress for epoch 9, but received a new manual failover. Resetting the election.',
    { epoch: '9', reason: 'received a new manual failover' },
  ],
  ['redis 6.0.16', 'manual accepted', 'Manual failover user request accepted.', {}],
  ['valkey 9.1.2', 'manual accepted', "Manual failover user request accepted (user request from 'id=6').", {}],
  ['redis 7.0.15', 'force accepted', 'Forced failover user request accepted.', {}],
  ['valkey 9.1.2', 'force accepted', "Forced failover primary request accepted (primary request from 'id=6').", {}],
  ['redis 7.0.15', 'taken over', 'Taking over the master (user request).', {}],
  ['valkey 8.1.1', 'taken over', "Taking over the primary (user request from 'id=16').", {}],
  ['redis 6.0.16', 'handover asked', `Manual failover requested by replica ${id}.`, { node: id }],
  [
    'redis 7.0.15',
    'offset received',
    'Received replication offset for paused master manual failover: 5562',
    { offset: '5562' },
  ],
  ['valkey 9.1.2', 'caught up', 'All primary replication stream processed, manual failover can start.', {}],
  ['redis 7.0.15', 'manual given up', 'Manual failover timed out.', {}],
  ['redis 7.0.15', 'full resync', 'Full resync from master: f0:5525', {}],
  ['redis 8.0.2', 'full resync', 'PSYNC is not possible, initialize RDB channel.', {}],
  ['redis 6.0.16', 'full resync done', 'MASTER <-> REPLICA sync: Finished with success', {}],
  ['valkey 9.1.2', 'full resync done', 'PRIMARY <-> REPLICA sync: Finished with success', {}],
  [
    'redis 8.0.2',
    'reconfigured as replica',
    `I'm a sub-replica! Reconfiguring myself as a replica of grandmaster ${id} ()`,
    { node: id },
  ],
  ['redict 7.3.6', 'ended', 'Redict is now ready to exit, bye bye...', {}],
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

t.test('when elections begin, by version', async (t) => {
  const redis = { leastMs: 500, mostMs: 1000, perRankMs: 1000, perPrimaryRankMs: 0, retryMs: 20_000 }
  for (const server of ['redis 6.0.16', 'redis 8.6.3', 'redict 7.3.6'])
    t.same(dialectOf(server).electionTiming(5000), redis, server)
  t.same(dialectOf('valkey 8.1.1').electionTiming(5000), { ...redis, perPrimaryRankMs: 500 })
  const scaled = { leastMs: 0, mostMs: 332, perRankMs: 332, perPrimaryRankMs: 166, retryMs: 20_000 }
  t.same(dialectOf('valkey 9.1.2').electionTiming(5000), scaled)
  t.equal(dialectOf('valkey 9.1.2').electionTiming(60_000).perPrimaryRankMs, 500, 'but never longer than before')
  t.equal(dialectOf('redis 7.0.15').electionTiming(500).retryMs, 4000, 'votes are waited for 2 s at least')
})

t.test('Redis 6 hears nothing of what puts shard ids into every packet', async (t) => {
  const isDeaf = (listener: string, speaker: string) => isDeafTo(dialectOf(listener), dialectOf(speaker))
  for (const speaker of ['redis 7.2.4', 'redis 7.4.0', 'redict 7.3.6']) t.ok(isDeaf('redis 6.0.16', speaker), speaker)
  for (const speaker of ['redis 6.2.1', 'redis 7.0.15', 'redis 8.0.2', 'valkey 8.1.1'])
    t.notOk(isDeaf('redis 6.0.16', speaker), speaker)
  t.notOk(isDeaf('redis 7.0.15', 'redict 7.3.6'))
})
