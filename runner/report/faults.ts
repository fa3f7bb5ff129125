import type { EventOf, RunEvent } from '../record/events.ts'
import type { StepReport } from './report-model.ts'
import type { FaultReport, NodeLane } from './timeline-model.ts'

/** What takes a node away, and what brings it back. */
const TAKE: ReadonlySet<string> = new Set(['stop', 'kill', 'pause', 'restart'])
const GIVE_BACK: ReadonlySet<string> = new Set(['start', 'unpause', 'restart'])

/**
 * What steps did to nodes: from the step until the node was seen to answer again; where nobody looked, until a step brought
 * it back; else until `endMs`.
 */
export function faultsOf(steps: readonly StepReport[], lanes: readonly NodeLane[], endMs: number): FaultReport[] {
  return steps.flatMap((step, place): FaultReport[] => {
    const { verb, startMs, targets = [], path } = step
    if (!TAKE.has(verb) || startMs === undefined || targets.length === 0) return []
    const later = steps.slice(place + 1)
    const ends = targets.map((node) => backAt(node, step, later, lanes) ?? endMs)
    return [{ name: `${verb} ${targets.join(', ')}`, targets, startMs, endMs: Math.max(startMs, ...ends), path }]
  })
}

/** Faults of the network, the machine and the servers: from when each was seen to bite until it was seen to be gone. */
export function provenFaults(events: readonly RunEvent[], startMs: number, endMs: number): FaultReport[] {
  const ended = new Map(
    events.filter((event) => event.type === 'fault-ended').map((event) => [event.fault.id, event.atMs - startMs]),
  )
  return events
    .filter((event): event is EventOf<'fault-began'> => event.type === 'fault-began')
    .map(({ atMs, fault, proof }) => ({
      name: fault.sentence,
      targets: fault.nodes,
      startMs: atMs - startMs,
      endMs: ended.get(fault.id) ?? endMs,
      proof,
    }))
}

function backAt(
  node: string,
  step: StepReport,
  later: readonly StepReport[],
  lanes: readonly NodeLane[],
): number | undefined {
  const startMs = step.startMs ?? 0
  const spans = lanes.find((lane) => lane.node === node)?.spans.filter((span) => span.endMs > startMs) ?? []
  const gone = spans.findIndex(({ state }) => state === 'down' || state === 'silent' || state === 'paused')
  const back = spans.find(({ state }, place) => place > gone && ['master', 'replica', 'apart'].includes(state))
  if (gone >= 0) return back?.startMs
  if (step.verb === 'restart') return startMs + step.durationMs
  const undone = later.find(({ verb, targets }) => GIVE_BACK.has(verb) && targets?.includes(node) === true)
  return undone?.startMs === undefined ? undefined : undone.startMs + undone.durationMs
}
