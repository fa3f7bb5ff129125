import type { RunReport } from '../results/report-model.ts'

/** `report.json`: the report model as it is, for other programs; without the series, which are long and in the events. */
export function reportJson(run: RunReport): string {
  const scenarios = run.scenarios.map(({ series: _, ...scenario }) => scenario)
  return `${JSON.stringify({ ...run, scenarios }, null, 2)}\n`
}
