import t from 'tap'
import type { ClusterInfo, RunEvent } from '../../runner/record/events.ts'
import { type RunFacts, runFacts } from '../../runner/results/run-facts.ts'
import { scenarioEvents, scenarioResults } from '../../runner/results/scenario-results.ts'
import { CLUSTER, step } from '../support/sample-events.ts'

const cluster: ClusterInfo = { ...CLUSTER, slots: [[[0, 5460]], [[5461, 10_922]], [[10_923, 16_383]]] }
const START = 1000

function factsOf(all: readonly RunEvent[], scenario: number): RunFacts {
  return runFacts(scenarioResults(scenarioEvents(all, scenario)))
}

type Played = readonly [path: string, verb: string, startMs: number, endMs: number, targets?: string[], phase?: string]

function events(played: readonly Played[], more: readonly RunEvent[] = []): RunEvent[] {
  const scenario = 0
  const steps = played.flatMap(([path, verb, startMs, endMs, targets, phase], index): RunEvent[] => {
    const planned = step(path, verb, `${verb} it`, 10, phase)
    return [
      { atMs: START + startMs, type: 'step-started', scenario, index, step: planned },
      {
        atMs: START + endMs,
        type: 'step-ended',
        scenario,
        index,
        step: planned,
        durationMs: endMs - startMs,
        outcome: { verdict: 'passed', ...(targets && { targets }) },
      },
    ]
  })
  const started = {
    title: '',
    id: 'x',
    file: '',
    tags: [],
    seed: 1,
    params: {},
    platform: 'process',
    server: '',
    steps: [],
  }
  return [
    { atMs: START, type: 'scenario-started', scenario, ...started },
    { atMs: START + 5, type: 'cluster-ready', scenario, cluster, setupMs: 5, server: '' },
    ...[...steps, ...more].sort((a, b) => a.atMs - b.atMs),
    {
      atMs: START + 9000,
      type: 'scenario-ended',
      scenario,
      verdict: 'passed',
      durationMs: 9000,
      setupMs: 5,
      cleanupMs: 1,
    },
  ]
}

t.test('steps, phases and shards, on the clock of the scenario', async (t) => {
  const facts = factsOf(
    events([
      ['1', 'write', 10, 20],
      ['2', 'stop', 100, 200, ['redis-node2'], 'outage'],
      ['3', 'start', 3000, 3100, ['redis-node2'], 'recovery'],
    ]),
    0,
  )
  t.equal(facts.durationMs, 9000)
  t.match(facts.steps, [
    { path: '1', verb: 'write', startMs: 10, endMs: 20 },
    { path: '2', phase: 'outage', targets: ['redis-node2'] },
    { path: '3' },
  ])
  t.strictSame(facts.phases, [
    { name: 'outage', startMs: 100, endMs: 3000 },
    { name: 'recovery', startMs: 3000, endMs: 9000 },
  ])
  t.strictSame(facts.shards[1], { shard: 2, slots: [[5461, 10_922]], nodes: ['redis-node2', 'redis-node3'] })
})

/** A fault as it is recorded: on the clock of the run. */
function seen(fault: string, nodes: string[], fromMs: number, toMs: number, undone = false): RunEvent {
  return {
    atMs: START + toMs,
    type: 'fault-seen',
    scenario: 0,
    fault,
    nodes,
    undone,
    fromMs: START + fromMs,
    toMs: START + toMs,
  }
}

t.test('what was done to nodes lasts until it is undone', async (t) => {
  const played: Played[] = [
    ['1', 'kill', 100, 200],
    ['2', 'start', 3000, 3100],
    ['3', 'restart', 4000, 4100],
    ['4', 'parallel', 5000, 6000],
    ['4.1', 'partition', 5000, 6000],
  ]
  const faults = [
    seen('kill', ['redis-node2'], 110, 120),
    seen('kill', ['redis-node4'], 111, 130),
    seen('kill', ['redis-node2'], 3010, 3090, true),
    seen('restart', ['redis-node0'], 4010, 4090),
    seen('partition', ['redis-node1', 'redis-node3'], 5010, 5020),
    seen('partition', ['redis-node3', 'redis-node1'], 5900, 5910, true),
  ]
  t.strictSame(factsOf(events(played, faults), 0).faults, [
    { step: '1', verb: 'kill', nodes: ['redis-node2'], shards: [2], startMs: 110, endMs: 3090 },
    { step: '1', verb: 'kill', nodes: ['redis-node4'], shards: [3], startMs: 111, endMs: 9000 },
    { step: '3', verb: 'restart', nodes: ['redis-node0'], shards: [1], startMs: 4010, endMs: 4090 },
    {
      step: '4.1',
      verb: 'partition',
      nodes: ['redis-node1', 'redis-node3'],
      shards: [1, 2],
      startMs: 5010,
      endMs: 5910,
    },
  ])
})

t.test('events of another scenario play no part, and a record that breaks off is enough', async (t) => {
  const all = events([['1', 'stop', 100, 200, ['redis-node2']]])
  t.strictSame(factsOf(all, 1), { durationMs: 0, phases: [], steps: [], faults: [], shards: [], failovers: [] })
  const cutOff = factsOf(all.slice(0, 3), 0)
  t.match(cutOff, { durationMs: 100, steps: [{ startMs: 100, endMs: 100 }], faults: [] })
})
