import { EXIT, worstExit } from '../base/exit.ts'
import type { RunReport } from './report-model.ts'

/**
 * A run of which something could not be written down or told: it has not passed, for nobody could look at what it
 * showed. `failures`: what, and why, in sentences.
 */
export function withUnwritten(run: RunReport, failures: readonly string[]): RunReport {
  if (failures.length === 0) return run
  const { verdict, exitCode, unwritten = [] } = run
  return {
    ...run,
    verdict: verdict === 'passed' || verdict === 'inconclusive' ? 'error' : verdict,
    exitCode: worstExit(exitCode, EXIT.noVerdict),
    unwritten: [...unwritten, ...failures],
  }
}

/** A run that was to be a baseline and measured nothing: it passed, and yet nothing can be compared with it. */
export function withUnsaved(run: RunReport, unsaved: RunReport['unsaved']): RunReport {
  if (unsaved === undefined) return run
  return { ...run, verdict: 'inconclusive', exitCode: worstExit(run.exitCode, EXIT.noVerdict), unsaved }
}
