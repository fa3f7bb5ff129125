import { type History, listOf } from '../../record/history.ts'
import { FLAG, FN, isIndeterminateCode, NIL, OUTCOME_OK, UNKNOWN } from '../../record/history-codes.ts'
import type { RunFacts } from '../../results/run-facts.ts'
import { type ByKey, groupByKey, slice } from '../values/by-key.ts'
import { Expiries } from '../values/expiries.ts'
import { newerThan } from '../values/freshness.ts'
import { valueReadBy } from '../values/reads.ts'
import { sortByTime } from '../values/time-sort.ts'
import { SEEN, type ValueTable, WRITE } from '../values/value-table.ts'
import { rollbacks } from './rollbacks.ts'

/** Acknowledged writes that are gone. */
export interface Losses {
  /** How many; of a counter, increments that are missing, of which nobody can say which. */
  count: number
  /** The lost writes, as rows, in the order of completion; empty for a counter. */
  rows: number[]
  /** The read that shows each of them gone, by the row of the write. */
  shownBy: Map<number, number>
  /** Acknowledged writes whose fate is known. */
  samples: number
  /** Keys with acknowledged writes that were not read back after the run. */
  unread: number[]
  /** Losses by key. */
  byKey: Map<number, number>
  /** The row of each key's final read; -1 without one. */
  finals: Int32Array
}

/** What losses are worked out from: a part of `Evidence`. */
export interface LossEvidence {
  history: History
  table: ValueTable
  facts: RunFacts
}

/**
 * Looks for lost writes in what was read back after the run, and, where values are unique, in what was read during it.
 */
export function lossesOf(evidence: LossEvidence): Losses {
  const finals = finalReads(evidence)
  switch (evidence.history.type) {
    case 'set':
    case 'list':
      return memberLosses(evidence.history, finals)
    case 'counter':
      return counterLosses(evidence.history, finals)
    default:
      return valueLosses(evidence, finals)
  }
}

const WRITES: ReadonlySet<number | undefined> = new Set([FN.write, FN.cas, FN.add, FN.push])

/** Of the acknowledged writes whose fate is known, those that `counts`, by row. */
export function samplesAmong({ history }: LossEvidence, { finals }: Losses, counts: (row: number) => boolean): number {
  const { ops, rows } = history
  let samples = 0
  for (let row = 0; row < rows; row += 1) {
    const isKnown = ops.outcome[row] === OUTCOME_OK && (finals[ops.key[row] ?? 0] ?? -1) >= 0
    if (isKnown && WRITES.has(ops.fn[row]) && counts(row)) samples += 1
  }
  return samples
}

function finalReads({ history }: LossEvidence): Int32Array {
  const { ops, rows, keys } = history
  const finals = new Int32Array(keys.length).fill(-1)
  for (let row = 0; row < rows; row += 1) {
    const isFinal = ((ops.flags[row] ?? 0) & FLAG.final) !== 0 && ops.fn[row] === FN.read
    if (isFinal && ops.outcome[row] === OUTCOME_OK) finals[ops.key[row] ?? 0] = row
  }
  return finals
}

/** The keys with acknowledged writes (rows of `fn`, by key) that have no final read. */
function unreadKeys(writesByKey: Uint32Array, finals: Int32Array): number[] {
  return [...finals.keys()].filter((key) => finals[key] === -1 && (writesByKey[key] ?? 0) > 0)
}

/**
 * Of counters: what is missing from the final value, counted in increments of the largest amount that was used, so at
 * least so many were lost.
 */
function counterLosses({ ops, rows, keys }: History, finals: Int32Array): Losses {
  const least = new Float64Array(keys.length)
  const largest = new Float64Array(keys.length)
  const writesByKey = new Uint32Array(keys.length)
  for (let row = 0; row < rows; row += 1) {
    if (ops.fn[row] !== FN.add) continue
    const key = ops.key[row] ?? 0
    const amount = ops.a[row] ?? 0
    const outcome = ops.outcome[row] ?? 0
    if (outcome === OUTCOME_OK) writesByKey[key] = (writesByKey[key] ?? 0) + 1
    // What may have been taken away makes a low value possible.
    if (outcome === OUTCOME_OK || (isIndeterminateCode(outcome) && amount < 0)) least[key] = (least[key] ?? 0) + amount
    if (amount > (largest[key] ?? 0)) largest[key] = amount
  }
  const losses: Losses = { count: 0, rows: [], shownBy: new Map(), samples: 0, unread: [], byKey: new Map(), finals }
  for (const [key, row] of finals.entries()) {
    if (row < 0) continue
    losses.samples += writesByKey[key] ?? 0
    const value = ops.r[row] ?? NIL
    const missing = (least[key] ?? 0) - (value === NIL ? 0 : value)
    if (missing <= 0) continue
    const count = Math.ceil(missing / Math.max(largest[key] ?? 1, 1))
    losses.byKey.set(key, count)
    losses.count += count
  }
  losses.unread = unreadKeys(writesByKey, finals)
  return losses
}

