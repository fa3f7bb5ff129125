/** How often a scenario on one server passed and did not, night by night, the oldest first; the last is tonight. */
export interface Outcomes {
  scenario: string
  server: string
  platform: string
  nights: readonly { passed: number; failed: number }[]
}

/** A scenario that sometimes passes. */
export interface FlakyScenario {
  scenario: string
  server: string
  platform: string
  /** Its repeats disagree tonight; otherwise they did on nights before, or the nights did. */
  isTonight: boolean
  /** Over all nights of the window. */
  failed: number
  played: number
  /** Nights with a failure. */
  nights: number
}

/** One failure in a window may be the machine's; on a second night it is a habit. */
const LEAST_NIGHTS = 2

/**
 * Scenarios that fail now and then. Repeats that disagree tonight are enough. Else the nights of the window count
 * together: it failed on two of them or more, and passed after the first and before the last of these. What passed until
 * it failed for good is broken and not flaky.
 */
export function flakyOf(all: readonly Outcomes[]): FlakyScenario[] {
  return all.flatMap(({ scenario, server, platform, nights }) => {
    const tonight = nights.at(-1)
    if (tonight === undefined || tonight.passed + tonight.failed === 0) return []
    const isTonight = tonight.passed > 0 && tonight.failed > 0
    if (!isTonight && !isHabit(nights)) return []
    const sum = (of: 'passed' | 'failed') => nights.reduce((total, night) => total + night[of], 0)
    const failed = sum('failed')
    const failing = nights.filter((night) => night.failed > 0).length
    return [{ scenario, server, platform, isTonight, failed, played: failed + sum('passed'), nights: failing }]
  })
}

function isHabit(nights: Outcomes['nights']): boolean {
  const failing = nights.flatMap(({ failed }, night) => (failed > 0 ? [night] : []))
  const [first, last] = [failing[0], failing.at(-1)]
  if (failing.length < LEAST_NIGHTS || first === undefined || last === undefined) return false
  return nights.slice(first, last + 1).some(({ passed }) => passed > 0)
}
