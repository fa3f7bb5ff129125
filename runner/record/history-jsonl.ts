import { type History, listOf, textOf } from './history.ts'
import {
  FLAG,
  FN,
  functionName,
  isIndeterminateCode,
  NIL,
  NO_NODE,
  OUTCOME_OK,
  outcomeClass,
  UNKNOWN,
} from './history-codes.ts'

/** A value as JSON: an integer, a text, or null for nothing and for what is not known. */
type JsonValue = number | string | null

/** A line of a history in Jepsen's form. `time` is ns from the scenario's start, as Jepsen counts it. */
interface JepsenLine {
  /** Of the line in the file. */
  index: number
  process: number
  type: 'invoke' | 'ok' | 'fail' | 'info'
  f: string
  /** `[key, value]`: an independent object each, as Jepsen's tuples. */
  value: [string, JsonValue | JsonValue[]]
  time: number
  error?: string
  node?: string
  phase?: string
  /** Read back after the run. */
  final?: true
}

const NS_PER_MS = 1_000_000

/**
 * A history as JSON lines in Jepsen's form, for other tools: each operation as an `invoke` and an `ok`, `fail` or
 * `info` line, in the order of time. An operation without an answer has no process after it, as Jepsen wants: its
 * client goes on under a new number.
 */
export function* jsonLines(history: History): Generator<string> {
  const processes = new Processes(numberAfterClients(history))
  let index = 0
  for (const { row, begins } of momentsOf(history)) {
    yield JSON.stringify(lineOf(history, row, begins, index, processes))
    index += 1
  }
}

function numberAfterClients({ ops, rows, clients }: History): number {
  let most = clients
  for (let row = 0; row < rows; row += 1) most = Math.max(most, (ops.client[row] ?? 0) + 1)
  return most
}

/** Beginnings and ends in the order of time; at one time beginnings come first, as such operations overlap. */
function* momentsOf({ ops, rows }: History): Generator<{ row: number; begins: boolean }> {
  const begins = Uint32Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => (ops.invokeMs[a] ?? 0) - (ops.invokeMs[b] ?? 0) || a - b,
  )
  let next = 0
  for (let row = 0; row < rows; row += 1) {
    const endMs = ops.completeMs[row] ?? 0
    for (; next < rows && (ops.invokeMs[begins[next] ?? 0] ?? 0) <= endMs; next += 1) {
      yield { row: begins[next] ?? 0, begins: true }
    }
    if (endMs !== Number.POSITIVE_INFINITY) yield { row, begins: false }
  }
}

function lineOf(history: History, row: number, begins: boolean, index: number, processes: Processes): JepsenLine {
  const { ops, keys, nodes, phases } = history
  const outcome = ops.outcome[row] ?? 0
  const node = nodes[ops.node[row] ?? NO_NODE]
  const phase = phases[ops.phase[row] ?? NO_NODE]
  const isLost = isIndeterminateCode(outcome)
  const type = begins ? 'invoke' : outcome === OUTCOME_OK ? 'ok' : isLost ? 'info' : 'fail'
  const atMs = (begins ? ops.invokeMs[row] : ops.completeMs[row]) ?? 0
  return {
    index,
    process: begins ? processes.begin(row, ops.client[row] ?? 0) : processes.end(row, ops.client[row] ?? 0, isLost),
    type,
    f: functionName(ops.fn[row] ?? 0),
    value: [keys[ops.key[row] ?? 0] ?? '', begins ? argumentOf(history, row) : resultOf(history, row)],
    time: Math.round(atMs * NS_PER_MS),
    ...(!begins && outcome !== OUTCOME_OK && { error: outcomeClass(outcome) }),
    ...(!begins && node !== undefined && { node }),
    ...(phase !== undefined && { phase }),
    ...(((ops.flags[row] ?? 0) & FLAG.final) !== 0 && { final: true as const }),
  }
}

function argumentOf(history: History, row: number): JsonValue | JsonValue[] {
  const { ops, type } = history
  const a = jsonValue(history, ops.a[row] ?? UNKNOWN)
  const hasTwo = ops.fn[row] === FN.cas || (type === 'expiry' && ops.fn[row] === FN.write)
  return hasTwo ? [jsonValue(history, ops.b[row] ?? UNKNOWN), a] : a
}

function resultOf(history: History, row: number): JsonValue | JsonValue[] {
  const { ops, type } = history
  const isRead = ops.fn[row] === FN.read
  const result = ops.r[row] ?? UNKNOWN
  if (!isRead) return argumentOf(history, row)
  if (result === UNKNOWN || (type !== 'set' && type !== 'list' && type !== 'transaction'))
    return jsonValue(history, result)
  return Array.from(listOf(history, result), (value) => jsonValue(history, value))
}

function jsonValue(history: History, value: number): JsonValue {
  return value === NIL || value === UNKNOWN ? null : (textOf(history, value) ?? value)
}

/**
 * Numbers of processes: a client's own, until an operation of it has no answer; more where it has several under way at
 * once.
 */
class Processes {
  #next: number
  readonly #ofRow = new Map<number, number>()
  readonly #free = new Map<number, number[]>()

  /** `next`: the first number that no client has. */
  constructor(next: number) {
    this.#next = next
  }

  begin(row: number, client: number): number {
    const free = this.#free.get(client) ?? [client]
    this.#free.set(client, free)
    const process = free.pop() ?? this.#fresh()
    this.#ofRow.set(row, process)
    return process
  }

  end(row: number, client: number, isLost: boolean): number {
    const process = this.#ofRow.get(row) ?? client
    this.#ofRow.delete(row)
    if (!isLost) this.#free.get(client)?.push(process)
    return process
  }

  #fresh(): number {
    this.#next += 1
    return this.#next - 1
  }
}
