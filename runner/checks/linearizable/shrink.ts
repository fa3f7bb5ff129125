import { type Problem, Search } from './search.ts'

/** Steps of one attempt to do without an operation. */
const STEPS = 20_000
/** Attempts altogether: a witness must be small, it need not be the smallest. */
const MOST_ATTEMPTS = 400

/**
 * The few operations that contradict each other, of a problem that has no order. An operation is left out of them if
 * there is still no order when nothing is asked of it: a read as if it had not been, a write as if it may or may not
 * have been carried out, at any time after it began. `obstacle` is the operation that no order could get past; what
 * began after it ended plays no part.
 */
export function contradictingOperations(problem: Problem, obstacle: number): number[] {
  const endMs = problem.completeMs[obstacle] ?? 0
  const all = Array.from({ length: problem.count }, (_, operation) => operation)
  const needed = new Set(all.filter((operation) => (problem.completeMs[operation] ?? 0) <= endMs))
  // The latest operations are the likeliest to matter, so the others are tried first, and many at a time.
  const order = [...needed].sort((a, b) => (problem.completeMs[a] ?? 0) - (problem.completeMs[b] ?? 0))
  let attempts = MOST_ATTEMPTS
  for (let size = Math.max(1, order.length >> 1); size >= 1; size >>= 1) {
    for (let at = 0; at < order.length && attempts > 0; at += size) {
      const group = order.slice(at, at + size).filter((operation) => needed.has(operation))
      if (group.length === 0) continue
      attempts -= 1
      for (const operation of group) needed.delete(operation)
      if (!isContradictory(problem, needed, endMs)) for (const operation of group) needed.add(operation)
    }
  }
  return [...needed].sort((a, b) => a - b)
}

function isContradictory(problem: Problem, needed: ReadonlySet<number>, endMs: number): boolean {
  const kept = Array.from({ length: problem.count }, (_, operation) => operation).filter(
    (operation) => needed.has(operation) || (!problem.isRead(operation) && (problem.invokeMs[operation] ?? 0) <= endMs),
  )
  const relaxed: Problem = {
    count: kept.length,
    invokeMs: Float64Array.from(kept, (operation) => problem.invokeMs[operation] ?? 0),
    completeMs: Float64Array.from(kept, (operation) =>
      needed.has(operation) ? (problem.completeMs[operation] ?? 0) : Number.POSITIVE_INFINITY,
    ),
    initial: problem.initial,
    step: (state, operation) => problem.step(state, kept[operation] ?? 0),
    isRead: (operation) => problem.isRead(kept[operation] ?? 0),
  }
  return new Search(relaxed).run(STEPS) === 'violated'
}
