import { isIndeterminateCode } from '../../record/history-codes.ts'
import type { OperationColumns } from '../../record/history-columns.ts'
import { momentText } from '../words.ts'
import type { Violation } from './violation.ts'

/** Operations of one key that share a place in an order which their results give away. */
export interface Stage {
  /** What was so from then on, for prose: `5 was the 3rd element`. */
  text: string
  rows: number[]
}

interface Edge {
  ms: number
  row: number
  stage: Stage
}

/** When an operation had certainly taken effect; Infinity if it never need have. */
export function endMs({ completeMs, outcome }: OperationColumns, row: number): number {
  return isIndeterminateCode(outcome[row] ?? 0) ? Number.POSITIVE_INFINITY : (completeMs[row] ?? 0)
}

/**
 * Whether stages can follow each other in the order given: no operation of a later stage may have ended before one of
 * an earlier stage began. Returns what forbids it.
 */
export function outOfOrder(key: number, stages: readonly Stage[], ops: OperationColumns): Violation | undefined {
  let latest: Edge | undefined
  for (const stage of stages) {
    const first = extreme(stage, (row) => -endMs(ops, row))
    if (latest && first && -first.ms < latest.ms) return contradiction(key, latest, { ...first, ms: -first.ms })
    const last = extreme(stage, (row) => ops.invokeMs[row] ?? 0)
    if (last && (latest === undefined || last.ms > latest.ms)) latest = last
  }
  return undefined
}

function extreme(stage: Stage, measure: (row: number) => number): Edge | undefined {
  let best: Edge | undefined
  for (const row of stage.rows) {
    const ms = measure(row)
    if (best === undefined || ms > best.ms) best = { ms, row, stage }
  }
  return best
}

function contradiction(key: number, early: Edge, late: Edge): Violation {
  const why =
    `${late.stage.text} by ${momentText(late.ms)}; yet an operation that began after that, at ${momentText(early.ms)}, ` +
    `can only have come before: ${early.stage.text}`
  return { key, why, rows: [...new Set([late.row, early.row])] }
}
