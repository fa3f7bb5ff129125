import { randomBytes, randomInt } from 'node:crypto'
import { arch, cpus, release, totalmem, type } from 'node:os'
import path from 'node:path'
import { type Clock, systemClock } from '../base/clock.ts'
import { typed } from '../base/command-line.ts'
import { worstExit } from '../base/exit.ts'
import { HeldClock } from '../base/held-clock.ts'
import { MAX_SEED } from '../base/random.ts'
import { quoted } from '../base/shell-words.ts'
import { expectedError } from '../base/surroundings.ts'
import { baselineMeasures } from '../checks/regression/measures.ts'
import { Interrupted } from '../engine/interrupt.ts'
import { type Play, playRun } from '../engine/play-run.ts'
import type { Warm } from '../engine/warm-platform.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { Platform, ServerGroup } from '../platforms/platform.ts'
import { writeBaseline } from '../record/baseline.ts'
import { Recorder } from '../record/event-log.ts'
import type { RunEvent } from '../record/events.ts'
import { redactor, secretsAmong } from '../record/redact.ts'
import { createRunFolder } from '../record/run-folder.ts'
import { appendTrends } from '../record/trends.ts'
import { appendStepSummary } from '../report/github.ts'
import { liveReporter } from '../report/live.ts'
import { replaceReports, writeReports } from '../report/write-reports.ts'
import type { RunReport } from '../results/report-model.ts'
import { reduceRun } from '../results/run-model.ts'
import { trendLines } from '../results/trend-lines.ts'
import { withUnwritten } from '../results/unwritten.ts'
import type { Scenario } from '../scenario/model.ts'
import { verbByName } from '../steps/index.ts'
import { talkTo } from './cluster/talk-to.ts'
import type { ClusterSettings } from './cluster-flags.ts'
import type { CommandContext } from './command.ts'
import { concluder, type Judging } from './judging.ts'
import { markAtWork } from './open/at-work.ts'
import { openPlatforms, type PlatformChoice } from './open-platform.ts'
import type { Playing } from './playing.ts'
import { reportsFolder, shown } from './project.ts'
import { operatorFor } from './terminal/operator.ts'
import { Watchdog } from './watchdog/watchdog.ts'

const GIBIBYTE = 2 ** 30

/** Flags that go with the command that plays the same again, whatever the command. */
export const PLAY_FLAGS = [
  'scenarios',
  'stock',
  'no-stock',
  'allow',
  'password',
  'platform',
  'server',
  'port-base',
  'name-prefix',
  'reports',
  'repeat',
  'baseline',
  'threshold',
  'audit',
]

/** What a run was asked for on the command line. */
export interface RunRequest {
  /** Of the run; if not given, the scenario's, or `suite` for several. */
  name?: string
  settings: ClusterSettings
  choice: PlatformChoice
  /** Absent: a scenario's own, else drawn. */
  seed: number | undefined
  keep: boolean
  /** The folder in which the run's folder is made. */
  reports: string
  judging: Judging
  /** What whoever sits in front of it is asked. */
  playing?: Pick<Playing, 'pauseOnFailure' | 'step'>
  /** Servers that stay up from play to play, which somebody else watches over and removes. */
  warm?: Warm
  /** Told where to say what happens beside it, while it is played; gives what ends that. */
  beside?: (say: (text: string) => void) => () => void
  /** Without progress. */
  quiet?: boolean
  /** The command that plays the same again, for a seed. */
  commandFor(seed: number): string
}

/**
 * Plays scenarios with all that a run needs around it: platforms, the record, the live view, the reports. Everything is
 * closed on every path. Throws RunFolderError if there is no place for the record.
 */
