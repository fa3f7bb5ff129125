import t from 'tap'
import type { RunEvent } from '../../runner/record/events.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { step, Tape } from '../support/sample-events.ts'

const NODES = ['redis-node0', 'redis-node1']

/** The faults that a report shows of a scenario with these events. */
function faultsIn(...events: readonly RunEvent[]) {
  const tape = new Tape().runStarted('faults').scenarioStarted(0, 'faults', 'Faults', [step('1', 'wait', 'wait', 1)])
  tape.clusterReady(0)
  tape.events.push(...events)
  const times = { durationMs: 9000, setupMs: 0, cleanupMs: 0 }
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'passed', ...times }).runEnded('passed', 0)
  const started = tape.events.find(({ type }) => type === 'scenario-started')?.atMs ?? 0
  const [scenario] = reduceRun(tape.events).scenarios
  return scenario?.faults?.map(({ startMs, endMs, ...fault }) => ({
    ...fault,
    startMs: startMs + started,
    endMs: endMs === undefined ? undefined : endMs + started,
  }))
}

function seen(fault: string, nodes: string[], fromMs: number, toMs: number, undone = false): RunEvent {
  return { atMs: toMs, type: 'fault-seen', scenario: 0, fault, nodes, undone, fromMs, toMs }
}

function proven(type: 'fault-began' | 'fault-ended', atMs: number, nodes: string[], proof: string): RunEvent {
  const fault = { id: 'f1', kind: 'partition', nodes, sentence: 'cut redis-node0 off from redis-node1' }
  return { atMs, type, scenario: 0, fault, proof }
}

t.test('a fault that was proven is one fault, from when it was applied until it was healed', async (t) => {
  const faults = faultsIn(
    proven('fault-began', 4020, NODES, 'no way through'),
    seen('partition', NODES, 3900, 4020),
    proven('fault-ended', 6050, NODES, 'through again'),
    seen('partition', NODES, 6000, 6050, true),
  )
  t.strictSame(faults, [
    {
      name: 'cut redis-node0 off from redis-node1',
      targets: NODES,
      startMs: 3900,
      endMs: 6050,
      proof: 'no way through',
    },
  ])
})

t.test('of an older record, the proofs are enough', async (t) => {
  const faults = faultsIn(
    proven('fault-began', 4020, NODES, 'no way through'),
    proven('fault-ended', 6050, NODES, 'through again'),
  )
  t.match(faults, [{ name: 'cut redis-node0 off from redis-node1', startMs: 4020, endMs: 6050 }])
  t.equal(faults?.length, 1)
})

t.test('a node that is paused and then killed is paused until it is started', async (t) => {
  const faults = faultsIn(
    seen('pause', ['redis-node0'], 4000, 4010),
    seen('kill', ['redis-node0'], 5000, 5010),
    seen('kill', ['redis-node0'], 6000, 6010, true),
  )
  t.match(faults, [
    { name: 'pause redis-node0', startMs: 4000, endMs: 6010 },
    { name: 'kill redis-node0', startMs: 5000, endMs: 6010 },
  ])
})

t.test('healing the network does not bring a killed node back', async (t) => {
  const faults = faultsIn(
    seen('kill', ['redis-node0'], 4000, 4010),
    seen('partition', NODES, 4100, 4200),
    seen('partition', NODES, 5000, 5010, true),
    seen('kill', ['redis-node0'], 6000, 6010, true),
  )
  t.match(faults, [
    { name: 'kill redis-node0', endMs: 6010 },
    { name: 'partition redis-node0, redis-node1', endMs: 5010 },
  ])
})
