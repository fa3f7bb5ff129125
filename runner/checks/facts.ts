import type { ClusterInfo, EventOf, RunEvent } from '../record/events.ts'
import type { FailoverFact, FaultFact, PhaseFact, RunFacts, ShardFact, StepFact } from '../record/run-facts.ts'

/** Verbs that take a node away, and those that give it back. */
const TAKING: ReadonlySet<string> = new Set(['stop', 'kill', 'pause', 'restart'])
const GIVING: ReadonlySet<string> = new Set(['start', 'unpause', 'restart'])

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
    faults: [...faultsOfSteps(steps, endMs, cluster), ...faultsOfEvents(its, { startMs, endMs }, steps, cluster)],
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

/** Nodes that were stopped, killed, paused or restarted: until a later step brings them back. */
function faultsOfSteps(steps: readonly StepFact[], endMs: number, cluster: ClusterInfo | undefined): FaultFact[] {
  return steps.flatMap(({ path, verb, targets, startMs, endMs: stepEndMs }, place): FaultFact[] => {
    if (!TAKING.has(verb) || targets.length === 0) return []
    const back = steps
      .slice(place + 1)
      .find((later) => GIVING.has(later.verb) && targets.some((node) => later.targets.includes(node)))
    const untilMs = verb === 'restart' ? stepEndMs : (back?.endMs ?? endMs)
    return [{ step: path, verb, nodes: targets, shards: shardsOfNodes(targets, cluster), startMs, endMs: untilMs }]
  })
}

/** Faults that tell themselves when they began and ended: partitions, networks, … */
function faultsOfEvents(
  events: readonly RunEvent[],
  span: { startMs: number; endMs: number },
  steps: readonly StepFact[],
  cluster: ClusterInfo | undefined,
): FaultFact[] {
  const began = events.filter((event): event is EventOf<'fault-began'> => event.type === 'fault-began')
  return began.map(({ fault, atMs }) => {
    const seenMs = atMs - span.startMs
    const ended = events.find((event) => event.type === 'fault-ended' && event.fault.id === fault.id)
    // The fault was put on by the step that was being played, and may have bitten before it was seen to.
    const step = steps.findLast((one) => one.startMs <= seenMs && seenMs <= one.endMs)
    return {
      step: step?.path ?? '?',
      verb: fault.kind,
      nodes: fault.nodes,
      shards: shardsOfNodes(fault.nodes, cluster),
      startMs: step?.startMs ?? seenMs,
      endMs: ended ? ended.atMs - span.startMs : span.endMs,
    }
  })
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
