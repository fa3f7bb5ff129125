import { listed } from '../base/text.ts'
import type { Witness, WitnessOperation } from '../record/check-outcome.ts'
import { type History, listOf } from '../record/history.ts'
import {
  FN,
  functionName,
  isIndeterminateCode,
  NO_NODE,
  NO_PHASE,
  OUTCOME_OK,
  outcomeClass,
  UNKNOWN,
} from '../record/history-codes.ts'
import { valueText } from './words.ts'

/** A witness stays small: it is read by people. */
const MOST_OPERATIONS = 12

/** The operations of these rows, in the order of their beginning; of many the first ones, and how many more. */
export function witnessOf(history: History, title: string, rows: readonly number[], more = 0): Witness {
  const shown = rows.slice(0, MOST_OPERATIONS)
  const operations = shown.map((row) => witnessOperation(history, row)).sort((a, b) => a.startMs - b.startMs)
  const left = more + rows.length - shown.length
  return { title, operations, ...(left > 0 && { more: left }) }
}

function witnessOperation(history: History, row: number): WitnessOperation {
  const { ops, keys, nodes, phases } = history
  const outcome = ops.outcome[row] ?? 0
  const endMs = ops.completeMs[row] ?? Number.POSITIVE_INFINITY
  const node = ops.node[row] ?? NO_NODE
  const phase = ops.phase[row] ?? NO_PHASE
  return {
    row,
    client: ops.client[row] ?? 0,
    text: operationText(history, row),
    key: keys[ops.key[row] ?? 0] ?? '',
    startMs: ops.invokeMs[row] ?? 0,
    ...(Number.isFinite(endMs) && { endMs }),
    outcome: outcome === OUTCOME_OK ? 'ok' : isIndeterminateCode(outcome) ? 'indeterminate' : 'failed',
    ...(nodes[node] !== undefined && { node: nodes[node] }),
    ...(phases[phase] !== undefined && { phase: phases[phase] }),
  }
}

/** `write 17`, `read: 16`, `cas 3 to 4: found 5`, `write 18: timeout`. */
function operationText(history: History, row: number): string {
  const { ops } = history
  const fn = ops.fn[row] ?? 0
  const [a, b, r] = [ops.a[row] ?? UNKNOWN, ops.b[row] ?? UNKNOWN, ops.r[row] ?? UNKNOWN]
  const failure = outcomeClass(ops.outcome[row] ?? 0)
  const argument = a === UNKNOWN ? '' : ` ${valueText(history, a)}`
  const asked = fn === FN.cas ? `cas ${valueText(history, b)} to${argument}` : `${functionName(fn)}${argument}`
  if (failure === 'mismatch') return `${asked}: found ${valueText(history, r)}`
  if (failure !== 'ok') return `${asked}: ${failure}`
  return r === UNKNOWN ? asked : `${asked}: ${resultText(history, fn, r)}`
}

function resultText(history: History, fn: number, result: number): string {
  const readsLists = history.type === 'set' || history.type === 'list' || history.type === 'transaction'
  if (fn !== FN.read || !readsLists) return valueText(history, result)
  const values = Array.from(listOf(history, result), (value) => valueText(history, value))
  return `[${listed(values, 6)}]`
}
