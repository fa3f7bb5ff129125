import { listOf } from '../../record/history.ts'
import { FN, NIL, OUTCOME_OK, UNKNOWN } from '../../record/history-codes.ts'
import type { Evidence } from '../evidence.ts'
import { replacedMs } from '../values/freshness.ts'
import { readsAt } from '../values/reads.ts'
import { SEEN } from '../values/value-table.ts'

/** A read that told something older than it should. */
export interface StaleRead {
  row: number
  /** For how long what it told had certainly been replaced when it began, ms. */
  ageMs: number
  /** Rows that show it: of the write that it does not know of, where it can be named, and of the read. */
  rows: number[]
}

interface Found {
  stale: StaleRead[]
  /** How many reads were judged. */
  reads: number
}

/** Of registers: reads of a value that was certainly replaced before they began. */
export function staleOfValues(evidence: Evidence, phase: number | undefined): Found {
  const { history, table } = evidence
  const { ops, rows } = history
  const replaced = replacedMs(table, history.keys.length)
  const found: Found = { stale: [], reads: 0 }
  for (let row = 0; row < rows; row += 1) {
    const value = table.ofRow[row] ?? SEEN.nothing
    if (!readsAt(ops, row) || value === SEEN.nothing || (phase !== undefined && ops.phase[row] !== phase)) continue
    found.reads += 1
    const ageMs = (ops.invokeMs[row] ?? 0) - (value < 0 ? Number.POSITIVE_INFINITY : (replaced[value] ?? 0))
    if (ageMs <= 0) continue
    const newer = newerWrite(evidence, value, replaced[value] ?? 0)
    found.stale.push({ row, ageMs, rows: newer < 0 ? [row] : [newer, row] })
  }
  return found
}

/**
 * The operation whose end showed that a value had been replaced. Its time is one operation's, so the rows, in that
 * order, are searched for it.
 */
function newerWrite({ history: { ops, rows }, table }: Evidence, value: number, endMs: number): number {
  let [low, high] = [0, rows]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ops.completeMs[middle] ?? 0) < endMs) low = middle + 1
    else high = middle
  }
  for (let row = low; row < rows && ops.completeMs[row] === endMs; row += 1) {
    if (ops.key[row] === table.key(value)) return row
  }
  return -1
}

interface Added {
  member: number
  row: number
  ackMs: number
}

/** Of sets and lists: reads that lack something that was acknowledged before they began. */
export function staleOfMembers({ history }: Evidence, phase: number | undefined): Found {
  const { ops, rows, keys } = history
  // Rows stand in the order of completion: so do these.
  const added = keys.map((): Added[] => [])
  for (let row = 0; row < rows; row += 1) {
    const isWrite = ops.fn[row] === FN.add || ops.fn[row] === FN.push
    if (!isWrite || ops.outcome[row] !== OUTCOME_OK) continue
    added[ops.key[row] ?? 0]?.push({ member: ops.a[row] ?? UNKNOWN, row, ackMs: ops.completeMs[row] ?? 0 })
  }
  const found: Found = { stale: [], reads: 0 }
  for (let row = 0; row < rows; row += 1) {
    if (!readsAt(ops, row) || (phase !== undefined && ops.phase[row] !== phase)) continue
    found.reads += 1
    const beganMs = ops.invokeMs[row] ?? 0
    const members = new Set(listOf(history, ops.r[row] ?? -1))
    const its = added[ops.key[row] ?? 0] ?? []
    const missing = its.find(({ member, ackMs }) => ackMs >= beganMs || !members.has(member))
    if (missing && missing.ackMs < beganMs)
      found.stale.push({ row, ageMs: beganMs - missing.ackMs, rows: [missing.row, row] })
  }
  return found
}

/** Of counters that are only raised: reads lower than what had been acknowledged before they began. */
export function staleOfCounters({ history }: Evidence, phase: number | undefined): Found {
  const { ops, rows, keys } = history
  const sums = keys.map(() => ({ rows: [] as number[], sums: [] as number[] }))
  const falls = new Set<number>()
  for (let row = 0; row < rows; row += 1) {
    if (ops.fn[row] !== FN.add) continue
    const key = ops.key[row] ?? 0
    if ((ops.a[row] ?? 0) < 0) falls.add(key)
    if (ops.outcome[row] !== OUTCOME_OK) continue
    const its = sums[key]
    its?.sums.push((its.sums.at(-1) ?? 0) + (ops.a[row] ?? 0))
    its?.rows.push(row)
  }
  const found: Found = { stale: [], reads: 0 }
  for (let row = 0; row < rows; row += 1) {
    const key = ops.key[row] ?? 0
    if (!readsAt(ops, row) || ops.r[row] === UNKNOWN || falls.has(key)) continue
    if (phase !== undefined && ops.phase[row] !== phase) continue
    found.reads += 1
    const value = ops.r[row] === NIL ? 0 : (ops.r[row] ?? 0)
    const its = sums[key]
    const place = its ? firstAbove(its.sums, value) : 0
    const newer = its?.rows[place]
    const ageMs = newer === undefined ? 0 : (ops.invokeMs[row] ?? 0) - (ops.completeMs[newer] ?? 0)
    if (newer !== undefined && ageMs > 0) found.stale.push({ row, ageMs, rows: [newer, row] })
  }
  return found
}

function firstAbove(rising: readonly number[], value: number): number {
  let [low, high] = [0, rising.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rising[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}
