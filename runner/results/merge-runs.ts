import { EXIT, worstExit } from '../base/exit.ts'
import { listed, plural } from '../base/text.ts'
import { EVENTS_VERSION, type EventOf, type RunEvent, type ShardInfo } from '../record/events.ts'
import { ReportError } from './run-model.ts'
import { UNNAMED_SUITE } from './trend-lines.ts'
import { verdictOfRun } from './verdict.ts'

/** A file of one of the runs, and what it is called in the folder of the whole. */
interface MovedFile {
  /** Place of the run. */
  part: number
  from: string
  to: string
}

export interface MergedRuns {
  events: RunEvent[]
  files: MovedFile[]
  /** Of each scenario of the whole, in the order of its report, the place of the run that played it. */
  parts: number[]
}

interface Whole {
  runId: string
  /** The command that plays all of it again. */
  command: string
  folder: string
}

/**
 * One record of several runs, as those of a CI matrix, from theirs. Scenarios are numbered anew; each keeps the times of
 * its own run's clock, and knows when it began. Where a part of a division is missing the whole has no verdict. Throws
 * ReportError for a record without a start.
 */
export function mergeRuns(runs: readonly (readonly RunEvent[])[], whole: Whole): MergedRuns {
  const starts = runs.map(startOf)
  const ends = runs.map((events) => events.find((event) => event.type === 'run-ended'))
  const problems = [...problemsOfDivision(starts), ...problemsOfEnds(starts, ends)]
  const fromMs = Math.min(...starts.map(({ startedAt }) => Date.parse(startedAt)))
  const endMs = runs.map((events, part) => wallMsOf(starts[part], events.at(-1)?.atMs ?? 0))
  const verdicts = ends.map((end) => end?.verdict ?? 'interrupted')
  const verdict = verdictOfRun(problems.length > 0 ? [...verdicts, 'inconclusive'] : verdicts)
  // What a run ended with may be milder than its verdict: of repeats that disagree, most may have passed.
  // 130 is of a command that was interrupted itself, and cleaned up: of a part that was, the whole has no verdict.
  const codes = ends.map((end) =>
    end === undefined || end.exitCode === EXIT.interrupted ? EXIT.noVerdict : end.exitCode,
  )
  const exitCode = codes.reduce<number>(worstExit, problems.length > 0 ? EXIT.noVerdict : EXIT.passed)
  const files: MovedFile[] = []
  let first = 0
  const middle = runs.flatMap((events, part) => {
    const offset = first
    first += scenariosOf(events, starts[part])
    return events.flatMap((event) => asPartOf(event, { part, offset, start: starts[part], files }))
  })
  const name = nameOfWhole(starts)
  const allowed = [...new Set(starts.flatMap((start) => start.allowed ?? []))]
  const parts = runs.flatMap((events, part) => events.filter(({ type }) => type === 'scenario-started').map(() => part))
  return {
    files,
    parts,
    events: [
      {
        ...{ atMs: 0, type: 'run-started', version: EVENTS_VERSION, name, runId: whole.runId, command: whole.command },
        startedAt: new Date(fromMs).toISOString(),
        seed: starts[0]?.seed ?? 0,
        scenarios: first,
        environment: environmentOf(starts),
        ...(allowed.length > 0 && { allowed }),
        merged: starts.flatMap(({ runId, merged = [runId] }) => merged),
      },
      ...problems.map((text): RunEvent => ({ atMs: 0, type: 'warning', text })),
      ...middle,
      ...comparedOf(runs),
      {
        ...{ atMs: Math.max(...runs.map((events) => events.at(-1)?.atMs ?? 0)), type: 'run-ended', verdict, exitCode },
        durationMs: Math.max(...endMs) - fromMs,
        folder: whole.folder,
      },
    ],
  }
}

/** The name that all have; one that had nothing to do is called as it would have been with all of it. */
export function nameOfWhole(starts: readonly Pick<EventOf<'run-started'>, 'name' | 'scenarios'>[]): string {
  const played = starts.filter(({ scenarios }) => scenarios > 0)
  const names = new Set((played.length > 0 ? played : starts).map(({ name }) => name))
  const [first = UNNAMED_SUITE] = names
  return names.size === 1 ? first : UNNAMED_SUITE
}

function startOf(events: readonly RunEvent[]): EventOf<'run-started'> {
  const start = events.find((event) => event.type === 'run-started')
  if (start === undefined) throw new ReportError('one of the records holds no start of a run')
  return start
}

function wallMsOf(start: EventOf<'run-started'> | undefined, atMs: number): number {
  return start === undefined ? 0 : Date.parse(start.startedAt) + atMs - start.atMs
}

/** How many scenarios a run has: those that it began with, and those that it added. */
function scenariosOf(events: readonly RunEvent[], start: EventOf<'run-started'> | undefined): number {
  const added = events.map((event) => (event.type === 'scenario-started' ? event.scenario + 1 : 0))
  return added.reduce((most, one) => Math.max(most, one), start?.scenarios ?? 0)
}

