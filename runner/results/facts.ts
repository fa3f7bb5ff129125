import type { ClusterInfo, EventOf, RunEvent } from '../record/events.ts'
import type { FailoverFact, FaultFact, PhaseFact, RunFacts, ShardFact, StepFact } from './run-facts.ts'

/**
 * What checks must know of a scenario, from its events. `scenario` is its place in the run; `failovers` are those that reports tell
 * of. Times become ms from the scenario's start, which is where histories count from.
 */
export function factsOf(events: readonly RunEvent[], scenario: number, failovers: readonly FailoverFact[]): RunFacts {
  const its = events.filter((event) => 'scenario' in event && event.scenario === scenario)
  const started = its.find((event) => event.type === 'scenario-started')
  const ended = its.find((event) => event.type === 'scenario-ended')
  const startMs = started?.atMs ?? 0
  const endMs = (ended?.atMs ?? its.at(-1)?.atMs ?? startMs) - startMs
  const steps = stepsOf(its, startMs, endMs)
  const cluster = its.find((event) => event.type === 'cluster-ready')?.cluster
  return {
    durationMs: endMs,
    phases: phasesOf(steps, endMs),
    steps,
    faults: faultsOf(its, { startMs, endMs }, steps, cluster),
    shards: shardsOf(cluster),
    failovers: [...failovers],
  }
}

function stepsOf(events: readonly RunEvent[], startMs: number, endMs: number): StepFact[] {
  const steps = new Map<string, StepFact>()
  for (const event of events) {
    if (event.type === 'step-started') {
      const { path, verb, name, phase } = event.step
      const at = { startMs: event.atMs - startMs, endMs }
      steps.set(path, { path, verb, name, ...(phase !== undefined && { phase }), targets: [], ...at })
    } else if (event.type === 'step-ended') {
      const step = steps.get(event.step.path)
      if (!step) continue
      step.endMs = event.atMs - startMs
      step.targets = event.outcome.targets ?? []
    }
  }
  return [...steps.values()]
}

/** A phase lasts until the next one begins. */
function phasesOf(steps: readonly StepFact[], endMs: number): PhaseFact[] {
  const begins = steps.filter(({ phase }) => phase !== undefined)
  return begins.map(({ phase = '', startMs }, place) => ({
    name: phase,
    startMs,
    endMs: begins[place + 1]?.startMs ?? endMs,
  }))
}

/** Whatever was done to nodes, until it was undone: by the step that says so, at the end of its time, or never. */
function faultsOf(
  events: readonly RunEvent[],
  span: { startMs: number; endMs: number },
  steps: readonly StepFact[],
  cluster: ClusterInfo | undefined,
): FaultFact[] {
  const seen = events.filter((event): event is EventOf<'fault-seen'> => event.type === 'fault-seen')
  return seen.flatMap((began, place): FaultFact[] => {
    if (began.undone) return []
    const { fault, nodes } = began
    const undone = seen
      .slice(place + 1)
      .find((later) => later.undone && later.fault === fault && isSame(later.nodes, nodes))
    const startMs = began.fromMs - span.startMs
    // A restart undoes itself.
    const endMs = fault === 'restart' ? began.toMs - span.startMs : undone ? undone.toMs - span.startMs : span.endMs
    const step = steps.findLast((one) => one.startMs <= startMs && startMs <= one.endMs)
    return [{ step: step?.path ?? '?', verb: fault, nodes, shards: shardsOfNodes(nodes, cluster), startMs, endMs }]
  })
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((node) => others.includes(node))
}

function shardsOfNodes(nodes: readonly string[], cluster: ClusterInfo | undefined): number[] {
  const shards = cluster?.nodes.filter(({ name }) => nodes.includes(name)).map(({ shard }) => shard) ?? []
  return [...new Set(shards)].sort((a, b) => a - b)
}

function shardsOf(cluster: ClusterInfo | undefined): ShardFact[] {
  return Array.from({ length: cluster?.shards ?? 0 }, (_, index) => ({
    shard: index + 1,
    slots: cluster?.slots?.[index] ?? [],
    nodes: cluster?.nodes.filter(({ shard }) => shard === index + 1).map(({ name }) => name) ?? [],
  }))
}
