import type { OperationColumns } from '../../record/history-columns.ts'
import { momentText } from '../words.ts'
import { endMs, type Stage } from './stages.ts'
import type { Violation } from './violation.ts'

/**
 * Operations in a row of places: of place `p`, counted from 1, the one that made it is in stage `2p − 1`, and what read
 * it in stage `2p`.
 */
export interface Places {
  stages: readonly Stage[]
  /** Places of which it is known which operation made them. */
  known: ReadonlyMap<number, number>
  /** Operations without an answer, each of which may have made one of the other places. */
  spare: readonly number[]
}

interface Deadline {
  ms: number
  row: number
}

/**
 * Places that no answered operation made must each have been made by one without an answer that began in time: before
 * the first operation ended that shows the place, or a later one. Deadlines only grow with the places, so counting
 * those that began before each is enough.
 */
export function unfilled(key: number, { stages, known, spare }: Places, ops: OperationColumns): Violation | undefined {
  const deadlines = deadlinesOf(stages, ops)
  const begins = spare.map((row) => ops.invokeMs[row] ?? 0).sort((a, b) => a - b)
  let needed = 0
  let began = 0
  for (let place = 1; 2 * place < stages.length; place += 1) {
    if (known.has(place)) continue
    const deadline = deadlines[2 * place - 1]
    needed += 1
    while (began < begins.length && (begins[began] ?? 0) <= (deadline?.ms ?? Number.POSITIVE_INFINITY)) began += 1
    if (began >= needed || !deadline) continue
    const why = `by ${momentText(deadline.ms)} it showed more than could have been done by then: ${needed - began} too many`
    return { key, rows: [deadline.row], why }
  }
  return undefined
}

/** For each stage, the first end of an operation of that stage or a later one. */
function deadlinesOf(stages: readonly Stage[], ops: OperationColumns): (Deadline | undefined)[] {
  const deadlines: (Deadline | undefined)[] = []
  let first: Deadline | undefined
  for (let index = stages.length - 1; index >= 0; index -= 1) {
    for (const row of stages[index]?.rows ?? []) {
      const ms = endMs(ops, row)
      if (first === undefined || ms < first.ms) first = { ms, row }
    }
    deadlines[index] = first
  }
  return deadlines
}
