import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import path from 'node:path'
import { typed, typedAsWell } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { historyFiles, judgeScenario } from '../checks/judge.ts'
import { EventLogError, readEvents } from '../record/event-log.ts'
import type { EventOf, RunEvent } from '../record/events.ts'
import { HistoryError } from '../record/history-format.ts'
import { jsonLines } from '../record/history-jsonl.ts'
import { readHistory } from '../record/history-reader.ts'
import { checksText } from '../report/check-table.ts'
import { outputStyle } from '../report/style.ts'
import { exitCodeOf, verdictOfChecks } from '../results/verdict.ts'
import type { Command, Output } from './command.ts'
import { loadScenarios } from './load-scenarios.ts'
import { findRun, shown } from './project.ts'

/** Lines that are written at once. */
const LINES_AT_ONCE = 10_000

const AGAIN = `there is nothing to judge; play it again with ${typed('run', ['NAME'])}`
const WITHOUT_HISTORY =
  'Without it the run cannot be judged again: what it came to at its end stands in its report.json.'

export const check: Command = {
  usage: `check [RUN] [flags]${typedAsWell('check', '[RUN] -- [flags]')}`,
  details: [
    '  RUN is a folder of reports/, or a path to one; the last run if it is not named.',
    '  Nothing in the run is changed. Exit code 1: a limit was broken; 3: nothing was shown.',
  ],
  flags: {
    by: { type: 'string', value: 'FILE', help: 'judge by the checks of this scenario, in place of those of the run' },
    export: {
      type: 'string',
      value: 'FOLDER',
      help: "write each history there as JSON lines in Jepsen's form, and judge nothing",
    },
  },
  async run(line, { out }) {
    const [name, ...more] = line.positionals
    if (more.length > 0) throw new UsageError('check takes one run')
    const folder = findRun(name)
    try {
      const events = readEvents(path.join(folder, 'events.jsonl'))
      if (scenariosOf(events).length === 0)
        throw new EventLogError(`${shown(folder)} holds no start of a scenario: ${AGAIN}`)
      const target = line.text('export')
      if (target !== undefined) return exportHistories(events, folder, target, out)
      const by = line.text('by')
      const limits = by === undefined ? undefined : limitsOf(by, out.color)
      return judgeAll(events, folder, limits, out)
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error
      throw new HistoryError(error.message, { hint: WITHOUT_HISTORY, cause: error })
    }
  },
}

type Limits = Record<string, Record<string, unknown>>

function limitsOf(file: string, color: boolean): Limits {
  const [scenario] = loadScenarios([file], {}, color)
  const checks = scenario?.checks ?? []
  if (checks.length === 0) throw new UsageError(`${file} has no checks`)
  return Object.fromEntries(checks.map(({ on, limits }) => [on, limits]))
}

function judgeAll(events: readonly RunEvent[], folder: string, limits: Limits | undefined, out: Output): number {
  const judged = scenariosOf(events)
    .filter(({ checks }) => limits !== undefined || checks !== undefined)
    .map((started) => ({ started, outcomes: judgeScenario(events, started.scenario, folder, limits) }))
  if (judged.length === 0)
    throw new UsageError(`nothing in ${shown(folder)} was to be checked: its scenarios have no checks`)
  const style = outputStyle(process.stdout, process.env)
  for (const { started, outcomes } of judged) out.print(checksText(`${started.id}: ${started.title}`, outcomes, style))
  return exitCodeOf(verdictOfChecks(judged.flatMap(({ outcomes }) => outcomes)))
}

function scenariosOf(events: readonly RunEvent[]): EventOf<'scenario-started'>[] {
  return events.filter((event) => event.type === 'scenario-started')
}

function exportHistories(events: readonly RunEvent[], folder: string, target: string, out: Output): number {
  const files = historyFiles(events)
  if (files.length === 0)
    throw new UsageError(`there are no histories in ${shown(folder)}: its scenarios have no workloads`)
  for (const file of files) {
    // As they lie in the run: histories of several scenarios have folders of their own.
    const name = path.relative('history', file).replace(/\.history$/, '.jsonl')
    const place = path.join(target, name)
    mkdirSync(path.dirname(place), { recursive: true })
    const count = writeLines(place, jsonLines(readHistory(path.join(folder, file))))
    out.print(`${shown(place)}  ${count} lines`)
  }
  return EXIT.passed
}

function writeLines(file: string, lines: Iterable<string>): number {
  const descriptor = openSync(file, 'w')
  let waiting: string[] = []
  let count = 0
  const write = () => {
    if (waiting.length > 0) writeSync(descriptor, `${waiting.join('\n')}\n`)
    waiting = []
  }
  try {
    for (const line of lines) {
      waiting.push(line)
      count += 1
      if (waiting.length === LINES_AT_ONCE) write()
    }
    write()
  } finally {
    closeSync(descriptor)
  }
  return count
}
