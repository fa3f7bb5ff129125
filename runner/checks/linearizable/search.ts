/** The operations of one object, and what they do to it. */
export interface Problem {
  count: number
  invokeMs: Float64Array
  /** Infinity for an operation that may or may not have been carried out, at any time after its invocation. */
  completeMs: Float64Array
  /** State before the first operation. States are integers; a model numbers those that are not. */
  initial: number
  /** The state after the operation, or IMPOSSIBLE if it cannot have returned what it did in that state. */
  step(state: number, operation: number): number
  /** True for an operation that never changes the state. */
  isRead(operation: number): boolean
}

export const IMPOSSIBLE = Number.MIN_SAFE_INTEGER

const NONE = -1

interface Frame {
  operation: number
  state: number
  first: number
  ahead: readonly number[]
  optional: readonly number[]
  /** Nothing else need be tried in its place. */
  forced: boolean
}

/**
 * Looks for an order of the operations in which each takes effect between its invocation and its completion (Wing &
 * Gong, Testing and Verifying Concurrent Objects, J. Parallel Distrib. Comput. 17, 1993), remembering what was tried
 * (Lowe, Testing for Linearizability, Concurrency Computat. 29, 2017). Beyond that: a read that fits the state is put
 * next at once, for that can never be wrong; and what failed without some operations of unknown outcome fails with them
 * too, so that they do not double the work each.
 *
 * The search can be interrupted and continued: `run` takes a number of steps.
 */
export class Search {
  readonly #problem: Problem
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #head: number
  /** Operations that completed, in that order; and the place of each in it. */
  readonly #completed: Int32Array
  readonly #rank: Int32Array
  readonly #linearized: Uint8Array
  readonly #stack: Frame[] = []
  readonly #tried = new Map<string, (readonly number[])[]>()
  #state: number
  /** The place of the first completed operation that has none yet, and those behind it that have. */
  #first = 0
  #ahead: readonly number[] = []
  #optional: readonly number[] = []
  #entry: number
  #onlyReads = true
  #furthest = 0
  #steps = 0