export async function play(
  scenarios: readonly Scenario[],
  request: RunRequest,
  context: CommandContext,
): Promise<{ report: RunReport; exitCode: number }> {
  const { out, signal, defaults, onLeaving, debug } = context
  const { settings, keep } = request
  const clock = new HeldClock(systemClock)
  const seed = request.seed ?? scenarios.find((scenario) => scenario.seed !== undefined)?.seed ?? randomInt(MAX_SEED)
  const name = request.name ?? nameOf(scenarios)
  const notes = [...defaults]
  if (settings.allowed.size > 0) {
    notes.push(`allowed by --allow: ${[...settings.allowed].join(', ')}`)
  }
  const { warm } = request
  const platforms = warm ? [warm.platform] : await openPlatforms(request.choice, (text) => notes.push(text))
  const runId = warm?.runId ?? newRunId(systemClock.wallMs())
  const removal = () => [...new Set(platforms.map((platform) => platform.removalCommand(runId)))].join('; ')
  const secrets = [
    settings.password,
    ...scenarios.flatMap(({ params, secretParams }) => secretsAmong(params, secretParams)),
  ]
  const quiet = request.quiet === true
  const record = openRecord(request.reports, name, { secrets, clock, quiet })
  const unmark = markAtWork(record.folder.path)
  if (process.stderr.isTTY && !quiet) out.progress(`follow it in a browser: ${followCommand(request.reports)}`)
  const hide = redactor(secrets)
  const left = new AbortController()
  const atTerminal = { ...context, clock, hide, quit: () => left.abort(new Interrupted('whoever stepped through it')) }
  const operator = operatorFor(request.playing, atTerminal)
  const interrupted = AbortSignal.any([signal, left.signal])
  onLeaving(() => `Servers of this run may be left. Remove them with: ${removal()}`)
  // Processes have their supervisor, which ends them with their runner; to take faults away and let them live, it takes
  // more.
  const watched = warm === undefined && (keep || platforms.some(({ kind }) => kind !== 'process'))
  const kinds = [...new Set(platforms.map(({ kind }) => kind))]
  const watchdog = watched ? Watchdog.start({ runId, kinds, keep }) : undefined
  const endBeside = request.beside?.((text) => record.recorder.record({ type: 'progress', text, stays: true }))
  try {
    const { exitCode, bugs } = await playRun(playsOf(scenarios, platforms, request.judging.repeat), {
      ...settings,
      runId,
      name,
      recorder: record.recorder,
      folder: record.folder,
      clock,
      verbs: verbByName,
      interrupted,
      seed,
      command: request.commandFor(seed),
      keep,
      auditWarnOnly: request.judging.auditWarnOnly,
      notes,
      environment: describeMachine(),
      operator,
      conclude: concluder(request.judging, record.report, (event) => record.recorder.record(event)),
    }).finally(endBeside)
    if (keep || (await isGone(runId, platforms))) watchdog?.release()
    const written = record.finish(out.failures)
    const unsaved = savedBaseline(request.judging, written)
    const report = written.verdict === 'passed' ? withUnwritten(written, unsaved) : written
    if (debug) for (const bug of bugs) out.progress(bug instanceof Error ? (bug.stack ?? bug.message) : String(bug))
    for (const message of [...(written.unwritten ?? []), ...unsaved]) out.progress(message)
    if (keep && !interrupted.aborted) {
      for (const group of await keptBy(runId, platforms)) out.progress(`Talk to the servers with: ${talkTo(group)}`)
      out.progress(`The servers are kept. Remove them with: ${removal()}`)
    }
    return { report, exitCode: worstExit(exitCode, report.exitCode) }
  } finally {
    onLeaving(undefined)
    record.close()
    unmark()
    if (warm === undefined) await Promise.all(platforms.map((platform) => platform.close()))
  }
}

/** What is left of the run on platforms that answer. */
async function keptBy(runId: string, platforms: readonly Platform[]): Promise<ServerGroup[]> {
  const found = await Promise.allSettled(platforms.map((platform) => platform.find(runId)))
  return found.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []))
}

/** Whether nothing is left of the run; a platform that does not answer may still have something. */
export async function isGone(runId: string, platforms: readonly Platform[]): Promise<boolean> {
  try {
    const runs = await Promise.all(platforms.map((platform) => platform.runs()))
    return runs.flat().every((run) => run.runId !== runId)
  } catch (error) {
    if (error instanceof PlatformError) return false
    throw error
  }
}

/**
 * Every scenario on every server, server by server. Repeats go round: a machine that slows down over time slows down
 * all of them alike.
 */
