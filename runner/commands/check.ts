import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs'
import path from 'node:path'
import { typed, typedAsWell } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { whyNotWritable } from '../base/folders.ts'
import { auditScenario } from '../checks/audit/audit-scenario.ts'
import { historyFiles, judgeScenario } from '../checks/judge.ts'
import type { AuditOutcome } from '../record/audit-outcome.ts'
import { EventLogError, readEvents } from '../record/event-log.ts'
import type { EventOf, RunEvent } from '../record/events.ts'
import { HistoryError } from '../record/history-format.ts'
import { jsonLines } from '../record/history-jsonl.ts'
import { readHistory } from '../record/history-reader.ts'
import { placeInside } from '../record/run-files.ts'
import { judgedText } from '../report/judged-text.ts'
import { outputStyle } from '../report/style.ts'
import { reduceRun } from '../results/run-model.ts'
import { exitCodeOf, isVoid, verdictOfAudit, verdictOfChecks, verdictOfRun } from '../results/verdict.ts'
import { resolvePardons } from '../scenario/audit-section.ts'
import type { Scenario } from '../scenario/model.ts'
import { Names } from '../steps/names.ts'
import { EVERYTHING_ALLOWED } from './allow.ts'
import type { Command, CommandContext, Output } from './command.ts'
import { loadScenarios } from './load-scenarios.ts'
import { NO_PARAMS } from './param-flags.ts'
import { findRun, shown } from './project.ts'
import { contradictionsOf } from './report.ts'

/** Lines that are written at once. */
const LINES_AT_ONCE = 10_000

const AGAIN = `there is nothing to judge; play it again with ${typed('run', ['NAME'])}`
const WITHOUT_HISTORY =
  'Without it the run cannot be judged again: what it came to at its end stands in its report.json.'

export const check: Command = {
  usage: `check [RUN] [flags]${typedAsWell('check', '[RUN] -- [flags]')}`,
  details: [
    '  RUN is a folder of reports/, or a path to one; the last run if it is not named.',
    '  Nothing in the run is changed. Exit code 1: a limit was broken, or the audit found something; 3: nothing was shown.',
  ],
  flags: {
    by: {
      type: 'string',
      value: 'FILE',
      help: 'judge by the checks and the audit section of this scenario, in place of those of the run',
    },
    reports: { type: 'string', value: 'FOLDER', help: 'where runs are (default reports)' },
    export: {
      type: 'string',
      value: 'FOLDER',
      help: "write each history there as JSON lines in Jepsen's form, and judge nothing",
    },
  },
  async run(line, context) {
    const { out } = context
    const [name, ...more] = line.positionals
    if (more.length > 0) throw new UsageError('check takes one run')
    const folder = findRun(name, line.text('reports'))
    try {
      const events = readEvents(path.join(folder, 'events.jsonl'))
      if (scenariosOf(events).length === 0)
        throw new EventLogError(`${shown(folder)} holds no start of a scenario: ${AGAIN}`)
      const target = line.text('export')
      if (target !== undefined) return exportHistories(events, folder, target, out)
      const by = line.text('by')
      return judgeAll(events, folder, by === undefined ? undefined : await askedBy(by, context), out)
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error
      throw new HistoryError(error.message, { hint: WITHOUT_HISTORY, cause: error })
    }
  },
}

/** What another scenario asks for. */
interface Asked {
  limits: Record<string, Record<string, unknown>>
  audit: Scenario['audit']
}

async function askedBy(file: string, context: CommandContext): Promise<Asked> {
  // Judging starts nothing, whatever the scenario would start.
  const by = { allowed: EVERYTHING_ALLOWED, startsNothing: true }
  const [scenario] = await loadScenarios([file], NO_PARAMS, context, by)
  const checks = scenario?.checks ?? []
  const audit = scenario?.audit ?? {}
  if (checks.length === 0 && Object.keys(audit).length === 0) throw new UsageError(`${file} has no checks and no audit`)
  return { limits: Object.fromEntries(checks.map(({ on, limits }) => [on, limits])), audit }
}

