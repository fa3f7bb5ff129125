import { FN, NO_NODE, OUTCOME_OK } from '../../record/history-codes.ts'
import type { Evidence } from '../evidence.ts'
import { SEEN } from '../values/value-table.ts'
import type { Losses } from './losses.ts'

/** A lost write, and a later one on the same node, in the same shard, that survived. */
interface Hole {
  lost: number
  survivor: number
}

export interface Shape {
  /** The first hole found; undefined if what is lost is a tail everywhere. */
  hole: Hole | undefined
  /** Lost writes of which the node is not known. */
  unplaced: number
}

/** Verbs that end a server, so that what it loses then is not what a failover loses. */
const ENDING: ReadonlySet<string> = new Set(['stop', 'kill', 'power-cut', 'restart'])

/**
 * Whether what is lost is the tail of what its node acknowledged. A master sends one stream to its replicas, in the
 * order in which it carried writes out: whoever takes over has a beginning of that stream. A write that is lost while a
 * later one of the same node and shard survives is a hole, which asynchronous replication cannot explain. Only writes
 * of one reign of a node are compared: between them no other node acknowledged a write of the shard, the node was not
 * ended, and it did not become master anew.
 */
export function shapeOf(evidence: Evidence, losses: Losses): Shape {
  const { history, shards, facts } = evidence
  const { ops } = history
  const lost = new Set(losses.rows)
  const survived = survivors(evidence, losses)
  const reigns = new Map<number, { node: number; began: number; lost: number | undefined }>()
  for (const row of writesInOrder(evidence)) {
    const shard = shards.ofKey[ops.key[row] ?? 0] ?? 0
    const node = ops.node[row] ?? NO_NODE
    const reign = reigns.get(shard)
    const isSame =
      reign?.node === node && !isBroken(facts, history.nodes[node] ?? '', reign.began, ops.completeMs[row] ?? 0)
    const current = isSame ? reign : { node, began: ops.invokeMs[row] ?? 0, lost: undefined }
    if (!isSame) reigns.set(shard, current)
    const before = current.lost
    if (survived.has(row) && before !== undefined && (ops.completeMs[before] ?? 0) < (ops.invokeMs[row] ?? 0)) {
      return { hole: { lost: before, survivor: row }, unplaced: 0 }
    }
    if (lost.has(row)) current.lost ??= row
  }
  return { hole: undefined, unplaced: losses.count - losses.rows.filter((row) => ops.node[row] !== NO_NODE).length }
}

/** Acknowledged writes with a node that is known, in the order of completion. */
function* writesInOrder({ history }: Evidence): Generator<number> {
  const { ops, rows } = history
  for (let row = 0; row < rows; row += 1) {
    const fn = ops.fn[row]
    const isWrite = fn === FN.write || fn === FN.cas || fn === FN.add || fn === FN.push
    if (isWrite && ops.outcome[row] === OUTCOME_OK && ops.node[row] !== NO_NODE) yield row
  }
}

/** Acknowledged writes that the final reads show. */
function survivors(evidence: Evidence, { finals, rows }: Losses): Set<number> {
  const { history } = evidence
  const survived = new Set<number>()
  if (history.type === 'set' || history.type === 'list') {
    const lost = new Set(rows)
    for (const row of writesInOrder(evidence)) {
      if ((finals[history.ops.key[row] ?? 0] ?? -1) >= 0 && !lost.has(row)) survived.add(row)
    }
    return survived
  }
  for (const read of finals) {
    const value = read < 0 ? SEEN.nothing : (evidence.table.ofRow[read] ?? SEEN.nothing)
    const row = value < 0 ? -1 : evidence.table.writeRow(value)
    if (row >= 0) survived.add(row)
  }
  return survived
}

/** Whether the node was ended, or made master anew, between two times. */
function isBroken({ faults, failovers }: Evidence['facts'], node: string, fromMs: number, toMs: number): boolean {
  const within = (ms: number) => fromMs < ms && ms <= toMs
  return (
    // While servers are being ended, the first may still acknowledge: they were ended for certain when they started again.
    faults.some(
      ({ verb, nodes, startMs, endMs }) =>
        ENDING.has(verb) && nodes.includes(node) && (within(startMs) || within(endMs)),
    ) || failovers.some(({ to, startMs, totalMs }) => to === node && within(startMs + totalMs))
  )
}
