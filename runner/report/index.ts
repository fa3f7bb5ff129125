import { consoleReport } from './console.ts'
import { githubReport } from './github.ts'
import { junitReport } from './junit.ts'
import { markdownReport } from './markdown.ts'
import { reportJson } from './report-json.ts'
import type { RunReport } from './report-model.ts'
import type { OutputStyle } from './style.ts'
import { tapReport } from './tap.ts'

/** Makes one format. Without a style: plain, for files and pipes. */
export type ReportFormat = (run: RunReport, style?: OutputStyle) => string

/** What `--reporter` can print on stdout, by name. */
export const stdoutReporters: ReadonlyMap<string, ReportFormat> = new Map<string, ReportFormat>([
  ['console', consoleReport],
  ['tap', tapReport],
  ['json', reportJson],
  ['junit', junitReport],
  ['markdown', markdownReport],
  ['github', githubReport],
])

/** The files that a run leaves, by name. */
export const fileReports: ReadonlyMap<string, ReportFormat> = new Map<string, ReportFormat>([
  ['report.json', reportJson],
  ['results.tap', tapReport],
  ['junit.xml', junitReport],
  ['summary.md', markdownReport],
])
