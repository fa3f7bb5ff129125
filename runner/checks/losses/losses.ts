import { FLAG, FN, OUTCOME_OK } from '../../record/history-codes.ts'
import type { Evidence } from '../evidence.ts'
import { counterLosses } from './counter-losses.ts'
import { memberLosses } from './member-losses.ts'
import { valueLosses } from './value-losses.ts'

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

/** Looks for lost writes in what was read back after the run, and, where values are unique, in what was read during it. */
export function lossesOf(evidence: Evidence): Losses {
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
export function samplesAmong({ history }: Evidence, { finals }: Losses, counts: (row: number) => boolean): number {
  const { ops, rows } = history
  let samples = 0
  for (let row = 0; row < rows; row += 1) {
    const isKnown = ops.outcome[row] === OUTCOME_OK && (finals[ops.key[row] ?? 0] ?? -1) >= 0
    if (isKnown && WRITES.has(ops.fn[row]) && counts(row)) samples += 1
  }
  return samples
}

function finalReads({ history }: Evidence): Int32Array {
  const { ops, rows, keys } = history
  const finals = new Int32Array(keys.length).fill(-1)
  for (let row = 0; row < rows; row += 1) {
    const isFinal = ((ops.flags[row] ?? 0) & FLAG.final) !== 0 && ops.fn[row] === FN.read
    if (isFinal && ops.outcome[row] === OUTCOME_OK) finals[ops.key[row] ?? 0] = row
  }
  return finals
}

/** The keys with acknowledged writes (rows of `fn`, by key) that have no final read. */
export function unreadKeys(writesByKey: Uint32Array, finals: Int32Array): number[] {
  return [...finals.keys()].filter((key) => finals[key] === -1 && (writesByKey[key] ?? 0) > 0)
}
