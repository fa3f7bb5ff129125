import { type Problem, Search } from './search.ts'

/** Steps that each object gets in the first round; four times as many in each further one. */
const FIRST_ROUND_STEPS = 4096

export interface Searched {
  /** Places of the problems that have no order, with the operation that none could get past. */
  violated: { place: number; obstacle: number }[]
  undecided: number[]
}

/**
 * Searches all problems with `steps` steps together. They take turns, so that one hot object does not use up what
 * others would have needed: what easy ones leave is shared among the hard ones.
 */
export function searchFairly(problems: readonly Problem[], steps: number): Searched {
  const violated: Searched['violated'] = []
  let active = problems.map((problem, place) => ({ place, search: new Search(problem) }))
  let left = steps
  for (let share = FIRST_ROUND_STEPS; active.length > 0 && left > 0; share *= 4) {
    const each = Math.max(1, Math.min(share, Math.floor(left / active.length)))
    active = active.filter(({ place, search }) => {
      const before = search.steps
      const verdict = search.run(each)
      left -= search.steps - before
      if (verdict === 'violated') violated.push({ place, obstacle: search.obstacle })
      return verdict === undefined
    })
  }
  return { violated, undecided: active.map(({ place }) => place) }
}
