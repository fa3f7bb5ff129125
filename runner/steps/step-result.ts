import { PlayError } from '../base/errors.ts'
import type { StepError, StepOutcome } from '../record/events.ts'

/** What a verb reports when all is well; the engine adds verdict and times. */
export type StepResult = Omit<StepOutcome, 'verdict' | 'error' | 'targets' | 'limitMs'>

/** The step did what it should, and what was expected is not so. */
export class StepFailure extends PlayError {
  override name = 'StepFailure'
  readonly error: StepError
  readonly outcome: StepResult
  constructor(error: StepError, outcome: StepResult = {}) {
    super(error.message, { hint: error.hint })
    this.error = error
    this.outcome = outcome
  }
}

/** The step could not be judged: a fault did not bite, or the runner stood still when it mattered. */
export class StepInconclusive extends StepFailure {
  override name = 'StepInconclusive'
  override readonly stepVerdict = 'inconclusive'
}
