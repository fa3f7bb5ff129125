import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../base/surroundings.ts'
import { firstFew } from '../base/text.ts'
import type { RunEvent } from '../record/events.ts'
import { runFiles, staysInside, writeInside } from '../record/run-files.ts'
import { playedFiles } from '../results/played-files.ts'
import type { RunReport } from '../results/report-model.ts'
import { ReportError, reduceRun } from '../results/run-model.ts'
import { scenarioPages } from './html/suite-page.ts'
import { fileReports } from './index.ts'

/** Where nothing can be written, the first files that failed tell why. */
const MOST_FAILURES = 3

/**
 * Writes all reports of a run into `folder`, from its events alone: they can be made again at any time. Returns the
 * report model, which whoever has it already passes on. Throws ReportError if the events tell of no run or a file
 * cannot be written; each file is whole or old, and what can be written is.
 */
export function writeReports(
  folder: string,
  events: readonly RunEvent[],
  run: RunReport = reduceRun(events, folder),
): RunReport {
  const files = runFiles(folder)
  const failures: string[] = []
  const write = (name: string, text: string) => {
    try {
      writeInside(folder, name, text)
    } catch (cause) {
      failures.push(`${join(folder, name)} cannot be written: ${reasonOf(cause)}`)
    }
  }
  for (const [name, format] of fileReports) write(name, format(run, undefined, files))
  for (const [name, text] of [...scenarioFiles(events), ...scenarioPages(run, files)]) write(name, text)
  if (failures.length > 0) throw new ReportError(firstFew(failures, MOST_FAILURES))
  return run
}

/** The same in the place of reports that must not stay, as they say what is no longer so: none is better than those. */
export function replaceReports(folder: string, events: readonly RunEvent[], run: RunReport): void {
  for (const [name] of fileReports) rmSync(join(folder, name), { force: true })
  writeReports(folder, events, run)
}

/** The scenarios as they were played, and the step files that they use. */
function scenarioFiles(events: readonly RunEvent[]): Map<string, string> {
  const files = new Map<string, string>()
  for (const [scenario, name] of playedFiles(events)) {
    const played = events.findLast((event) => event.type === 'scenario-as-played' && event.scenario === scenario)
    if (played?.type !== 'scenario-as-played') continue
    files.set(name, played.yaml)
    for (const { path, text } of played.files) if (isStepFile(path)) files.set(path, text)
  }
  return files
}

/** A record that names another file, as its own events, would have it overwritten. */
function isStepFile(path: string): boolean {
  return staysInside(path) && /\.ya?ml$/.test(path)
}
