import { seededRandom } from '../../runner/base/random.ts'
import { FLAG, type WorkloadType } from '../../runner/record/history-codes.ts'
import type { Op } from './histories.ts'

export type Random = (below: number) => number

/** Values of a key of a transaction's group. */
const GROUP = 3

interface Shape {
  clients: number
  operations: number
  keys: number
}

/** When an operation begins, takes effect and ends; without an effect it never does. */
interface Scheduled {
  op: Op
  effectMs: number
}

/** What an object holds: the value of a register, the sum of a counter, the members of a set or list. */
type State = number | null | number[]

/**
 * What clients see of a cluster that makes no mistake: operations that take effect between their beginning and their
 * end, some of them refused, some without an answer (with or without an effect, which may come late), and clients that
 * crash. At the end every key is read back.
 */
export function correctRun(type: WorkloadType, seed: number, shape: Partial<Shape> = {}): Op[] {
  const random = seededRandom(seed)
  const { clients = 4, operations = 200, keys = 2 } = shape
  const scheduled = schedule(type, random, { clients, operations, keys })
  const states = new Map<string, State>()
  for (const { op } of scheduled
    .filter(({ effectMs }) => effectMs < Infinity)
    .sort((a, b) => a.effectMs - b.effectMs)) {
    const key = op.key ?? ''
    states.set(key, takeEffect(type, op, states.get(key) ?? initial(type)))
  }
  const doneMs = scheduled.reduce((latest, { op, effectMs }) => Math.max(latest, ...finite([op.at[1], effectMs])), 0)
  const finals = Array.from({ length: keys }, (_, key): Op => {
    const op: Op = {
      f: 'read',
      key: `k${key}`,
      at: [doneMs + 10, doneMs + 11],
      client: 99,
      flags: FLAG.final,
      node: 'redis-node0',
    }
    takeEffect(type, op, states.get(`k${key}`) ?? initial(type))
    return op
  })
  return [...scheduled.map(({ op }) => op), ...finals]
}

function finite(times: number[]): number[] {
  return times.filter(Number.isFinite)
}

function initial(type: WorkloadType): State {
  if (type === 'set' || type === 'list') return []
  return type === 'counter' ? 0 : null
}

function schedule(type: WorkloadType, random: Random, { clients, operations, keys }: Shape): Scheduled[] {
  const freeMs = Array.from({ length: clients }, () => random(20) / 10)
  const scheduled: Scheduled[] = []
  for (let index = 1; index <= operations; index += 1) {
    const client = random(clients)
    const startMs = freeMs[client] ?? 0
    if (startMs === Number.POSITIVE_INFINITY) continue
    const effectMs = startMs + 0.1 + random(100) / 20
    const endMs = effectMs + 0.1 + random(100) / 20
    freeMs[client] = endMs + 0.1 + random(20) / 20
    const op: Op = {
      ...draft(type, index, random),
      key: `k${random(keys)}`,
      client,
      node: 'redis-node0',
      at: [startMs, endMs],
    }
    scheduled.push(fated({ op, effectMs }, random))
    // Now and then a client crashes, and what it did last never ends.
    if (op.lost !== undefined && clients > 1 && random(40) === 0) {
      op.at = [startMs, Number.POSITIVE_INFINITY]
      freeMs[client] = Number.POSITIVE_INFINITY
    }
  }
  return scheduled
}

function fated({ op, effectMs }: Scheduled, random: Random): Scheduled {
  const fate = random(100)
  if (fate < 6) {
    op.failed = 'CLUSTERDOWN'
    return { op, effectMs: Number.POSITIVE_INFINITY }
  }
  if (fate >= 14) return { op, effectMs }
  op.lost = 'timeout'
  return { op, effectMs: random(2) === 0 ? Number.POSITIVE_INFINITY : effectMs + random(20) }
}

/** An operation that writes the value `index`, or reads. */
function draft(type: WorkloadType, index: number, random: Random): Op {
  const at = [0, 0] as const
  if (random(2) === 0) return { f: 'read', at }
  switch (type) {
    case 'counter':
      return { f: 'add', a: 1, at }
    case 'set':
      return { f: 'add', a: index, at }
    case 'list':
      return { f: 'push', a: index, at }
    case 'cas':
      return random(2) === 0
        ? { f: 'write', a: index, at }
        : { f: 'cas', a: index, b: Math.max(index - random(4) - 1, 0) || null, at }
    default:
      return { f: 'write', a: index, at }
  }
}

/** Gives the operation its result, unless it has no answer, and returns the state after it. */
function takeEffect(type: WorkloadType, op: Op, state: State): State {
  const answers = op.lost === undefined
  if (op.f === 'read') {
    if (answers) op.r = type === 'transaction' ? Array.from({ length: GROUP }, () => state as number | null) : state
    return state
  }
  if (op.f === 'cas') return swap(op, state, answers)
  const after = Array.isArray(state)
    ? [...state, Number(op.a)]
    : op.f === 'add'
      ? Number(state) + Number(op.a)
      : Number(op.a)
  if (answers && type === 'counter') op.r = Number(after)
  if (answers && type === 'list' && Array.isArray(after)) op.r = after.length
  return after
}

function swap(op: Op, state: State, answers: boolean): State {
  if (answers) op.r = state
  if (state === op.b) return Number(op.a)
  if (answers) op.failed = 'mismatch'
  return state
}
