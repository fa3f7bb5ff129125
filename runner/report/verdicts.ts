import { EXIT } from '../base/exit.ts'
import type { CheckVerdict } from '../record/check-outcome.ts'
import type { ScenarioVerdict, StepVerdict } from '../record/events.ts'
import type { RunReport } from '../results/report-model.ts'
import type { Format } from './style.ts'

export type AnyVerdict = StepVerdict | ScenarioVerdict | CheckVerdict

/** How a verdict is shown: a mark that tells it without color, and the word for it. */
export interface VerdictLook {
  mark: string
  word: string
  format: Format
}

export const VERDICT_LOOKS: Readonly<Record<AnyVerdict, VerdictLook>> = {
  passed: { mark: '✔', word: 'passed', format: 'green' },
  failed: { mark: '✖', word: 'failed', format: ['bold', 'red'] },
  error: { mark: '!', word: 'error', format: ['bold', 'red'] },
  inconclusive: { mark: '?', word: 'inconclusive', format: ['bold', 'yellow'] },
  interrupted: { mark: '■', word: 'interrupted', format: ['bold', 'yellow'] },
  skipped: { mark: '–', word: 'skipped', format: 'yellow' },
  'not-evaluated': { mark: '✖', word: 'not evaluated', format: ['bold', 'red'] },
  'not-run': { mark: '·', word: 'not run', format: 'dim' },
}

const ORDER: readonly AnyVerdict[] = [
  'passed',
  'failed',
  'not-evaluated',
  'error',
  'inconclusive',
  'interrupted',
  'skipped',
  'not-run',
]

/** `2 passed, 1 failed`: how often each verdict was given, those that were given at all. */
export function countVerdicts(verdicts: readonly AnyVerdict[]): string {
  return ORDER.map((verdict) => ({ verdict, count: verdicts.filter((one) => one === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${VERDICT_LOOKS[verdict].word}`)
    .join(', ')
}

/**
 * What came of a run in one word. Its verdict is that of its scenarios; a run that passed may have regressed all the
 * same.
 */
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