function playsOf(scenarios: readonly Scenario[], platforms: readonly Platform[], repeat: number): Play[] {
  const rounds = Array.from({ length: repeat }, (_, round) => ({ number: round + 1, of: repeat }))
  return platforms.flatMap((platform) =>
    rounds.flatMap((round) =>
      scenarios.map((scenario) => ({ scenario, platform, ...(repeat > 1 && { repeat: round }) })),
    ),
  )
}

function nameOf(scenarios: readonly Scenario[]): string {
  return new Set(scenarios.map(({ id }) => id)).size === 1 ? (scenarios[0]?.id ?? 'run') : 'suite'
}

interface RecordOptions {
  secrets: readonly string[]
  clock: Clock
  /** Without a live view. */
  quiet: boolean
}

/** The record of a run, the live view fed from it, and the reports made from it. */
function openRecord(reports: string, name: string, { secrets, clock, quiet }: RecordOptions) {
  const place = shown(path.resolve(reports))
  const folder = createRunFolder(place, name, clock.wallMs())
  const recorder = new Recorder({ file: folder.eventsFile, clock, secrets })
  const events: RunEvent[] = []
  const live = quiet ? undefined : liveReporter({ stream: process.stderr, env: process.env, clock })
  recorder.subscribe((event) => {
    events.push(event)
    live?.onEvent(event)
  })
  let reduced: { report: RunReport; events: number } | undefined
  const report = (): RunReport => {
    if (reduced?.events !== events.length) reduced = { report: reduceRun(events, folder.path), events: events.length }
    return reduced.report
  }
  const close = (): string[] => {
    live?.close()
    return collectFailures([() => recorder.close()])
  }
  /** Writes all reports; what it returns names what could not be written. `others`: what failed beside them. */
  const finish = (others: () => readonly string[]): RunReport => {
    const unwritten = [
      ...close(),
      ...others(),
      ...collectFailures([
        () => writeReports(folder.path, events, report()),
        () => appendTrends(place, trendLines(report())),
        () => appendStepSummary(process.env.GITHUB_STEP_SUMMARY, report()),
      ]),
    ]
    const told = withUnwritten(report(), unwritten)
    if (unwritten.length > 0) collectFailures([() => replaceReports(folder.path, events, told)])
    return told
  }
  return { recorder, folder, report, finish, close }
}

/**
 * Does all of the work, also after a failure, and returns what could not be written. Throws what is no failure to
 * write.
 */
function collectFailures(work: readonly (() => unknown)[]): string[] {
  return work.flatMap((write) => {
    try {
      write()
      return []
    } catch (error) {
      const expected = expectedError(error)
      if (expected === undefined) throw error
      return [expected.message]
    }
  })
}

/** What could not be written; a run that was cut short makes no baseline. */
function savedBaseline({ saveBaseline: file }: Judging, run: RunReport): string[] {
  if (file === undefined) return []
  const measures = baselineMeasures(run)
  if (run.verdict !== 'passed') return [`no baseline was saved: the run has not passed`]
  if (measures.length === 0) return ['no baseline was saved: the run measured nothing that could be compared']
  return collectFailures([() => writeBaseline(file, { savedAt: run.startedAt, runs: [run.runId], measures })])
}

function followCommand(reports: string): string {
  return typed('open', [], reports === reportsFolder ? [] : [`--reports ${quoted(reports)}`])
}

/** Time and chance, so that runs side by side differ. */
export function newRunId(wallMs: number): string {
  const time = new Date(wallMs).toISOString().slice(0, 19).replace(/\D/g, '')
  return `${time}-${randomBytes(3).toString('hex')}`
}

/** What a run is played on, in words, for whoever compares two runs: no name of a user or machine. */
function describeMachine(): Record<string, string> {
  const processors = cpus()
  const model = processors[0]?.model.trim() ?? ''
  return {
    system: `${type()} ${release()} (${arch()})`,
    processors: `${processors.length}${model === '' || model === 'unknown' ? '' : ` × ${model}`}`,
    memory: `${(totalmem() / GIBIBYTE).toFixed(1)} GiB`,
    node: process.version,
  }
}
