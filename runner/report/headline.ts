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

/** The exit codes that tell a regression, or repeats that disagree; and that there is no verdict. */
const REGRESSED_EXIT = 4
const NO_VERDICT_EXIT = 3

export function headlineOf(run: RunReport): Headline {
  if (run.exitCode === REGRESSED_EXIT) {
    const word = hasRegressed(run) ? 'regressed' : 'flaky'
    return { mark: '✖', word, format: ['bold', 'red'], look: 'failed' }
  }
  // Repeats that failed weigh nothing where most of them passed, and only the exit code knows.
  const isOutweighed = run.verdict === 'failed' && run.exitCode === NO_VERDICT_EXIT
  if (isOutweighed || (run.verdict === 'passed' && run.exitCode !== 0)) {
    return { ...VERDICT_LOOKS.inconclusive, look: 'inconclusive' }
  }
  return { ...VERDICT_LOOKS[run.verdict], look: run.verdict }
}

function hasRegressed({ baseline }: RunReport): boolean {
  return baseline?.comparisons.some(({ verdict }) => verdict === 'regressed') === true
}
