import type { CheckVerdict } from '../record/check-outcome.ts'
import type { ScenarioVerdict, StepVerdict } from '../record/events.ts'
import type { Format } from './style.ts'

export type AnyVerdict = StepVerdict | ScenarioVerdict | CheckVerdict

/** How a verdict is shown: a mark that tells it without colour, and the word for it. */
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
  ...(['passed', 'failed', 'not-evaluated', 'error', 'inconclusive', 'interrupted', 'skipped', 'not-run'] as const),
]

/** `2 passed, 1 failed`: how often each verdict was given, those that were given at all. */
export function countVerdicts(verdicts: readonly AnyVerdict[]): string {
  return ORDER.map((verdict) => ({ verdict, count: verdicts.filter((one) => one === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${VERDICT_LOOKS[verdict].word}`)
    .join(', ')
}
