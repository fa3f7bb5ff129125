import { type Night, nightKey } from '../../record/nights.ts'
import { WINDOW } from './defaults.ts'

/**
 * The nights, the oldest first, with the last `most` of each scenario on each server: a night that was narrowed to a few
 * scenarios takes the place of earlier ones of these alone. Nights of which nothing is left are dropped.
 */
export function lastOfEach(nights: readonly Night[], most = WINDOW): Night[] {
  const counts = new Map<string, number>()
  const kept = [...nights].reverse().map((night) => ({
    ...night,
    scenarios: night.scenarios.filter((one) => {
      const count = (counts.get(nightKey(one)) ?? 0) + 1
      counts.set(nightKey(one), count)
      return count <= most
    }),
  }))
  return kept.filter(({ scenarios }) => scenarios.length > 0).reverse()
}

/** What a night is judged with: of the nights before it those that played something of it, and itself. */
export function judgedWith(before: readonly Night[], tonight: Night): Night[] {
  const keys = new Set(tonight.scenarios.map(nightKey))
  const alike = lastOfEach(before).filter(({ scenarios }) => scenarios.some((one) => keys.has(nightKey(one))))
  return [...alike, tonight]
}
