import type { Metric } from '../../record/comparison.ts'
import { type Night, type NightScenario, nightKey } from '../../record/nights.ts'
import { measuresOf, playedGroups } from '../../results/repeats.ts'
import type { RunReport } from '../../results/report-model.ts'
import { type Course, NO_SAMPLES, samplesOf } from './course.ts'
import type { Outcomes } from './flaky.ts'

/** What is compared; all else that is measured is shown. Lost writes and planned failovers have limits of their own. */
export const COMPARED: readonly Metric[] = ['failover', 'outage']

/**
 * What a run measured, as later nights are compared with it. The rows of a matrix count as one scenario. `parts`: of a
 * run that was put together, which of its parts played each of its scenarios, from 0.
 */
export function nightOf(run: RunReport, parts: readonly number[] = []): Night {
  const scenarios = new Map<string, NightScenario>()
  for (const group of playedGroups(run)) {
    const { scenario, server, platform, client, serverWords, config, plays } = group
    const whyOf = (place: number) => run.scenarios[place]?.repeat?.why
    const count = (verdict: string) => plays.filter((place) => run.scenarios[place]?.verdict === verdict).length
    const samples = (isAgain: boolean) => {
      const own = plays.filter((place) => (whyOf(place) !== undefined) === isAgain)
      return new Map(measuresOf(run, { ...group, plays: own }).map((one) => [one.metric, one.samples]))
    }
    const [first, again] = [samples(false), samples(true)]
    const part = parts[plays[0] ?? 0]
    const known = scenarios.get(nightKey(group))
    scenarios.set(nightKey(group), {
      ...{ scenario, server, platform, ...(client !== undefined && { client }), serverWords, config },
      passed: (known?.passed ?? 0) + count('passed'),
      failed: (known?.failed ?? 0) + count('failed'),
      isControl: known?.isControl === true || plays.some((place) => whyOf(place) === 'control'),
      ...(part !== undefined && { part: part + 1 }),
      measures: [...new Set([...first.keys(), ...again.keys()])].map((metric) => {
        const before = known?.measures.find((one) => one.metric === metric)
        return {
          metric,
          first: [...(before?.first ?? []), ...(first.get(metric) ?? [])],
          again: [...(before?.again ?? []), ...(again.get(metric) ?? [])],
        }
      }),
    })
  }
  const shared = run.merged === undefined ? {} : { parts: run.merged }
  return { runId: run.runId, startedAt: run.startedAt, ...shared, scenarios: [...scenarios.values()] }
}

/** Every compared measure of the last night, with what the nights before it measured of the same. */
export function coursesOf(nights: readonly Night[]): Course[] {
  return coursesOfScenarios(nights.at(-1)?.scenarios ?? [], nights)
}

/** The same of scenarios that only the nights before it played. */
export function coursesBeside(nights: readonly Night[]): Course[] {
  const tonight = new Set((nights.at(-1)?.scenarios ?? []).map(nightKey))
  const all = new Map(nights.flatMap(({ scenarios }) => scenarios.map((one) => [nightKey(one), one] as const)))
  return coursesOfScenarios(
    [...all].filter(([key]) => !tonight.has(key)).map(([, one]) => one),
    nights,
  )
}

function coursesOfScenarios(scenarios: readonly NightScenario[], nights: readonly Night[]): Course[] {
  const byKey = indexed(nights)
  return scenarios.flatMap((one) => {
    const { scenario, server, platform, client } = one
    return COMPARED.filter((metric) => measureOf(one, metric) !== undefined).map(
      (metric): Course => ({
        ...{ scenario, server, platform, client, metric },
        nights: byKey.map((night) => {
          const played = night.get(nightKey(one))
          const measured = played && measureOf(played, metric)
          if (played === undefined || measured === undefined) return NO_SAMPLES
          return samplesOf(measured.first, measured.again, played.isControl, played.part)
        }),
      }),
    )
  })
}

/** How often each scenario of the last night passed, night by night. */
export function outcomesOf(nights: readonly Night[]): Outcomes[] {
  const byKey = indexed(nights)
  return (nights.at(-1)?.scenarios ?? []).map((tonight) => {
    const { scenario, server, platform } = tonight
    const outcomes = byKey.map((night) => {
      const { passed, failed } = night.get(nightKey(tonight)) ?? { passed: 0, failed: 0 }
      return { passed, failed }
    })
    return { scenario, server, platform, nights: outcomes }
  })
}

function indexed(nights: readonly Night[]): Map<string, NightScenario>[] {
  return nights.map(({ scenarios }) => new Map(scenarios.map((one) => [nightKey(one), one])))
}

function measureOf({ measures }: NightScenario, metric: Metric) {
  return measures.find((one) => one.metric === metric)
}
