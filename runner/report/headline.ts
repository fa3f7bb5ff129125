import { EXIT } from '../base/exit.ts'
import type { RunReport } from '../results/report-model.ts'
import type { Format } from './style.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

/** What came of a run in one word. Its verdict is that of its scenarios; a run that passed may have regressed all the same. */
export interface Headline {
  mark: string
  word: string
  format: Format
  /** How pages and pictures show it. */
  look: 'passed' | 'failed' | 'error' | 'inconclusive' | 'interrupted'
}

export function headlineOf(run: RunReport): Headline {
  if (run.exitCode === EXIT.regressed) {
    const word = hasRegressed(run) ? 'regressed' : 'flaky'
    return { mark: '✖', word, format: ['bold', 'red'], look: 'failed' }
  }
  // Repeats that failed weigh nothing where most of them passed, and only the exit code knows.
  const isOutweighed = run.verdict === 'failed' && run.exitCode === EXIT.noVerdict
  if (isOutweighed || (run.verdict === 'passed' && run.exitCode !== EXIT.passed)) {
    return { ...VERDICT_LOOKS.inconclusive, look: 'inconclusive' }
  }
  return { ...VERDICT_LOOKS[run.verdict], look: run.verdict }
}

function hasRegressed({ baseline }: RunReport): boolean {
  return baseline?.comparisons.some(({ verdict }) => verdict === 'regressed') === true
}
