import { type FailoverObservations, logsBetween } from './observations.ts'

/** A time during which one node took another to be failing. */
export interface Belief {
  /** The node that believed it. */
  by: string
  fromMs: number
  toMs: number
}

/**
 * Who took `master` to be failing (PFAIL or FAIL) between two moments, and how long, by the views of the others and by
 * their logs. In order of time.
 */
export function beliefsOf(observed: FailoverObservations, master: string, fromMs: number, toMs: number): Belief[] {
  const said = logsBetween(observed, ['suspected', 'marked failing'], fromMs, toMs, { about: master })
  const logged = said.map(({ node, seenMs }): Belief => ({ by: node, fromMs: seenMs, toMs: seenMs }))
  return [...viewed(observed, master, fromMs, toMs), ...logged].sort((a, b) => a.fromMs - b.fromMs)
}

function viewed({ views }: FailoverObservations, master: string, fromMs: number, toMs: number): Belief[] {
  const open = new Map<string, Belief>()
  const over: Belief[] = []
  for (const { node, seenMs, view } of views) {
    if (seenMs > toMs || node === master) continue
    const failing = view?.some((seen) => seen.name === master && seen.failing !== undefined) ?? false
    const belief = open.get(node)
    if (failing && belief === undefined) open.set(node, { by: node, fromMs: seenMs, toMs })
    if (failing || belief === undefined) continue
    over.push({ ...belief, toMs: seenMs })
    open.delete(node)
  }
  return [...over, ...open.values()].filter((belief) => belief.toMs >= fromMs)
}

/** A log may tell of a belief this long before a look shows it, ms. */
const NEAR_MS = 250

/** Beliefs that overlap, or nearly so, each with all that began before it ended. */
export function together(beliefs: readonly Belief[]): Belief[][] {
  const groups: { beliefs: Belief[]; toMs: number }[] = []
  for (const belief of beliefs) {
    const last = groups.at(-1)
    if (last && belief.fromMs <= last.toMs + NEAR_MS) {
      last.beliefs.push(belief)
      last.toMs = Math.max(last.toMs, belief.toMs)
    } else groups.push({ beliefs: [belief], toMs: belief.toMs })
  }
  return groups.map((group) => group.beliefs)
}
