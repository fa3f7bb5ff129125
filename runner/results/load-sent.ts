import { plural } from '../base/text.ts'
import type { CheckOutcome, LoadSent } from '../record/check-outcome.ts'

/** For each workload with a rate, how much of what was due was sent: `checkout sent 40 of 450 operations due (9%)`. */
export function loadLines(checks: readonly CheckOutcome[]): string[] {
  const sentences = checks.flatMap(({ on, load }) => {
    if (load === undefined) return []
    return [`${on} sent ${load.sent} of ${plural(load.due, 'operation')} due (${sentPercent(load)})`]
  })
  return [...new Set(sentences)]
}

/** The share that was sent: `9%`. Only all of it is 100%, and only nothing is 0%. */
export function sentPercent({ due, sent }: LoadSent): string {
  if (sent === due) return '100%'
  const percent = Math.round((100 * sent) / due)
  return `${sent === 0 ? 0 : Math.min(Math.max(percent, 1), 99)}%`
}
