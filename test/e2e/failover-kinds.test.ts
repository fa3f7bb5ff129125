import t, { type Test } from 'tap'
import { DEFAULT_SERVER } from '../../runner/platforms/catalogue.ts'
import type { ScenarioReport } from '../../runner/results/report-model.ts'
import { servers } from '../support/catalogue-servers.ts'
import { lastReport, reportsFolder, runCli, testScenario } from '../support/cli.ts'
import { requireDebian } from '../support/debian.ts'
import { requireEngine } from '../support/docker.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

/** Plays a scenario on several servers; every one passes, with no finding of its audit. */
async function play(t: Test, name: string, flags: readonly string[]): Promise<ScenarioReport[]> {
  const reports = reportsFolder(t)
  const where = clusterFlags(await leaseCluster())
  const { code, stdout, stderr } = await runCli(t, [
    ...['run', testScenario(name), ...flags, ...where, '--reports', reports],
  ])
  t.equal(code, 0, stdout + stderr)
  return lastReport(reports).scenarios
}

const SCENARIOS = ['failover-ends', 'failover-pair', 'failover-cuts']

/** Each server is spared one of the scenarios, in turn; that it plays it too is in test/cluster/failover-logs. */
async function withServers(name: string): Promise<string[]> {
  const played = (await servers()).filter((_, index) => SCENARIOS[index % SCENARIOS.length] !== name)
  return ['--platform', 'process', '--server', played.join(',')]
}

function told({ failovers }: ScenarioReport): string[] {
  return failovers.map(({ kind, shard, from, outcome }) => `${kind} ${shard} ${from} ${outcome}`)
}

/** A crash, then the heir is killed, then another master runs out of memory: who takes over is left to the servers. */
function checkEnds(t: Test, scenario: ScenarioReport): void {
  const [first, second] = scenario.failovers
  t.strictSame(
    told(scenario),
    ['crash 1 redis-node0 promoted', `kill 1 ${first?.to} promoted`, 'memory 2 redis-node3 promoted'],
    scenario.server,
  )
  t.equal(first?.cause, 'DEBUG SEGFAULT in step 2')
  t.notOk([first?.to, first?.from].includes(second?.to), 'the last of the shard')
}

t.test('a crash, a killed heir and a master out of memory, on processes', async (t) => {
  if (!(await requireDebian(t))) return
  for (const scenario of await play(t, 'failover-ends', await withServers('failover-ends'))) checkEnds(t, scenario)
})

t.test('a crash, a killed heir and a master out of memory, on Docker', async (t) => {
  if (!(await requireEngine(t))) return
  const flags = ['--platform', 'docker', '--server', DEFAULT_SERVER]
  for (const scenario of await play(t, 'failover-ends', flags)) checkEnds(t, scenario)
})

t.test('two masters killed at the same time', async (t) => {
  if (!(await requireDebian(t))) return
  for (const scenario of await play(t, 'failover-pair', await withServers('failover-pair'))) {
    const expected = ['kill 2 redis-node2 promoted', 'kill 4 redis-node6 promoted']
    t.strictSame(told(scenario).sort(), expected, scenario.server)
  }
})

t.test('one cut written in four ways', async (t) => {
  if (!(await requireDebian(t))) return
  for (const scenario of await play(t, 'failover-cuts', await withServers('failover-cuts'))) {
    const [first, second] = ['partition 1 redis-node0 promoted', 'partition 1 redis-node1 promoted']
    t.strictSame(told(scenario), [first, second, first, second], scenario.server)
    const { suspicions = [] } = scenario
    t.equal(suspicions.length, 4, 'each master that was cut off suspected the others')
    for (const { shards, summary } of suspicions) {
      t.strictSame(shards, [1, 2, 3])
      t.match(summary, /^suspected by a minority, 1 of 3 masters .*no failover needed$/)
    }
  }
})

t.test('a slot that was being imported from the dead master', { skip: skipWithoutRedis() }, async (t) => {
  const [scenario] = await play(t, 'failover-open-slot', ['--platform', 'process', '--server', DEFAULT_SERVER])
  if (scenario === undefined) return
  t.strictSame(told(scenario), ['kill 1 redis-node0 promoted'])
  const [second, third] = scenario.failovers[0]?.otherShards ?? []
  t.ok(second && third && third.refusedMs > second.refusedMs + 2900, 'only the importing shard was refused for long')
  t.match(scenario.failovers[0]?.summary, /untouched shards 2, 3 were refused for \S+ m?s and [3-9]\.\d s because/)
})

t.test('clocks that were set back hold a failover up, and are named', { skip: skipWithoutRedis() }, async (t) => {
  const reports = reportsFolder(t)
  const where = clusterFlags(await leaseCluster())
  const flags = ['--platform', 'process', '--server', DEFAULT_SERVER, ...where, '--reports', reports]
  const { code, stdout } = await runCli(t, ['run', testScenario('failover-clocks-back'), ...flags])
  const [scenario] = lastReport(reports).scenarios
  if (code === 3 && scenario?.verdict === 'skipped') return t.comment(scenario.reason ?? '')
  t.equal(code, 1, stdout)
  const failed = scenario?.steps.find(({ verdict }) => verdict === 'failed')
  t.match(failed?.error?.message, /^the wall clock of redis-node1 is (29|30)\.\d+ s behind this machine's/)
  t.match(
    failed?.error?.details?.join('\n'),
    /the wall clocks of redis-node\d, redis-node\d are .* behind this machine's/,
  )
  t.match(scenario?.failovers, [
    { kind: 'kill', outcome: 'not promoted', incidents: [/^meanwhile: put the clock of redis-node1, .* 30s behind$/] },
  ])
})
