/** Exit codes of the command line. */
export const EXIT = {
  passed: 0,
  /** An expectation, a check or a threshold. */
  failed: 1,
  /** Nothing was touched. */
  usage: 2,
  /** The environment failed, or the result is inconclusive. */
  noVerdict: 3,
  /** Worse than the baseline, or flaky where that must not be. */
  regressed: 4,
  bug: 70,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** From best to worst: a failure outweighs a missing verdict, and that a regression. */
const RANK: readonly number[] = [EXIT.passed, EXIT.regressed, EXIT.noVerdict, EXIT.failed, EXIT.interrupted, EXIT.bug]

export function worstExit(one: number, other: number): number {
  return RANK.indexOf(other) > RANK.indexOf(one) ? other : one
}
