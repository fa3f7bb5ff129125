import type { TrendLine } from '../record/run-folder.ts'
import type { RunReport, StepReport } from './report-model.ts'

/** The run's lines for `trends.jsonl`: one for each scenario that was played. Skipped ones leave none. */
export function trendLines(run: RunReport): TrendLine[] {
  return run.scenarios
    .filter(({ verdict }) => verdict !== 'skipped')
    .map(({ startedAt, id, verdict, server, platform, seed, durationMs, setupMs, steps }) => ({
      ...{ startedAt, id, verdict, server, platform, seed, durationMs, setupMs },
      trueAfterMs: trueAfterByName(steps),
    }))
}

function trueAfterByName(steps: readonly StepReport[]): Record<string, number[]> {
  const times = new Map<string, number[]>()
  for (const { name, trueAfterMs, verdict } of steps) {
    if (trueAfterMs === undefined || verdict !== 'passed') continue
    times.set(name, [...(times.get(name) ?? []), trueAfterMs])
  }
  return Object.fromEntries(times)
}
