import type { Night, NightScenario } from '../../record/nights.ts'
import { WINDOW } from './defaults.ts'

type Key = Pick<NightScenario, 'scenario' | 'server' | 'platform'>

/**
 * The nights, the oldest first, with the last `most` of each scenario on each server: a night that was narrowed to a few
 * scenarios takes the place of earlier ones of these alone. Nights of which nothing is left are dropped.
 */
export function lastOfEach(nights: readonly Night[], most = WINDOW): Night[] {
  const counts = new Map<string, number>()
  const kept = [...nights].reverse().map((night) => ({
    ...night,
    scenarios: night.scenarios.filter((one) => {
      const count = (counts.get(keyOf(one)) ?? 0) + 1
      counts.set(keyOf(one), count)
      return count <= most
    }),
  }))
  return kept.filter(({ scenarios }) => scenarios.length > 0).reverse()
}

/** What a night is judged with: of the nights before it those that played something of it, and itself. */
export function judgedWith(before: readonly Night[], tonight: Night): Night[] {
  const keys = new Set(tonight.scenarios.map(keyOf))
  const alike = lastOfEach(before).filter(({ scenarios }) => scenarios.some((one) => keys.has(keyOf(one))))
  return [...alike, tonight]
}

function keyOf({ scenario, server, platform }: Key): string {
  return JSON.stringify([scenario, server, platform])
}
