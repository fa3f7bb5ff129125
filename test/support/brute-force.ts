import type { WorkloadType } from '../../runner/record/history-codes.ts'
import type { Op } from './histories.ts'

/** The state after an operation on one object, or undefined if it cannot have returned what it did. */
type Apply<State> = (state: State, op: Op) => State | undefined

/**
 * Whether the operations of one object are linearizable, by trying every order: right by its plainness, and usable for
 * a handful of operations only.
 */
export function isLinearizable(type: WorkloadType, ops: readonly Op[]): boolean {
  const counting = ops
    .filter((op) => op.failed === undefined || op.failed === 'mismatch')
    .filter((op) => op.f !== 'read' || op.lost === undefined)
  switch (type) {
    case 'counter':
      return hasOrder(counting, 0, applyToCounter)
    case 'set':
      return hasOrder(counting, '', applyToSet)
    case 'list':
      return hasOrder(counting, '', applyToList)
    case 'transaction':
      return hasOrder(counting, null, applyToGroup)
    default:
      return hasOrder(counting, null, applyToRegister)
  }
}

function hasOrder<State>(ops: readonly Op[], initial: State, apply: Apply<State>): boolean {
  const used = new Set<Op>()
  const isDone = () => ops.every((op) => used.has(op) || op.lost !== undefined)
  const mayBeNext = (op: Op) =>
    !used.has(op) && ops.every((other) => used.has(other) || other.lost !== undefined || other.at[1] >= op.at[0])
  const search = (state: State): boolean => {
    if (isDone()) return true
    return ops.filter(mayBeNext).some((op) => {
      const next = apply(state, op)
      if (next === undefined) return false
      used.add(op)
      const found = search(next)
      used.delete(op)
      return found
    })
  }
  return search(initial)
}

type Value = Op['a'] | null

function applyToRegister(state: Value, op: Op): Value | undefined {
  if (op.f === 'read') return op.r === undefined || op.r === state ? state : undefined
  if (op.f === 'write') return op.a ?? null
  const tellsOther = op.r !== undefined && op.r !== state
  if (op.failed === 'mismatch') return state === op.b || tellsOther ? undefined : state
  return state !== op.b || (op.lost === undefined && tellsOther) ? undefined : (op.a ?? null)
}

function applyToGroup(state: Value, op: Op): Value | undefined {
  if (op.f === 'write') return op.a ?? null
  return Array.isArray(op.r) && op.r.every((value) => value === state) ? state : undefined
}

function applyToCounter(state: number, op: Op): number | undefined {
  const after = op.f === 'read' ? state : state + Number(op.a)
  const tellsOther = op.lost === undefined && op.r !== undefined && Number(op.r) !== after
  return tellsOther ? undefined : after
}

/** Sets and lists are kept as text: `1,2,3`. */
function applyToList(state: string, op: Op): string | undefined {
  if (op.f === 'read') return String(op.r) === state ? state : undefined
  const after = state === '' ? String(op.a) : `${state},${op.a}`
  const tellsOther = op.lost === undefined && op.r !== undefined && op.r !== after.split(',').length
  return tellsOther ? undefined : after
}

function applyToSet(state: string, op: Op): string | undefined {
  const sorted = (members: readonly unknown[]) =>
    [...members]
      .map(Number)
      .sort((a, b) => a - b)
      .join()
  if (op.f === 'read') return sorted(Array.isArray(op.r) ? op.r : []) === state ? state : undefined
  return sorted([...(state === '' ? [] : state.split(',')), op.a])
}
