import type { RunReport } from './report-model.ts'

/** `report.json`: the report model as it is, for other programs. */
export function reportJson(run: RunReport): string {
  return `${JSON.stringify(run, null, 2)}\n`
}
