import { EXIT } from '../base/exit.ts'
import type { RunVerdict, ScenarioVerdict, StepVerdict } from '../record/events.ts'

/** From bad to worse, as the exit codes rank them: a failure outweighs a missing verdict. */
const RANK: readonly RunVerdict[] = ['passed', 'inconclusive', 'error', 'failed', 'interrupted']

/**
 * The verdict of a run is its worst scenario's. A skipped scenario weighs nothing, but a run that played nothing has shown
 * nothing: it is inconclusive.
 */
export function verdictOfRun(verdicts: readonly ScenarioVerdict[]): RunVerdict {
  return verdicts.every((verdict) => verdict === 'skipped') ? 'inconclusive' : worst(verdicts)
}

function worst(verdicts: readonly ScenarioVerdict[]): RunVerdict {
  return verdicts.reduce<RunVerdict>(
    (sofar, verdict) => (verdict !== 'skipped' && RANK.indexOf(verdict) > RANK.indexOf(sofar) ? verdict : sofar),
    'passed',
  )
}

/** Exit code of a run without a bug of the runner (that is 70 whatever the verdict). */
export function exitCodeOf(verdict: RunVerdict): number {
  switch (verdict) {
    case 'passed':
      return EXIT.passed
    case 'failed':
      return EXIT.failed
    case 'inconclusive':
    case 'error':
      return EXIT.noVerdict
    case 'interrupted':
      return EXIT.interrupted
  }
}

/** What a scenario's verdict is when one of its steps ended like this. */
export function verdictOfSteps(verdicts: readonly StepVerdict[]): ScenarioVerdict {
  return worst(verdicts.filter((verdict) => verdict !== 'not-run'))
}
