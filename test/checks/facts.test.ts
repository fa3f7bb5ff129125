import t from 'tap'
import { factsOf } from '../../runner/checks/facts.ts'
import type { ClusterInfo, RunEvent } from '../../runner/record/events.ts'
import { CLUSTER, step } from '../support/sample-events.ts'

const cluster: ClusterInfo = { ...CLUSTER, slots: [[[0, 5460]], [[5461, 10_922]], [[10_923, 16_383]]] }
const START = 1000

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
    [],
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

t.test('a node that was taken away is away until it is given back', async (t) => {
  const facts = factsOf(
    events([
      ['1', 'kill', 100, 200, ['redis-node2', 'redis-node4']],
      ['2', 'start', 500, 600, ['redis-node0']],
      ['3', 'start', 3000, 3100, ['redis-node2']],
      ['4', 'restart', 4000, 4100, ['redis-node0']],
      ['5', 'pause', 5000, 5100, ['redis-node1']],
    ]),
    0,
    [],
  )
  t.strictSame(facts.faults, [
    { step: '1', verb: 'kill', nodes: ['redis-node2', 'redis-node4'], shards: [2, 3], startMs: 100, endMs: 3100 },
    { step: '4', verb: 'restart', nodes: ['redis-node0'], shards: [1], startMs: 4000, endMs: 4100 },
    { step: '5', verb: 'pause', nodes: ['redis-node1'], shards: [1], startMs: 5000, endMs: 9000 },
  ])
})

t.test('faults that tell themselves', async (t) => {
  const fault = { id: 'f1', kind: 'partition', nodes: ['redis-node2'], sentence: 'cut redis-node2 off' }
  const began: RunEvent = { atMs: START + 150, type: 'fault-began', scenario: 0, fault, proof: '' }
  const ended: RunEvent = { atMs: START + 4000, type: 'fault-ended', scenario: 0, fault, proof: '' }
  const played: Played[] = [['1', 'partition', 100, 200, ['redis-node2']]]
  const partition = { step: '1', verb: 'partition', nodes: ['redis-node2'], shards: [2], startMs: 100 }
  t.strictSame(factsOf(events(played, [began, ended]), 0, []).faults, [{ ...partition, endMs: 4000 }])
  t.strictSame(factsOf(events(played, [began]), 0, []).faults, [{ ...partition, endMs: 9000 }])
})

t.test('events of another scenario play no part, and a record that breaks off is enough', async (t) => {
  const all = events([['1', 'stop', 100, 200, ['redis-node2']]])
  t.strictSame(factsOf(all, 1, []), { durationMs: 0, phases: [], steps: [], faults: [], shards: [], failovers: [] })
  const cutOff = factsOf(all.slice(0, 3), 0, [])
  t.match(cutOff, { durationMs: 100, steps: [{ startMs: 100, endMs: 100 }], faults: [] })
})
