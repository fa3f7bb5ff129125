import path from 'node:path'
import { typed } from '../base/command-line.ts'
import { messageOf, UsageError } from '../base/errors.ts'
import { EXIT, worstExit } from '../base/exit.ts'
import { replaceFile } from '../base/plain-file.ts'
import { readEvents } from '../record/event-log.ts'
import { isInside } from '../record/run-files.ts'
import { readTrends, TrendsError, trendsFile } from '../record/trends.ts'
import { trendsPage } from '../report/html/trends-page.ts'
import { writeReports } from '../report/write-reports.ts'
import type { RunReport } from '../results/report-model.ts'
import type { Command, Output } from './command.ts'
import { consoleDetail, consoleFlags } from './console-flags.ts'
import type { ParsedLine } from './flags.ts'
import { assertKeepable } from './judging.ts'
import { keepNight } from './night/kept-nights.ts'
import { findRun, reportsFolder, shown } from './project.ts'
import { mergedRun, mergedText } from './report/merge.ts'
import { chosenReporters, printReports, reporterFlag } from './reporters.ts'

export const report: Command = {
  usage: 'report [RUN] [flags], or report --merge FOLDER…',
  details: [
    '  RUN is a folder of reports/, or a path to one; the last run if it is not named.',
    '  All files of the run are written anew, and what --format names is printed.',
    '  --merge makes one run of several, as those of a CI matrix: FOLDER is a run, or a folder with runs below it. Its exit',
    '  code is theirs, the worst first; 3 where a part of --shard is missing. Parts of a night (nightly --shard I/N) are',
    '  compared with the nights before as one, and kept as one: 4 where something is slower.',
  ],
  flags: {
    format: { type: 'string', value: 'NAMES', help: 'the same as --reporter' },
    ...reporterFlag,
    ...consoleFlags,
    trends: { type: 'boolean', help: 'write trends.html instead: a row for each scenario of each suite and server' },
    merge: { type: 'boolean', help: 'make one run of those in the folders named: record, reports, JUnit, trends' },
    baseline: {
      type: 'string',
      value: 'FILE',
      help: 'where nights are kept, for --merge of the parts of one (default baseline.json in the reports)',
    },
    reports: { type: 'string', value: 'FOLDER', help: 'where runs are (default reports)' },
  },
  async run(line, { out }) {
    const reports = line.text('reports') ?? reportsFolder
    if (line.text('baseline') !== undefined && !line.on('merge')) throw new UsageError('--baseline goes with --merge')
    if (line.on('merge')) return await merge(line, reports, out)
    if (line.on('trends')) return writeTrends(line, reports, out)
    if (line.text('format') !== undefined && line.text('reporter') !== undefined) {
      throw new UsageError('--format and --reporter are the same: name the formats with one of them')
    }
    const reporters = await chosenReporters(line, line.text('format') === undefined ? 'reporter' : 'format')
    const folder = folderOf(line.positionals, reports)
    const run = writeReports(shown(folder), readEvents(path.join(folder, 'events.jsonl')))
    const lacking = missingFiles(folder, run)
    const failures = await printReports({ ...run, folder: shown(folder) }, reporters, out, {
      detail: consoleDetail(line),
    })
    const contradictions = contradictionsOf(run)
    for (const text of [...lacking, ...failures, ...contradictions]) out.progress(text)
    return lacking.length + failures.length + contradictions.length > 0 ? EXIT.noVerdict : EXIT.passed
  },
}

async function merge(line: ParsedLine, reports: string, out: Output): Promise<number> {
  if (line.on('trends')) throw new UsageError('--merge and --trends are two things: write the trends page afterwards')
  if (line.positionals.length === 0)
    throw new UsageError('--merge takes the folders of the runs: report --merge FOLDER…')
  const reporters = await chosenReporters(line, line.text('format') === undefined ? 'reporter' : 'format')
  assertKeepable(line, 'baseline')
  const { run, lacking, kept } = mergedRun(line.positionals, { reports, baseline: line.text('baseline') })
  out.progress(mergedText(run))
  const failures = await printReports(run, reporters, out, { detail: consoleDetail(line) })
  for (const text of [...lacking, ...failures, ...contradictionsOf(run)]) out.progress(text)
  if (kept !== undefined) out.progress(await keepNight(kept.file, kept.night))
  return failures.length > 0 ? worstExit(run.exitCode, EXIT.noVerdict) : run.exitCode
}

/** What in a record cannot be true together, a sentence each. */
export function contradictionsOf({ folder, contradictions = [] }: RunReport): string[] {
  return contradictions.map((clause) => `The record of ${folder} contradicts itself: ${clause}`)
}

/** Throws UsageError if there is no such run. */
function folderOf([name, ...more]: readonly string[], reports: string): string {
  if (more.length > 0) throw new UsageError('report takes one run')
  return findRun(name, reports)
}

/** What the events say that the run left, and is no longer there. The reports are made all the same. */
function missingFiles(folder: string, run: RunReport): string[] {
  const kept = run.scenarios.flatMap(({ histories = [], logs }) => [
    ...histories.map(({ file }) => ({ file, what: 'its checks cannot be judged again' })),
    ...logs.map(({ file }) => ({ file, what: 'the page shows no lines of it' })),
  ])
  return kept
    .filter(({ file }) => !isInside(folder, file))
    .map(({ file, what }) => `${shown(path.join(folder, file))} is missing: ${what}`)
}

function writeTrends(line: ParsedLine, reports: string, out: Output): number {
  if (line.positionals.length > 0) throw new UsageError('--trends is about all runs: it takes no run')
  const file = shown(trendsFile(reports))
  const lines = readTrends(reports)
  if (lines.length === 0) {
    throw new UsageError(
      `${file} holds no run yet: ${typed('run', ['NAME'])} adds a line for each scenario that it plays`,
    )
  }
  const page = path.join(reports, 'trends.html')
  try {
    replaceFile(page, trendsPage(lines))
  } catch (cause) {
    throw new TrendsError(`${page} cannot be written: ${messageOf(cause)}`)
  }
  out.print(shown(page))
  return EXIT.passed
}