function judgeAll(events: readonly RunEvent[], folder: string, asked: Asked | undefined, out: Output): number {
  const judged = scenariosOf(events).map((started) => ({
    started,
    checks: judgeScenario(events, started.scenario, folder, asked?.limits),
    audit: auditAgain(events, started, folder, asked),
  }))
  const old = judged.flatMap(({ started, audit }) => (audit === 'of-before' ? [withoutTerms(started)] : []))
  const shownOnes = judged.filter(({ checks, audit }) => checks.length > 0 || typeof audit === 'object')
  if (shownOnes.length === 0) {
    const why = old.length > 0 ? old.join('\n') : 'its scenarios have no checks, and none was audited'
    throw new UsageError(`nothing in ${shown(folder)} can be judged: ${why}`)
  }
  const style = outputStyle(process.stdout, process.env)
  for (const { started, checks, audit } of shownOnes) {
    const again = typeof audit === 'object' ? audit : undefined
    out.print(judgedText(`${started.id}: ${started.title}`, checks, again, style))
  }
  const contradictions = contradictionsOf({ ...reduceRun(events), folder: shown(folder) })
  for (const text of [...old, ...contradictions]) out.progress(text)
  const verdicts = shownOnes.flatMap(({ checks, audit }) => {
    const rules = typeof audit === 'object' ? audit.rules : []
    return isVoid(rules) ? [verdictOfAudit(rules)] : [verdictOfChecks(checks), verdictOfAudit(rules)]
  })
  return exitCodeOf(verdictOfRun(contradictions.length > 0 ? [...verdicts, 'inconclusive'] : verdicts))
}

/** Undefined for a scenario that was not audited, as one whose cluster never came to be. */
function auditAgain(
  events: readonly RunEvent[],
  { scenario }: EventOf<'scenario-started'>,
  folder: string,
  asked: Asked | undefined,
): AuditOutcome | 'of-before' | undefined {
  const judged = events.filter((event) => event.type === 'audit-judged').find((event) => event.scenario === scenario)
  if (judged === undefined) return undefined
  if (judged.terms === undefined) return 'of-before'
  const { pardons, warnOnly, named } = judged.terms
  const other = asked === undefined ? undefined : resolvePardons(asked.audit, new Names(named))
  return auditScenario(events, scenario, folder, { pardons: other ?? pardons, warnOnly })
}

function withoutTerms({ id }: EventOf<'scenario-started'>): string {
  return `${id}: recorded by an older version, which did not write down what the audit went by: its audit cannot be judged again. What it found stands in report.json.`
}

function scenariosOf(events: readonly RunEvent[]): EventOf<'scenario-started'>[] {
  return events.filter((event) => event.type === 'scenario-started')
}

function exportHistories(events: readonly RunEvent[], folder: string, target: string, out: Output): number {
  const files = historyFiles(events)
  if (files.length === 0)
    throw new UsageError(`there are no histories in ${shown(folder)}: its scenarios have no workloads`)
  const reason = whyNotWritable(target)
  if (reason !== undefined) throw new UsageError(`--export ${target} cannot be written: ${reason}`)
  for (const file of files) {
    // As they lie in the run: histories of several scenarios have folders of their own.
    const name = file.replace(/^history\//, '').replace(/\.history$/, '.jsonl')
    const history = readHistory(placeInside(folder, file))
    mkdirSync(target, { recursive: true })
    const place = placeInside(target, name)
    mkdirSync(path.dirname(place), { recursive: true })
    const count = writeLines(place, jsonLines(history))
    out.print(`${shown(place)}  ${count} lines`)
  }
  return EXIT.passed
}

function writeLines(file: string, lines: Iterable<string>): number {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants
  const descriptor = openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
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