interface AsPart {
  part: number
  offset: number
  start: EventOf<'run-started'> | undefined
  files: MovedFile[]
}

function asPartOf(event: RunEvent, { part, offset, start, files }: AsPart): RunEvent[] {
  const moved = (from: string) => {
    const to = movedFile(from, part)
    files.push({ part, from, to })
    return to
  }
  switch (event.type) {
    case 'run-started':
    case 'run-ended':
    case 'baseline-compared':
      return []
    case 'log-saved':
    case 'history-saved':
      return [{ ...event, scenario: event.scenario + offset, file: moved(event.file) }]
    case 'scenario-started': {
      const { leftMs: _, ...kept } = event
      const startedAt = new Date(wallMsOf(start, event.atMs)).toISOString()
      return [{ ...kept, scenario: event.scenario + offset, startedAt }]
    }
    default:
      return [
        'scenario' in event && event.scenario !== undefined ? { ...event, scenario: event.scenario + offset } : event,
      ]
  }
}

/** In the folder of its kind: `nodes/part-2/redis-node0.log`. */
function movedFile(file: string, part: number): string {
  const own = `part-${part + 1}`
  return /^(nodes|history)\//.test(file) ? file.replace('/', `/${own}/`) : `${own}/${file}`
}

/** Each run compared its own scenarios, with the same baseline or, as a night of one server, with its own. */
function comparedOf(runs: readonly (readonly RunEvent[])[]): RunEvent[] {
  const all = runs.flatMap((events) => events.filter((event) => event.type === 'baseline-compared'))
  const [first] = all
  if (first === undefined) return []
  const nights = all.flatMap((one) => one.nights ?? [])
  const told = {
    before: Math.max(...nights.map(({ before }) => before)),
    summary: nights.map(({ summary }) => summary).join(' '),
    flaky: nights.flatMap(({ flaky }) => flaky),
    unsteady: nights.flatMap(({ unsteady = [] }) => unsteady),
    states: nights.flatMap(({ states = [] }) => states),
  }
  const comparisons = all.flatMap((one) => one.comparisons)
  return [{ ...first, comparisons, ...(nights.length > 0 && { nights: told }) }]
}

/** What is not the same everywhere is told of all. */
function environmentOf(starts: readonly EventOf<'run-started'>[]): Record<string, string> {
  const keys = [...new Set(starts.flatMap(({ environment = {} }) => Object.keys(environment)))]
  return Object.fromEntries([
    ...keys.map((key) => [key, [...new Set(starts.flatMap(({ environment }) => environment?.[key] ?? []))].join('; ')]),
    ['merged from', plural(starts.length, 'run')],
  ])
}

/** Which of the runs did not come to their end, a sentence each. */
function problemsOfEnds(
  starts: readonly Pick<EventOf<'run-started'>, 'runId' | 'shard'>[],
  ends: readonly (Pick<EventOf<'run-ended'>, 'exitCode'> | undefined)[],
): string[] {
  return starts.flatMap(({ runId, shard }, place) => {
    const end = ends[place]
    if (end !== undefined && end.exitCode !== EXIT.interrupted) return []
    const where = shard?.on === undefined ? '' : ` on ${shard.on}`
    const which = shard === undefined ? `The run ${runId}` : `Part ${shard.number} of ${shard.of}${where}`
    const how = end === undefined ? 'broke off, its runner is gone' : 'was interrupted'
    return [`${which} ${how}: the whole has no verdict`]
  })
}

/** What of a suite that was divided is not there, a sentence each. */
export function problemsOfDivision(starts: readonly Pick<EventOf<'run-started'>, 'shard'>[]): string[] {
  const plans = new Map<string, ShardInfo[]>()
  for (const { shard } of starts) {
    if (shard !== undefined) plans.set(shard.plan, [...(plans.get(shard.plan) ?? []), shard])
  }
  const divisions = [...plans.values()].flatMap(([first, ...others]) =>
    first ? [{ first, all: [first, ...others] }] : [],
  )
  return divisions.flatMap(({ first: { of, on }, all }) => {
    const there = new Set(all.map(({ number }) => number))
    const missing = Array.from({ length: of }, (_, place) => place + 1).filter((number) => !there.has(number))
    if (missing.length === 0) return []
    const isOtherwise = divisions.some(({ first }) => first !== all[0] && first.on === on)
    const more = isOtherwise ? '; the machines divided it by other trends, or other scenarios' : ''
    const where = on === undefined ? '' : ` on ${on}`
    const which = missing.length === 1 ? `part ${missing[0]} is` : `parts ${listed(missing.map(String), of)} are`
    return [`Of a suite in ${of} parts${where}, ${which} missing: the whole has no verdict${more}`]
  })
}
