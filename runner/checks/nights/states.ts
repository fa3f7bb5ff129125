import type { Comparison, NightState, ScenarioState } from '../../record/comparison.ts'
import { type Night, type NightScenario, nightKey } from '../../record/nights.ts'
import { flakyOf } from './flaky.ts'
import type { JudgedCourse } from './judge.ts'
import { outcomesOf } from './night.ts'
import { flakySentence } from './sentences.ts'

/** Of several states that a scenario has, the first of these is told. */
const TOLD_BY_COMPARISON = [
  ['slower', 'regressed'],
  ['faster', 'improved'],
] as const

/**
 * What the last of these nights says of each scenario that it judged, the state that weighs most: nothing but what was
 * found is told, once more and in a word. `told`: the comparisons of its courses.
 */
export function statesOf(
  nights: readonly Night[],
  courses: readonly JudgedCourse[],
  told: ReadonlyMap<JudgedCourse, Comparison>,
): ScenarioState[] {
  const outcomes = outcomesOf(nights)
  const earlier = new Set(nights.slice(0, -1).flatMap(({ scenarios }) => scenarios.map(nightKey)))
  return (nights.at(-1)?.scenarios ?? []).flatMap((one, place) => {
    const { scenario, server, platform, client, passed, failed } = one
    if (passed + failed === 0) return []
    const own = courses.filter(({ course }) => nightKey(course) === nightKey(one))
    const outcome = outcomes[place]
    const [flaky] = outcome === undefined ? [] : flakyOf([outcome])
    const found = stateOf(one, {
      compared: own.flatMap((judged) => told.get(judged) ?? []),
      flaky: flaky && flakySentence(flaky),
      isNew: !earlier.has(nightKey(one)),
      isUnjudged: own.length > 0 && own.every((judged) => !told.has(judged)),
    })
    return [{ scenario, server, platform, ...(client !== undefined && { client }), ...found }]
  })
}

interface Found {
  compared: readonly Comparison[]
  /** In a sentence, where it is so. */
  flaky: string | undefined
  isNew: boolean
  /** It has measures, and none could be compared. */
  isUnjudged: boolean
}

function stateOf(
  { passed, failed }: NightScenario,
  { compared, flaky, isNew, isUnjudged }: Found,
): { state: NightState; why?: string } {
  if (passed === 0) return { state: 'failing', why: `All ${failed} plays of the night failed.` }
  const [slower, faster] = TOLD_BY_COMPARISON.map(([state, verdict]) => {
    const sentences = compared.filter((one) => one.verdict === verdict).map(({ sentence }) => sentence)
    return sentences.length === 0 ? undefined : { state, why: sentences.join(' ') }
  })
  if (slower !== undefined) return slower
  if (flaky !== undefined) return { state: 'flaky', why: flaky }
  if (faster !== undefined) return faster
  if (isNew) return { state: 'new' }
  return { state: isUnjudged ? 'few' : 'stable' }
}
