import type { RunReport } from './report-model.ts'
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

/** The exit code that tells a regression, or repeats that disagree. */
const REGRESSED_EXIT = 4

export function headlineOf(run: RunReport): Headline {
  if (run.exitCode === REGRESSED_EXIT) {
    const word = hasRegressed(run) ? 'regressed' : 'flaky'
    return { mark: '✖', word, format: ['bold', 'red'], look: 'failed' }
  }
  if (run.verdict === 'passed' && run.exitCode !== 0) {
    return { ...VERDICT_LOOKS.inconclusive, look: 'inconclusive' }
  }
  return { ...VERDICT_LOOKS[run.verdict], look: run.verdict }
}

export function hasRegressed({ baseline }: RunReport): boolean {
  return baseline?.comparisons.some(({ verdict }) => verdict === 'regressed') === true
}
