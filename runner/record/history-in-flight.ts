import { NIL, NO_PHASE, UNKNOWN } from './history-codes.ts'
import { copyColumns, type OperationColumns, operationColumns } from './history-columns.ts'

/** A try that was not an operation's last. */
export interface EarlyAttempt {
  node: number
  outcome: number
  startMs: number
  endMs: number
}

const FIRST_ROOM = 256

/** Operations that have begun and not ended, by handle. Room grows; handles of ended operations are used again. */
export class InFlight {
  #columns = operationColumns(FIRST_ROOM)
  #room = FIRST_ROOM
  #used = 0
  #free: number[] = []
  readonly #attempts = new Map<number, EarlyAttempt[]>()
  #open = new Uint8Array(FIRST_ROOM)

  add(
    fn: number,
    client: number,
    key: number,
    a: number,
    b: number,
    invokeMs: number,
    lateMs: number,
    phase: number,
  ): number {
    const handle = this.#free.pop() ?? this.#take()
    const columns = this.#columns
    columns.fn[handle] = fn
    columns.client[handle] = client
    columns.key[handle] = key
    columns.a[handle] = a
    columns.b[handle] = b
    columns.invokeMs[handle] = invokeMs
    columns.lateMs[handle] = lateMs
    columns.phase[handle] = phase
    columns.attempts[handle] = 1
    this.#open[handle] = 1
    return handle
  }

  attempt(handle: number, attempt: EarlyAttempt): void {
    const sofar = this.#attempts.get(handle)
    if (sofar) sofar.push(attempt)
    else this.#attempts.set(handle, [attempt])
    this.#columns.attempts[handle] = Math.min((this.#columns.attempts[handle] ?? 0) + 1, 255)
  }

  /**
   * Copies what was known at the beginning to a row of `to`, and frees the handle. Returns the tries before the last,
   * if any.
   */
  move(handle: number, to: OperationColumns, row: number): EarlyAttempt[] | undefined {
    const from = this.#columns
    to.invokeMs[row] = from.invokeMs[handle] ?? 0
    to.lateMs[row] = from.lateMs[handle] ?? 0
    to.key[row] = from.key[handle] ?? 0
    to.a[row] = from.a[handle] ?? NIL
    to.b[row] = from.b[handle] ?? UNKNOWN
    to.client[row] = from.client[handle] ?? 0
    to.fn[row] = from.fn[handle] ?? 0
    to.phase[row] = from.phase[handle] ?? NO_PHASE
    const tries = from.attempts[handle] ?? 1
    to.attempts[row] = tries
    this.#open[handle] = 0
    this.#free.push(handle)
    return tries > 1 ? this.#takeAttempts(handle) : undefined
  }

  /** Of all operations that have not ended. */
  handles(): number[] {
    return [...this.#open.subarray(0, this.#used).keys()].filter((handle) => this.#open[handle] === 1)
  }

  #takeAttempts(handle: number): EarlyAttempt[] | undefined {
    const attempts = this.#attempts.get(handle)
    this.#attempts.delete(handle)
    return attempts
  }

  #take(): number {
    if (this.#used === this.#room) this.#grow()
    this.#used += 1
    return this.#used - 1
  }

  #grow(): void {
    const columns = operationColumns(this.#room * 2)
    copyColumns(this.#columns, this.#used, columns, 0)
    const open = new Uint8Array(this.#room * 2)
    open.set(this.#open)
    this.#columns = columns
    this.#open = open
    this.#room *= 2
  }
}
