import { METRIC_NAMES, type Metric } from '../record/comparison.ts'
import type { TrendLine } from '../record/trends.ts'
import { measureOf } from './repeats.ts'
import type { RunReport, ScenarioReport, StepReport } from './report-model.ts'

/** The name of a run of several scenarios that nobody gave one. */
export const UNNAMED_SUITE = 'suite'

/** The run's lines for `trends.jsonl`: one for each scenario that was played. Skipped ones and twins leave none. */
export function trendLines(run: RunReport): TrendLine[] {
  const played = run.scenarios.filter(({ verdict, twin }) => verdict !== 'skipped' && twin === undefined)
  const suite = suiteOf(run.name, played)
  return played.map((scenario) => {
    const { startedAt, id, verdict, server, asked, platform, client, seed, durationMs, setupMs, steps } = scenario
    const measures = measuresByName(scenario)
    return {
      startedAt,
      id,
      ...(suite !== undefined && { suite }),
      verdict,
      server,
      ...(asked !== undefined && { asked }),
      platform,
      ...(client !== undefined && { client }),
      seed,
      durationMs,
      setupMs,
      trueAfterMs: trueAfterByName(steps),
      ...(Object.keys(measures).length > 0 && { measures }),
      ...stateOf(scenario, run),
    }
  })
}

/**
 * What the run is told as among others: by its name, or as a matrix where it played on several servers. Undefined where
 * a scenario, or a few that somebody picked, were played on one.
 */
function suiteOf(name: string, scenarios: readonly ScenarioReport[]): string | undefined {
  const isNamed = name !== UNNAMED_SUITE && scenarios.every(({ id }) => id !== name)
  if (isNamed) return name
  const servers = new Set(scenarios.map(({ asked, server, platform }) => JSON.stringify([asked ?? server, platform])))
  return servers.size > 1 ? 'matrix' : undefined
}

/** What the night says of the scenario, where the run was one. */
function stateOf(scenario: ScenarioReport, { baseline }: RunReport): Pick<TrendLine, 'state' | 'why'> {
  const { id, server, asked = server, platform, client } = scenario
  const found = baseline?.nights?.states?.find(
    (one) => one.scenario === id && one.server === asked && one.platform === platform && one.client === client,
  )
  if (found === undefined) return {}
  return { state: found.state, ...(found.why !== undefined && { why: found.why }) }
}

function measuresByName(scenario: ScenarioReport): Partial<Record<Metric, number>> {
  const values = METRIC_NAMES.map((metric) => [metric, measureOf(scenario, metric)] as const)
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}

function trueAfterByName(steps: readonly StepReport[]): Record<string, number[]> {
  const times = new Map<string, number[]>()
  for (const { name, trueAfterMs, verdict } of steps) {
    if (trueAfterMs === undefined || verdict !== 'passed') continue
    times.set(name, [...(times.get(name) ?? []), trueAfterMs])
  }
  return Object.fromEntries(times)
}
