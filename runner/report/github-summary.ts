import { appendFileSync } from 'node:fs'
import { messageOf } from '../base/errors.ts'
import type { RunReport } from '../results/report-model.ts'
import { ReportError } from '../results/run-model.ts'
import { markdownReport } from './markdown.ts'

/** What GitHub takes for one step, bytes (docs.github.com, "Adding a job summary": 1 MiB). */
const MOST_BYTES = 1024 * 1024

/**
 * Adds the Markdown summary to the file that GitHub Actions names in `GITHUB_STEP_SUMMARY`; nothing elsewhere. A summary that is too
 * long is cut at the end of a line, and says so. Throws ReportError if the file cannot be written.
 */
export function appendStepSummary(file: string | undefined, run: RunReport): void {
  if (file === undefined || file === '') return
  try {
    appendFileSync(file, fitting(markdownReport(run)))
  } catch (cause) {
    throw new ReportError(`The job summary ${file} cannot be written: ${messageOf(cause)}`, { cause })
  }
}

function fitting(text: string): string {
  if (Buffer.byteLength(text) <= MOST_BYTES) return text
  const note = '\n\nThe rest is in summary.md, in the folder of the run.\n'
  const room = Buffer.from(text).subarray(0, MOST_BYTES - Buffer.byteLength(note))
  const cut = room.lastIndexOf('\n')
  return `${room.subarray(0, cut).toString()}${note}`
}
