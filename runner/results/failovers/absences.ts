import { failoverReason } from '../administered.ts'
import { type Fault, PROCESS_FAULTS } from '../faults.ts'
import { USUAL_NODE_TIMEOUT_MS } from '../stalls.ts'
import { CRASHES } from './crashes.ts'
import { type FailoverObservations, timingAt } from './observations.ts'
import { majorityOf, votersAt } from './voters.ts'

/** Faults that leave a node without a process that runs. */
const WITHOUT_PROCESS: ReadonlySet<string> = new Set([...PROCESS_FAULTS, ...Object.values(CRASHES)])

/** Faults on the data of a node, which goes on answering the others. */
const ANSWERS_ON: ReadonlySet<string> = new Set(['writes-refused', 'full-resync'])

/** A time during which faults of the run kept a master from the majority of those that vote. */
export interface Absence {
  /** The fault that took it away: the one with which it began. */
  fault: Fault
  fromMs: number
  toMs: number
}

/**
 * When a master was away, by the faults that began from `fromMs` to `untilMs`: its process was down or frozen, or cuts
 * left it fewer voters than a majority. A fault that merely touches it (a cut of replication alone, a cut from a
 * minority) takes nobody away.
 */
export function absencesOf(observed: FailoverObservations, master: string, fromMs: number, untilMs: number): Absence[] {
  const faults = observed.faults
    .filter((fault) => canTakeAway(fault, master) && fault.startMs >= fromMs && fault.startMs <= untilMs)
    .map((fault) => ({ fault, overMs: overOf(fault, observed) }))
  const instants = [...new Set(faults.flatMap(({ fault, overMs }) => [fault.startMs, overMs]))].sort((a, b) => a - b)
  const absences: Absence[] = []
  let open: Absence | undefined
  for (const atMs of instants) {
    const active = faults.filter(({ fault, overMs }) => fault.startMs <= atMs && overMs > atMs)
    const last = active.at(-1)?.fault
    const before = active.filter(({ fault }) => fault.startMs < atMs).map(({ fault }) => fault)
    // One that ends as another begins was undone in between.
    if (open && !isAway(observed, master, before, atMs)) {
      absences.push({ ...open, toMs: atMs })
      open = undefined
    }
    const away =
      last !== undefined &&
      isAway(
        observed,
        master,
        active.map(({ fault }) => fault),
        atMs,
      )
    if (away && open === undefined) open = { fault: last, fromMs: atMs, toMs: Number.POSITIVE_INFINITY }
  }
  return open ? [...absences, open] : absences
}

/**
 * The fault that took a master away, when it is known at `knownMs` that it was: the last absence that may have led to
 * that, else the last fault of another kind on it (a stall, a slow link, a cut from `heir`, which took over), which may
 * have.
 */
export function faultThatTook(
  observed: FailoverObservations,
  { master, heir }: { master: string; heir: string },
  sinceMs: number,
  knownMs: number,
): Fault | undefined {
  const lingersMs = timingAt(observed, knownMs)?.nodeTimeoutMs ?? USUAL_NODE_TIMEOUT_MS
  // A node is suspected once it has been silent for the node time-out: whoever is suspected later than that after a
  // fault was undone fell silent of something else.
  const absence = absencesOf(observed, master, sinceMs, knownMs).findLast(({ toMs }) => knownMs <= toMs + lingersMs)
  const strain = strainsOn(observed, master, sinceMs, knownMs).findLast(
    // A stall ends by itself: undoing it is waiting for that.
    (fault) => maySilence(fault, heir) && knownMs <= (fault.endMs ?? Number.POSITIVE_INFINITY) + lingersMs,
  )
  return absence?.fault ?? strain
}

/**
 * Whether a fault that leaves its nodes' processes alone may keep one from answering a majority of the masters, or have
 * `heir` think so.
 */
function maySilence({ kind, cuts, sentence = '' }: Fault, heir: string): boolean {
  // Cuts that leave it no majority are absences, and whoever a minority misses is not agreed to have failed. But a
  // replica that was cut off itself may go by reports that it had before (clusterNodeFailureReportsCount, cluster.c).
  if (cuts !== undefined) return cuts.some((pair) => pair.includes(heir))
  if (kind === 'config')
    return sentence.split(/[ ,]+/).some((word) => failoverReason(`CONFIG SET ${word}`) !== undefined)
  return !ANSWERS_ON.has(kind)
}

/** Faults on a node that may take it away, and need not: a stall, a slow link, a cut from some of the others. */
export function strainsOn({ faults }: FailoverObservations, master: string, fromMs: number, toMs: number): Fault[] {
  return faults.filter(
    (fault) =>
      !WITHOUT_PROCESS.has(fault.kind) && touches(fault, master) && fault.startMs >= fromMs && fault.startMs <= toMs,
  )
}

function touches({ nodes, cuts }: Fault, node: string): boolean {
  return cuts === undefined ? nodes.includes(node) : cuts.some((pair) => pair.includes(node))
}

function canTakeAway({ kind, nodes, cuts }: Fault, master: string): boolean {
  return (WITHOUT_PROCESS.has(kind) && nodes.includes(master)) || (cuts?.some((pair) => pair.includes(master)) ?? false)
}

/** When a fault is over: it was undone, or the same was done to the same node anew. */
function overOf(fault: Fault, { faults }: FailoverObservations): number {
  const again = WITHOUT_PROCESS.has(fault.kind)
    ? faults.find(
        ({ kind, nodes, startMs }) =>
          kind === fault.kind && startMs > fault.startMs && nodes.join() === fault.nodes.join(),
      )
    : undefined
  // A restart undoes itself.
  const undoneMs = fault.undoStartMs ?? (fault.kind === 'restart' ? fault.endMs : undefined)
  return Math.min(undoneMs ?? Number.POSITIVE_INFINITY, again?.startMs ?? Number.POSITIVE_INFINITY)
}

function isAway(observed: FailoverObservations, master: string, active: readonly Fault[], atMs: number): boolean {
  if (active.some(({ kind, nodes }) => WITHOUT_PROCESS.has(kind) && nodes.includes(master))) return true
  const cuts = active.flatMap((fault) => fault.cuts ?? [])
  if (cuts.length === 0) return false
  const voters = votersAt(observed, atMs)
  const isCut = (other: string) => cuts.some((pair) => pair.includes(master) && pair.includes(other))
  const reached = voters.filter((voter) => voter === master || !isCut(voter))
  return reached.length < majorityOf(voters.length)
}
