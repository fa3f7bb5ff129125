import { plural } from '../../base/text.ts'
import type { FlakyScenario } from './flaky.ts'

/** That a scenario fails now and then, with the figures. */
export function flakySentence({
  scenario,
  server,
  platform,
  isTonight,
  failed,
  played,
  nights,
}: FlakyScenario): string {
  const when = isTonight ? 'is flaky' : 'passed tonight, and is flaky all the same'
  return `${scenario} on ${server}, ${platform} ${when}: ${failed} of ${played} plays failed, on ${plural(nights, 'night')} of those that are kept.`
}