  constructor(problem: Problem) {
    const { count, completeMs } = problem
    this.#problem = problem
    this.#state = problem.initial
    this.#head = 2 * count
    const all = Int32Array.from({ length: count }, (_, operation) => operation)
    this.#completed = all
      .filter((operation) => completeMs[operation] !== Number.POSITIVE_INFINITY)
      .sort((a, b) => (completeMs[a] ?? 0) - (completeMs[b] ?? 0))
    this.#rank = new Int32Array(count).fill(NONE)
    for (const [rank, operation] of this.#completed.entries()) this.#rank[operation] = rank
    this.#linearized = new Uint8Array(count)
    this.#next = new Int32Array(2 * count + 1).fill(NONE)
    this.#previous = new Int32Array(2 * count + 1).fill(NONE)
    this.#chainEntries()
    this.#entry = this.#next[this.#head] ?? NONE
  }

  /**
   * The operation whose completion no order tried so far could get past: what completed up to it, together with what
   * began before its completion, has no order if the search ends with `violated`.
   */
  get obstacle(): number {
    return this.#completed[this.#furthest] ?? 0
  }

  /** How many it has taken. */
  get steps(): number {
    return this.#steps
  }

  /** Goes on for so many steps. Undefined: not decided yet. */
  run(steps: number): 'holds' | 'violated' | undefined {
    for (const end = this.#steps + steps; this.#first < this.#completed.length; this.#steps += 1) {
      if (this.#steps >= end) return undefined
      if (this.#entry < this.#problem.count) this.#tryNext(this.#entry)
      else if (this.#onlyReads) this.#startOver(false)
      else if (!this.#backtrack()) return 'violated'
    }
    return 'holds'
  }

  /**
   * Invocations (by operation) and completions (by operation + count) in the order of time; what happens at one time
   * overlaps.
   */
  #chainEntries(): void {
    const { count, invokeMs, completeMs } = this.#problem
    const timeOf = (entry: number) => (entry < count ? invokeMs[entry] : completeMs[entry - count]) ?? 0
    const entries = [...this.#rank.keys(), ...Array.from(this.#completed, (operation) => operation + count)]
    entries.sort((a, b) => timeOf(a) - timeOf(b) || Number(a >= count) - Number(b >= count) || a - b)
    let last = this.#head
    for (const entry of entries) {
      this.#next[last] = entry
      this.#previous[entry] = last
      last = entry
    }
  }

  #startOver(onlyReads: boolean): void {
    this.#onlyReads = onlyReads
    this.#entry = this.#next[this.#head] ?? NONE
  }

  #tryNext(operation: number): void {
    const isRead = this.#problem.isRead(operation)
    if (isRead === this.#onlyReads) {
      const state = this.#problem.step(this.#state, operation)
      if (state !== IMPOSSIBLE && this.#put(operation, state, isRead)) {
        this.#startOver(true)
        return
      }
    }
    this.#entry = this.#next[operation] ?? NONE
  }

  /** Puts the operation next in the order, unless what would be left has been tried. */
  #put(operation: number, state: number, forced: boolean): boolean {
    const rank = this.#rank[operation] ?? NONE
    const before = { first: this.#first, ahead: this.#ahead, optional: this.#optional }
    this.#linearized[operation] = 1
    if (rank === NONE) this.#optional = inserted(this.#optional, operation)
    else if (rank > this.#first) this.#ahead = inserted(this.#ahead, rank)
    else this.#advance()
    if (!forced && !this.#isNew(state)) {
      this.#linearized[operation] = 0
      this.#restore(before)
      return false
    }
    this.#stack.push({ operation, state: this.#state, forced, ...before })
    this.#state = state
    this.#lift(operation)
    if (this.#first > this.#furthest) this.#furthest = this.#first
    return true
  }

  #restore({ first, ahead, optional }: Pick<Frame, 'first' | 'ahead' | 'optional'>): void {
    this.#first = first
    this.#ahead = ahead
    this.#optional = optional
  }

  #advance(): void {
    while (this.#linearized[this.#completed[this.#first] ?? NONE] === 1) this.#first += 1
    this.#ahead = this.#ahead.filter((rank) => rank > this.#first)
  }

  /** Remembers where the search is now; false if it was there before, or there with fewer operations used up. */
  #isNew(state: number): boolean {
    const place = `${state};${this.#first};${this.#ahead.join()}`
    const known = this.#tried.get(place)
    if (!known) {
      this.#tried.set(place, [this.#optional])
      return true
    }
    if (known.some((used) => isPartOf(used, this.#optional))) return false
    const kept = known.filter((used) => !isPartOf(this.#optional, used))
    this.#tried.set(place, [...kept, this.#optional])
    return true
  }

  /** Takes back the last choice, and all that followed from it. False if there is none. */
  #backtrack(): boolean {
    for (let frame = this.#stack.pop(); frame; frame = this.#stack.pop()) {
      this.#linearized[frame.operation] = 0
      this.#unlift(frame.operation)
      this.#state = frame.state
      this.#restore(frame)
      if (frame.forced) continue
      this.#entry = this.#next[frame.operation] ?? NONE
      this.#onlyReads = false
      return true
    }
    return false
  }

  #lift(operation: number): void {
    this.#unlink(operation)
    if (this.#rank[operation] !== NONE) this.#unlink(operation + this.#problem.count)
  }

  #unlift(operation: number): void {
    if (this.#rank[operation] !== NONE) this.#relink(operation + this.#problem.count)
    this.#relink(operation)
  }

  #unlink(entry: number): void {
    const next = this.#next[entry] ?? NONE
    const previous = this.#previous[entry] ?? NONE
    this.#next[previous] = next
    if (next !== NONE) this.#previous[next] = previous
  }

  #relink(entry: number): void {
    const next = this.#next[entry] ?? NONE
    this.#next[this.#previous[entry] ?? NONE] = entry
    if (next !== NONE) this.#previous[next] = entry
  }
}

function inserted(sorted: readonly number[], number: number): readonly number[] {
  const place = sorted.findLastIndex((other) => other < number) + 1
  return sorted.toSpliced(place, 0, number)
}

/** Whether all numbers of one sorted list stand in another. */
function isPartOf(part: readonly number[], whole: readonly number[]): boolean {
  if (part.length > whole.length) return false
  let at = 0
  for (const number of part) {
    while (at < whole.length && (whole[at] ?? 0) < number) at += 1
    if (whole[at] !== number) return false
    at += 1
  }
  return true
}
