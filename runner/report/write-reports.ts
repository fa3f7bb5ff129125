import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import type { RunEvent } from '../record/events.ts'
import { runFiles, staysInside } from '../record/run-folder.ts'
import { playedFiles } from '../results/played-files.ts'
import type { RunReport } from '../results/report-model.ts'
import { ReportError, reduceRun } from '../results/run-model.ts'
import { scenarioPages } from './html/suite-page.ts'
import { fileReports } from './index.ts'

/**
 * Writes all reports of a run into `folder`, from its events alone: they can be made again at any time. Returns the
 * report model, which whoever has it already passes on. Throws ReportError if the events tell of no run or a file
 * cannot be written; each file is whole or old.
 */
export function writeReports(
  folder: string,
  events: readonly RunEvent[],
  run: RunReport = reduceRun(events, folder),
): RunReport {
  const files = runFiles(folder)
  for (const [name, format] of fileReports) writeWhole(join(folder, name), format(run, undefined, files))
  for (const [name, text] of [...scenarioFiles(events), ...scenarioPages(run, files)]) {
    const file = join(folder, name)
    if (dirname(file) !== folder) mkdirSync(dirname(file), { recursive: true })
    writeWhole(file, text)
  }
  return run
}

/** The scenarios as they were played, and the step files that they use. */
function scenarioFiles(events: readonly RunEvent[]): Map<string, string> {
  const files = new Map<string, string>()
  for (const [scenario, name] of playedFiles(events)) {
    const played = events.findLast((event) => event.type === 'scenario-as-played' && event.scenario === scenario)
    if (played?.type !== 'scenario-as-played') continue
    files.set(name, played.yaml)
    for (const { path, text } of played.files) if (staysInside(path)) files.set(path, text)
  }
  return files
}

function writeWhole(file: string, text: string): void {
  try {
    writeFileSync(`${file}.part`, text)
    renameSync(`${file}.part`, file)
  } catch (cause) {
    throw new ReportError(`${file} cannot be written: ${messageOf(cause)}`, { cause })
  }
}
