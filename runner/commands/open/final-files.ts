import path from 'node:path'
import { readEvents } from '../../record/event-log.ts'
import { runFiles } from '../../record/run-files.ts'
import { htmlReport } from '../../report/html/suite-page.ts'
import { reduceRun } from '../../results/run-model.ts'

const PAGE = /^pages\/[\w.-]+\.html$/
const LOG = /^nodes\/(?:[\w.-]+\/)?[\w.-]+\.log$/

/**
 * What is served of a run that is over, by its path in the address: the report's pages and the logs that they link to.
 * Nothing else in the folder is given out, and nothing outside of it.
 */
export function finalFile(folder: string, asked: string): { type: string; text: string } | undefined {
  const files = runFiles(folder)
  const given = (type: string, text: string | undefined) => (text === undefined ? undefined : { type, text })
  if (asked === '' || asked === 'report.html') {
    return given('text/html', files.text('report.html') ?? madeAnew(folder))
  }
  if (PAGE.test(asked)) return given('text/html', files.text(asked))
  return LOG.test(asked) ? given('text/plain', files.text(asked)) : undefined
}

/** A run whose report could not be written has it in its events. */
function madeAnew(folder: string): string {
  return htmlReport(reduceRun(readEvents(path.join(folder, 'events.jsonl')), folder), runFiles(folder))
}
