import t from 'tap'
import { consoleReport } from '../../../runner/report/console.ts'
import { reduceRun } from '../../../runner/results/run-model.ts'
import { step, Tape } from '../../support/sample-events.ts'

const STEPS = [
  step('1', 'stop', 'stop redis-node2', 1),
  step('2', 'kill', 'kill redis-node0', 2),
  step('3', 'wait', 'wait 1s', 3),
  step('4', 'expect', 'redis-node1 is a master', 4),
  step('5', 'failover', 'fail over to redis-node0', 5),
] as const

/** One scenario: a node of another shard is stopped, the master of shard 1 killed, its replica promoted, and back. */
function play(tape: Tape, scenario: number, server: string): Tape {
  tape.scenarioStarted(scenario, 'chain', 'A failover and back', STEPS).clusterReady(scenario)
  const ready = tape.events.at(-1)
  if (ready?.type === 'cluster-ready') ready.server = server
  const [stop, kill, wait, expect, failover] = STEPS
  tape.played(stop, 100, { targets: ['redis-node2'] }, scenario)
  tape.played(kill, 200, { targets: ['redis-node0'] }, scenario)
  tape.played(wait, 1000, {}, scenario)
  tape.played(
    expect,
    5000,
    { trueAfterMs: 4900, attempts: 9, promoted: 'redis-node1', targets: ['redis-node1'] },
    scenario,
  )
  tape.played(failover, 700, { trueAfterMs: 650, attempts: 1, promoted: 'redis-node0' }, scenario)
  const times = { durationMs: 12_000, setupMs: 3000, cleanupMs: 500 }
  return tape.add({ type: 'scenario-ended', scenario, verdict: 'passed', ...times })
}

t.test(
  'in the record of an older runner a failover counts from the fault in its own shard until its new master was seen',
  async (t) => {
    const run = reduceRun(play(new Tape().runStarted('chain'), 0, 'redis 7.0.15').runEnded('passed', 0).events)
    const startOf = (path: string) => run.scenarios[0]?.steps.find((one) => one.path === path)?.startMs
    const failovers = run.scenarios[0]?.failovers ?? []
    t.match(failovers, [
      {
        shard: 1,
        from: 'redis-node0',
        to: 'redis-node1',
        kind: 'kill',
        cause: 'kill in step 2',
        wanted: false,
        ...{ outcome: 'promoted', startMs: startOf('2'), totalMs: 6100, wholeMs: 6100 },
        phases: [{ name: 'election', startMs: startOf('2'), durationMs: 6100 }],
      },
      {
        shard: 1,
        from: '',
        to: 'redis-node0',
        kind: 'manual',
        cause: 'failover in step 5',
        wanted: true,
        ...{ outcome: 'promoted', startMs: startOf('5'), totalMs: 650 },
      },
    ])
    t.equal(failovers.length, 2)
  },
)

t.test('a promotion without a fault before it in the shard is no failover', async (t) => {
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', STEPS).clusterReady(0)
  tape.played(STEPS[0], 100, { targets: ['redis-node2'] })
  tape.played(STEPS[3], 500, { trueAfterMs: 400, promoted: 'redis-node1' })
  t.strictSame(reduceRun(tape.events).scenarios[0]?.failovers, [])
})

t.test('a run over several servers ends with its failover times side by side', async (t) => {
  const two = play(play(new Tape().runStarted('chain', 2), 0, 'redis 7.0.15'), 1, 'valkey 9.1.0').runEnded('passed', 0)
  const text = consoleReport(reduceRun(two.events))
  t.match(text, /Failover times by server/)
  for (const server of ['redis 7\\.0\\.15', 'valkey 9\\.1\\.0']) {
    t.match(text, new RegExp(`${server} · .* {2}chain +✔ passed +6\\.10 s +650 ms +12\\.00 s`))
  }
  const one = play(new Tape().runStarted('chain'), 0, 'redis 7.0.15').runEnded('passed', 0)
  t.notMatch(consoleReport(reduceRun(one.events)), /Failover times/)
})
