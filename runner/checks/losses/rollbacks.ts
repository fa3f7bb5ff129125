import type { History } from '../../record/history.ts'
import { NO_NODE, OUTCOME_OK } from '../../record/history-codes.ts'
import type { RunFacts, Span } from '../../results/run-facts.ts'
import { type ByKey, rowsOf, slice } from '../values/by-key.ts'
import { newerThan, replacedMs } from '../values/freshness.ts'
import { readsAt } from '../values/reads.ts'
import { firstNotBefore } from '../values/time-sort.ts'
import type { ValueTable } from '../values/value-table.ts'

/**
 * Finds writes that were gone during the run and overwritten later, so that the final state does not tell of them. A
 * read that a master answered with an older value is a sign of it; it may also be the answer of a master that was no
 * longer one. So a write counts as lost only if neither its value nor a newer one of that time was ever read again, and
 * the node that answered had reason to have lost it: it is another than the one that acknowledged the write, and went
 * on serving the key; or it is the same, and a fault or a failover lay between. `acknowledged`: the acknowledged writes
 * of each key, by their beginning.
 */
export function rollbacks(
  history: History,
  table: ValueTable,
  acknowledged: ByKey,
  facts: RunFacts,
  lose: (value: number, read: number) => void,
): void {
  const reads = oldReads(history, table)
  if (reads.length === 0) return
  const lastReadMs = lastReads(history, table)
  for (const read of reads) {
    const { key = 0, invokeMs = 0, completeMs = 0, node = NO_NODE } = operation(history, read)
    const writes = slice(acknowledged, key)
    const newest = newestSeenAgain(table, writes, lastReadMs, completeMs)
    const goesOn = nodeOfNext(history, rowsOf(history, key), read)
    for (const value of newerThan(table, writes, table.ofRow[read] ?? 0)) {
      // Writes stand in the order of their beginning: all further ones are too late.
      if (table.invokeMs(value) >= invokeMs) break
      if (table.ackMs(value) >= invokeMs) continue
      const writer = history.ops.node[table.writeRow(value)]
      const mayHaveLost =
        writer === node
          ? hadReason(facts, history.nodes[node] ?? '', { startMs: table.invokeMs(value), endMs: completeMs })
          : goesOn === node
      if (!mayHaveLost) continue
      const isSeenAgain = (lastReadMs[value] ?? 0) > completeMs || newest > table.shownMs(value)
      if (!isSeenAgain) lose(value, read)
    }
  }
}

/** Whether a fault touched the node, or a failover made it master anew, in a span. */
function hadReason({ faults, failovers }: RunFacts, node: string, { startMs, endMs }: Span): boolean {
  return (
    faults.some((fault) => fault.nodes.includes(node) && fault.startMs < endMs && startMs < fault.endMs) ||
    failovers.some(
      (failover) => failover.to === node && failover.startMs < endMs && startMs < failover.startMs + failover.totalMs,
    )
  )
}

function operation({ ops }: History, row: number) {
  return { key: ops.key[row], invokeMs: ops.invokeMs[row], completeMs: ops.completeMs[row], node: ops.node[row] }
}

/** Of each old value that a master still told, the last read that told it. */
function oldReads(history: History, table: ValueTable): number[] {
  const { ops, rows } = history
  const replaced = replacedMs(table, history.keys.length)
  const last = new Map<number, number>()
  for (let row = 0; row < rows; row += 1) {
    const value = table.ofRow[row] ?? -1
    if (value < 0 || (ops.invokeMs[row] ?? 0) <= (replaced[value] ?? 0)) continue
    if (!readsAt(ops, row) || (ops.flags[row] ?? 0) !== 0 || ops.node[row] === NO_NODE) continue
    // With a TTL, a key may have become empty again.
    if (history.type !== 'expiry' || value >= history.keys.length) last.set(value, row)
  }
  return [...last.values()]
}

/** When each value was read for the last time, ms; -Infinity if it was never. */
function lastReads({ ops, rows }: History, table: ValueTable): Float64Array {
  const last = new Float64Array(table.count).fill(Number.NEGATIVE_INFINITY)
  for (let row = 0; row < rows; row += 1) {
    const value = table.ofRow[row] ?? -1
    if (value >= 0 && readsAt(ops, row)) last[value] = Math.max(last[value] ?? 0, ops.completeMs[row] ?? 0)
  }
  return last
}

/** When the newest value began that was written before `endMs` and read after it. */
function newestSeenAgain(table: ValueTable, writes: Uint32Array, lastReadMs: Float64Array, endMs: number): number {
  const before = firstNotBefore(writes, 0, writes.length, (write) => table.invokeMs(write), endMs)
  for (let place = before - 1; place >= 0; place -= 1) {
    const value = writes[place] ?? 0
    if ((lastReadMs[value] ?? 0) > endMs) return table.invokeMs(value)
  }
  return Number.NEGATIVE_INFINITY
}

/**
 * The node that answered the next operation on the key after a read; undefined if there was none. `rows`: the key's, by
 * completion.
 */
function nodeOfNext({ ops }: History, rows: Uint32Array, read: number): number | undefined {
  const endMs = ops.completeMs[read] ?? 0
  for (let place = placeOf(rows, read) + 1; place < rows.length; place += 1) {
    const row = rows[place] ?? 0
    const isAnswer = ops.outcome[row] === OUTCOME_OK && (ops.flags[row] ?? 0) === 0 && ops.node[row] !== NO_NODE
    if (isAnswer && (ops.invokeMs[row] ?? 0) > endMs) return ops.node[row]
  }
  return undefined
}

/** Where a row stands among the rows of its key, which ascend. */
function placeOf(rows: Uint32Array, row: number): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rows[middle] ?? 0) < row) low = middle + 1
    else high = middle
  }
  return low
}
