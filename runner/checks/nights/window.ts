import { type Night, type NightScenario, nightKey } from '../../record/nights.ts'
import { WINDOW } from './defaults.ts'

/**
 * The nights, the oldest first, with the last `most` of each scenario on each server: a night that was narrowed to a few
 * scenarios takes the place of earlier ones of these alone. Plays without a verdict take no place, and plays that
 * measured nothing do not take that of samples: what is usual is known as long as there are some. Nights of which
 * nothing is left are dropped.
 */
export function lastOfEach(nights: readonly Night[], most = WINDOW): Night[] {
  const [played, measured] = [new Map<string, number>(), new Map<string, number>()]
  const isAmongLast = (counts: Map<string, number>, key: string) => {
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return count <= most
  }
  const kept = [...nights].reverse().map((night) => ({
    ...night,
    scenarios: night.scenarios.filter((one) => {
      if (!tellsSomething(one)) return false
      const isRecent = isAmongLast(played, nightKey(one))
      return hasSamples(one) ? isAmongLast(measured, nightKey(one)) : isRecent
    }),
  }))
  return kept.filter(({ scenarios }) => scenarios.length > 0).reverse()
}

/** Whether anything was measured, or came to a verdict. */
export function tellsSomething(one: NightScenario): boolean {
  return one.passed + one.failed > 0 || hasSamples(one)
}

function hasSamples({ measures }: NightScenario): boolean {
  return measures.some(({ first, again }) => first.length + again.length > 0)
}

/** What a night is judged with: of the nights before it those that played something of it, and itself. */
export function judgedWith(before: readonly Night[], tonight: Night): Night[] {
  const keys = new Set(tonight.scenarios.map(nightKey))
  const alike = lastOfEach(before).filter(({ scenarios }) => scenarios.some((one) => keys.has(nightKey(one))))
  return [...alike, tonight]
}
