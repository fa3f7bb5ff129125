import { METRIC_NAMES, type Metric } from '../record/comparison.ts'
import type { TrendLine } from '../record/trends.ts'
import { measureOf } from './repeats.ts'
import type { RunReport, ScenarioReport, StepReport } from './report-model.ts'

/** The run's lines for `trends.jsonl`: one for each scenario that was played. Skipped ones and twins leave none. */
export function trendLines(run: RunReport): TrendLine[] {
  return run.scenarios
    .filter(({ verdict, twin }) => verdict !== 'skipped' && twin === undefined)
    .map((scenario) => {
      const { startedAt, id, verdict, server, asked, platform, seed, durationMs, setupMs, steps } = scenario
      const measures = measuresByName(scenario)
      return {
        startedAt,
        id,
        verdict,
        server,
        ...(asked !== undefined && { asked }),
        platform,
        seed,
        durationMs,
        setupMs,
        trueAfterMs: trueAfterByName(steps),
        ...(Object.keys(measures).length > 0 && { measures }),
      }
    })
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
