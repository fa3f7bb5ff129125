import path from 'node:path'
import { EXIT } from '../engine/verdict.ts'
import { readEvents } from '../record/event-log.ts'
import { outputStyle } from '../report/style.ts'
import { writeReports } from '../report/write-reports.ts'
import type { Command } from './command.ts'
import { findRun } from './find-run.ts'
import { shown } from './project.ts'
import { chosenReporters, reporterFlag } from './reporters.ts'
import { UsageError } from './usage-error.ts'

export const report: Command = {
  name: 'report',
  summary: 'makes the reports of a finished run again, from its events',
  usage: 'report [RUN] [flags]',
  details: ['  RUN is a folder of reports/, or a path to one; the last run if it is not named.'],
  flags: reporterFlag,
  async run(line, { out }) {
    const formats = chosenReporters(line)
    const [name, ...more] = line.positionals
    if (more.length > 0) throw new UsageError('report takes one run')
    const folder = findRun(name)
    const run = writeReports(shown(folder), readEvents(path.join(folder, 'events.jsonl')))
    for (const format of formats) out.print(format(run, outputStyle(process.stdout, process.env)).trimEnd())
    return EXIT.passed
  },
}
