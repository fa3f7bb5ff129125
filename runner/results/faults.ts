import type { EventOf, RunEvent } from '../record/events.ts'
import type { Pause } from './lanes.ts'
import type { FaultReport } from './timeline-model.ts'

/** What was done to the cluster on purpose: each from when it was done until it was undone, else until `endMs`. */
export function faultsOf(events: readonly RunEvent[], startMs: number, endMs: number): FaultReport[] {
  return [...doneToNodes(events, startMs, endMs), ...provenFaults(events, startMs, endMs)].sort(
    (a, b) => a.startMs - b.startMs,
  )
}

/** When the run held which node still. */
export function pausesOf(events: readonly RunEvent[], startMs: number): Pause[] {
  return doneToNodes(events, startMs, Number.POSITIVE_INFINITY)
    .filter(({ name }) => name.startsWith('pause '))
    .flatMap(({ targets, startMs: from, endMs }) => targets.map((node) => ({ node, startMs: from, endMs })))
}

/** Nodes that were stopped, killed, paused or restarted. */
function doneToNodes(events: readonly RunEvent[], startMs: number, endMs: number): FaultReport[] {
  const facts = events.filter((event): event is EventOf<'fault-seen'> => event.type === 'fault-seen')
  return facts
    .map((fact, place) => ({ fact, later: facts.slice(place + 1) }))
    .filter(({ fact }) => !fact.undone)
    .map(({ fact: { fault, nodes, fromMs, toMs }, later }) => {
      const backAt = (node: string) => later.find((one) => one.undone && one.nodes.includes(node))?.toMs
      const ends = nodes.map((node) => backAt(node)).map((ms) => (ms === undefined ? endMs : ms - startMs))
      const over = fault === 'restart' ? [toMs - startMs] : ends
      return {
        name: `${fault} ${nodes.join(', ')}`,
        targets: nodes,
        startMs: fromMs - startMs,
        endMs: Math.max(...over),
      }
    })
}

/** Faults of the network, the machine and the servers: from when each was seen to bite until it was seen to be gone. */
function provenFaults(events: readonly RunEvent[], startMs: number, endMs: number): FaultReport[] {
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
