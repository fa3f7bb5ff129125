import type { EventOf, RunEvent } from '../record/events.ts'

/** Something that was done to the cluster on purpose. Times are ms from the scenario's start. */
export interface Fault {
  /** `stop`, `kill`, `partition`, … */
  kind: string
  nodes: string[]
  /** When applying it began. */
  startMs: number
  /** When it was applied. */
  appliedMs: number
  /** When undoing it began; absent if nobody undid it, and for a restart, which undoes itself. */
  undoStartMs?: number
  /** When it was over; absent if it never was. */
  endMs?: number
  /** Of a partition: pairs of nodes that no longer hear each other on the cluster bus. Absent in older records. */
  cuts?: readonly (readonly [string, string])[]
  /** The system ends a server that needs more memory than this leaves it. */
  endsServers?: true
  /** In words, where the event has them: `cut redis-node0 off from all other nodes`. */
  sentence?: string
  /** How it was seen to bite, from outside. */
  proof?: string
}

/** Faults that end with whatever brings the process of the node back: the last of several is the one that is undone. */
export const PROCESS_FAULTS: ReadonlySet<string> = new Set(['stop', 'kill', 'power-cut', 'pause', 'restart'])

/**
 * The faults of one scenario in the order of their beginning, from its events; `startMs` is its start on the clock of
 * the events.
 */
export function faultsOf(events: readonly RunEvent[], startMs: number): Fault[] {
  const seen = events.filter((event): event is EventOf<'fault-seen'> => event.type === 'fault-seen')
  const proven = events.filter((event): event is EventOf<'fault-began'> => event.type === 'fault-began')
  const undone = seen.filter((event) => event.undone).sort((a, b) => a.fromMs - b.fromMs)
  const unpaired = new Set(proven)
  const applied = seen
    .filter((event) => !event.undone)
    .map((event): Fault => {
      const proof = proven.find((one) => unpaired.has(one) && isProofOf(one, event))
      if (proof !== undefined) unpaired.delete(proof)
      return {
        kind: event.fault,
        nodes: event.nodes,
        startMs: event.fromMs - startMs,
        appliedMs: event.toMs - startMs,
        ...endOf(event, undone, startMs),
        ...(event.cuts !== undefined && { cuts: event.cuts }),
        ...(event.endsServers === true && { endsServers: true }),
        ...(proof !== undefined && { sentence: proof.fault.sentence, proof: proof.proof }),
      }
    })
  const others = [...unpaired].map((event) => provenFault(event, events, startMs))
  return [...applied, ...others].sort((a, b) => a.startMs - b.startMs)
}

function isProofOf({ fault }: EventOf<'fault-began'>, seen: EventOf<'fault-seen'>): boolean {
  return fault.kind === seen.fault && haveSameNodes(fault, seen)
}

function endOf(
  fault: EventOf<'fault-seen'>,
  undone: readonly EventOf<'fault-seen'>[],
  startMs: number,
): Pick<Fault, 'undoStartMs' | 'endMs'> {
  if (fault.fault === 'restart') return { endMs: fault.toMs - startMs }
  const undo = undone.find((event) => event.fromMs >= fault.toMs && undoes(event, fault))
  return undo === undefined ? {} : { undoStartMs: undo.fromMs - startMs, endMs: undo.toMs - startMs }
}

function undoes(event: EventOf<'fault-seen'>, fault: EventOf<'fault-seen'>): boolean {
  const isSameKind = event.fault === fault.fault || (PROCESS_FAULTS.has(event.fault) && PROCESS_FAULTS.has(fault.fault))
  return isSameKind && haveSameNodes(event, fault)
}

function haveSameNodes({ nodes }: { nodes: readonly string[] }, { nodes: others }: { nodes: readonly string[] }) {
  return nodes.length === others.length && nodes.every((node) => others.includes(node))
}

/** A fault of which only the proof was recorded, as by older runners. */
function provenFault(began: EventOf<'fault-began'>, events: readonly RunEvent[], startMs: number): Fault {
  const { fault, proof } = began
  const ended = events.find((event) => event.type === 'fault-ended' && event.fault.id === fault.id)
  const atMs = began.atMs - startMs
  const endMs = ended === undefined ? undefined : ended.atMs - startMs
  return {
    kind: fault.kind,
    nodes: fault.nodes,
    startMs: atMs,
    appliedMs: atMs,
    ...(endMs !== undefined && { undoStartMs: endMs, endMs }),
    sentence: fault.sentence,
    proof,
  }
}
