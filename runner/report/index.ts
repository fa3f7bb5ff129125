import { visible } from '../base/text.ts'
import type { RunFiles } from '../record/run-files.ts'
import type { RunReport } from '../results/report-model.ts'
import { consoleReport } from './console.ts'
import { githubReport } from './github.ts'
import { htmlReport } from './html/suite-page.ts'
import { junitReport } from './junit.ts'
import { markdownReport } from './markdown.ts'
import { metricsReport } from './metrics.ts'
import type { OutputStyle } from './style.ts'
import { tapReport } from './tap.ts'

/** Makes one format. Without a style: plain, for files and pipes. Without files: from the report alone. */
export type ReportFormat = (run: RunReport, style?: OutputStyle, files?: RunFiles) => string

/** What `--reporter` can print on stdout, by name. */
export const stdoutReporters: ReadonlyMap<string, ReportFormat> = new Map<string, ReportFormat>([
  ['console', consoleReport],
  ['tap', tapReport],
  ['json', reportJson],
  ['junit', junitReport],
  ['markdown', markdownReport],
  ['github', githubReport],
  ['metrics', metricsReport],
  ['html', (run, _, files) => htmlReport(run, files)],
])

/** The files that a run leaves, by name. */
export const fileReports: ReadonlyMap<string, ReportFormat> = new Map<string, ReportFormat>([
  ['report.json', reportJson],
  ['results.tap', tapReport],
  ['junit.xml', junitReport],
  ['summary.md', markdownReport],
  ['metrics.prom', metricsReport],
  ['report.html', (run, _, files) => htmlReport(run, files)],
])

/**
 * `report.json`: the report model as it is, for other programs; without the series, which are long and in the events.
 * Characters that would steer whatever shows it are escaped as JSON escapes them.
 */
export function reportJson(run: RunReport): string {
  const scenarios = run.scenarios.map(({ series: _, ...scenario }) => scenario)
  return `${visible(JSON.stringify({ ...run, scenarios }, null, 2), '\n')}\n`
}