/** Of sets and lists: what was added for certain and is not in the final read. Nothing is ever taken out. */
function memberLosses(history: History, finals: Int32Array): Losses {
  const { ops, rows, keys } = history
  const present = Array.from(finals, (row) => (row < 0 ? undefined : new Set(listOf(history, ops.r[row] ?? -1))))
  const writesByKey = new Uint32Array(keys.length)
  const losses: Losses = { count: 0, rows: [], shownBy: new Map(), samples: 0, unread: [], byKey: new Map(), finals }
  for (let row = 0; row < rows; row += 1) {
    const isWrite = ops.fn[row] === FN.add || ops.fn[row] === FN.push
    if (!isWrite || ops.outcome[row] !== OUTCOME_OK) continue
    const key = ops.key[row] ?? 0
    writesByKey[key] = (writesByKey[key] ?? 0) + 1
    const members = present[key]
    if (!members) continue
    losses.samples += 1
    if (members.has(ops.a[row] ?? 0)) continue
    losses.rows.push(row)
    losses.shownBy.set(row, finals[key] ?? -1)
    losses.byKey.set(key, (losses.byKey.get(key) ?? 0) + 1)
  }
  losses.count = losses.rows.length
  losses.unread = unreadKeys(writesByKey, finals)
  return losses
}

/**
 * Of registers: an acknowledged write is lost if what is there after the run is certainly older, for nothing that came
 * later can then have overwritten it. Writes that were gone in between, and then overwritten, are found in the reads of
 * the run (`rollbacks.ts`).
 */
function valueLosses({ history, table, facts }: LossEvidence, finals: Int32Array): Losses {
  const acknowledged = acknowledgedOf(
    groupByKey((value) => table.key(value), table.count, history.keys.length),
    table,
  )
  const expiries = history.type === 'expiry' ? new Expiries(history, table) : undefined
  const shownBy = new Map<number, number>()
  const lose = (value: number, read: number) => {
    const row = table.writeRow(value)
    if (row >= 0 && !shownBy.has(row)) shownBy.set(row, read)
  }
  const writesByKey = new Uint32Array(finals.length)
  let samples = 0
  for (const [key, read] of finals.entries()) {
    const writes = slice(acknowledged, key)
    writesByKey[key] = writes.length
    if (read < 0) continue
    samples += writes.length
    const isEmpty = expiries !== undefined && valueReadBy(history, read) === NIL
    const lost = isEmpty ? expiries.goneTooEarly(read, 0) : lostAtTheEnd(history, table, writes, read)
    for (const value of lost) lose(value, read)
  }
  rollbacks(history, table, acknowledged, facts, lose)
  const rows = [...shownBy.keys()].sort((a, b) => (history.ops.completeMs[a] ?? 0) - (history.ops.completeMs[b] ?? 0))
  const byKey = new Map<number, number>()
  for (const row of rows) {
    const key = history.ops.key[row] ?? 0
    byKey.set(key, (byKey.get(key) ?? 0) + 1)
  }
  return { count: rows.length, rows, shownBy, samples, unread: unreadKeys(writesByKey, finals), byKey, finals }
}

/** The acknowledged writes of each key, by the beginning of each. */
function acknowledgedOf({ ids, offsets }: ByKey, table: ValueTable): ByKey {
  const kept = new Uint32Array(offsets.length)
  const writes = new Uint32Array(ids.length)
  let count = 0
  for (let key = 0; key + 1 < offsets.length; key += 1) {
    for (let place = offsets[key] ?? 0; place < (offsets[key + 1] ?? 0); place += 1) {
      const value = ids[place] ?? 0
      if (table.write(value) !== WRITE.acknowledged) continue
      writes[count] = value
      count += 1
    }
    kept[key + 1] = count
    sortByTime(writes, kept[key] ?? 0, count, (value) => table.invokeMs(value))
  }
  return { ids: writes, offsets: kept }
}

/** Of the acknowledged writes of a key, those that its final read shows lost. */
function lostAtTheEnd(history: History, table: ValueTable, writes: Uint32Array, read: number): Iterable<number> {
  const seen = valueReadBy(history, read)
  if (seen === UNKNOWN) return []
  if (seen !== undefined) return newerThan(table, writes, table.ofRow[read] ?? SEEN.foreign)
  const key = history.ops.key[read] ?? 0
  // The keys of a group differ: what is missing in any of them is lost.
  const parts = listOf(history, history.ops.r[read] ?? -1)
  return new Set([...parts].flatMap((part) => [...newerThan(table, writes, table.find(key, part))]))
}
