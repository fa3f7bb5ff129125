import { textIndex, type WorkloadType } from './history-codes.ts'
import type { AttemptColumns, OperationColumns } from './history-columns.ts'

/** Lists that operations read: list `i` is `values[offsets[i]]` to before `values[offsets[i + 1]]`. */
interface Lists {
  offsets: Uint32Array
  values: Int32Array
}

/** What the clients of one workload did, from invocation to completion. */
export interface History {
  workload: string
  type: WorkloadType
  /** Clients are numbered from 0. */
  clients: number
  /** Wall clock at the scenario's start, ms since the epoch. */
  startWallMs: number
  options: Record<string, unknown>
  /** False if the file was cut off: operations are missing from it. */
  complete: boolean
  /** How many operations. */
  rows: number
  ops: OperationColumns
  attemptRows: number
  attempts: AttemptColumns
  lists: Lists
  keys: string[]
  /** The hash slot of each key. */
  slots: Uint16Array
  nodes: string[]
  phases: string[]
  /** Values that are no integers. */
  texts: string[]
}

/** List `index` of a history; empty if there is none. */
export function listOf({ lists }: Pick<History, 'lists'>, index: number): Int32Array {
  const start = lists.offsets[index] ?? 0
  return lists.values.subarray(start, lists.offsets[index + 1] ?? start)
}

/** A text value as it was; undefined for an integer, NIL and UNKNOWN. */
export function textOf({ texts }: Pick<History, 'texts'>, value: number): string | undefined {
  const index = textIndex(value)
  return index === undefined ? undefined : texts[index]
}
