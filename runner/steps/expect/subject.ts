import type { Look } from '../../base/poll.ts'
import type { Reason } from '../../cluster/reason.ts'
import type { StepContext } from '../verb.ts'

/** One thing that `expect` can ask about. Adding one is a file like this and a line in `../expect.ts`. */
export interface Subject<Arg> {
  /** The expectation in words: `redis-node1 to be a master`. */
  sentence(arg: Arg): string
  /** Looks once. Throws StepFailure when the question itself makes no sense (no such node). */
  look(arg: Arg, context: StepContext): Promise<Look>
  /**
   * Why it has not come true, or with `hasBroken` why it did not stay so, what decides first. Best effort, called once,
   * after the last look; `sinceMs` is when the step began, by the clock.
   */
  explain?(arg: Arg, context: StepContext, sinceMs: number, hasBroken: boolean): Promise<Reason[]>
  /** What to do where it has not come true and no reason says what. Best effort, as `explain`. */
  advise?(arg: Arg, context: StepContext): Promise<string | undefined>
}

/**
 * How long one node may take to answer one look, ms: long enough that a busy machine does not make a node look silent,
 * for one such look would break a `for`.
 */
export const LOOK_TIMEOUT_MS = 2000
