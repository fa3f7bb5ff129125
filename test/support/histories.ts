import type { History } from '../../runner/record/history.ts'
import {
  type FailureClass,
  FN,
  type FunctionName,
  NIL,
  NO_NODE,
  NO_PHASE,
  OUTCOME_OK,
  outcomeCode,
  UNKNOWN,
  type WorkloadType,
} from '../../runner/record/history-codes.ts'
import { attemptColumns, operationColumns } from '../../runner/record/history-columns.ts'

/** An operation as tests write it. */
export interface Op {
  f: FunctionName
  /** From and to, ms; `Infinity`: never completed. */
  at: readonly [startMs: number, endMs: number]
  key?: string
  client?: number
  a?: number | string | null
  b?: number | string | null
  /** A list where the operation reads one. */
  r?: number | string | null | readonly (number | string | null)[]
  /** Why it failed; absent: it was carried out. */
  failed?: FailureClass
  /** Why nobody knows whether it was carried out. */
  lost?: FailureClass
  node?: string
  phase?: string
  flags?: number
  lateMs?: number
}

export interface HistorySpec {
  type: WorkloadType
  ops: readonly Op[]
  slots?: Record<string, number>
  clients?: number
  complete?: boolean
  options?: Record<string, unknown>
}

/** The history of these operations, as a writer would have recorded it: rows in the order of completion. */
export function historyOf({
  type,
  ops: written,
  slots = {},
  clients,
  complete = true,
  options = {},
}: HistorySpec): History {
  const rows = [...written].sort((x, y) => x.at[1] - y.at[1])
  const ops = operationColumns(rows.length + (rows.length % 2))
  const keys = numbered()
  const nodes = numbered()
  const phases = numbered()
  const texts = numbered()
  const lists: number[][] = []
  const value = (given: number | string | null | undefined): number => {
    if (given === undefined) return UNKNOWN
    if (given === null) return NIL
    return typeof given === 'number' ? given : NIL + 2 + texts.of(given)
  }
  const result = (given: Op['r']): number => {
    if (typeof given !== 'object' || given === null) return value(given)
    lists.push(given.map(value))
    return lists.length - 1
  }
  for (const [row, op] of rows.entries()) {
    ops.invokeMs[row] = op.at[0]
    ops.completeMs[row] = op.at[1]
    ops.lateMs[row] = op.lateMs ?? 0
    ops.key[row] = keys.of(op.key ?? 'k')
    ops.a[row] = value(op.a)
    ops.b[row] = value(op.b)
    ops.r[row] = result(op.r)
    ops.client[row] = op.client ?? 0
    ops.fn[row] = FN[op.f]
    ops.outcome[row] = outcomeOf(op)
    ops.node[row] = op.node === undefined ? NO_NODE : nodes.of(op.node)
    ops.phase[row] = op.phase === undefined ? NO_PHASE : phases.of(op.phase)
    ops.attempts[row] = 1
    ops.flags[row] = op.flags ?? 0
  }
  const offsets = new Uint32Array(lists.length + 1)
  for (const [index, list] of lists.entries()) offsets[index + 1] = (offsets[index] ?? 0) + list.length
  return {
    ...{ workload: 'w', type, complete, rows: rows.length, ops, startWallMs: 0, options },
    clients: clients ?? new Set(rows.map(({ client = 0 }) => client)).size,
    attemptRows: 0,
    attempts: attemptColumns(0),
    lists: { offsets, values: Int32Array.from(lists.flat()) },
    keys: keys.all,
    slots: Uint16Array.from(keys.all, (key, index) => slots[key] ?? index),
    nodes: nodes.all,
    phases: phases.all,
    texts: texts.all,
  }
}

function outcomeOf({ failed, lost }: Op): number {
  if (failed !== undefined) return outcomeCode(failed, false)
  return lost === undefined ? OUTCOME_OK : outcomeCode(lost, true)
}

function numbered() {
  const all: string[] = []
  return {
    all,
    of(text: string): number {
      const known = all.indexOf(text)
      return known >= 0 ? known : all.push(text) - 1
    },
  }
}
