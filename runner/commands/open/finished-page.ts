import path from 'node:path'
import { readEvents } from '../../record/event-log.ts'
import { runFiles, writeInside } from '../../record/run-files.ts'
import { htmlReport, scenarioPages } from '../../report/html/suite-page.ts'
import { reduceRun } from '../../results/run-model.ts'

const INDEX = 'report.html'

/**
 * The page of a run that is no longer on, as this program makes it from the record: a folder of somebody else's may
 * hold a page with scripts of theirs. What is not so is written anew. Returns its path. Throws EventLogError,
 * ReportError, and what the system says.
 */
export function finishedPage(folder: string): string {
  const files = runFiles(folder)
  const run = reduceRun(readEvents(path.join(folder, 'events.jsonl')), folder)
  for (const [name, text] of [[INDEX, htmlReport(run, files)] as const, ...scenarioPages(run, files)]) {
    if (files.text(name) !== text) writeInside(folder, name, text)
  }
  return path.join(folder, INDEX)
}
