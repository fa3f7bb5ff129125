import { isTypedToPlay, typed } from '../base/command-line.ts'
import { roundMs } from '../base/duration.ts'
import { ChaosError } from '../base/errors.ts'
import { worstExit } from '../base/exit.ts'
import type { EventOf, PlannedStep, RunEvent, ScenarioEvent, StepOutcome } from '../record/events.ts'
import { appLanes } from './app-lanes.ts'
import { contradictionIn, contradictionOfRun } from './contradictions.ts'
import { failoverSummary } from './failovers/summary.ts'
import type { Fault } from './faults.ts'
import { keptViews, nodeLanes, shardLanes, viewsOf } from './lanes.ts'
import { withLaterServers } from './node-servers.ts'
import { playedFiles } from './played-files.ts'
import { repeatsOf } from './repeats.ts'
import { REPORT_VERSION, type RunReport, type ScenarioReport, type StepReport } from './report-model.ts'
import { type ScenarioResults, scenarioEvents, scenarioResults } from './scenario-results.ts'
import { seriesOf } from './series.ts'
import { stallWarnings } from './stalls.ts'
import { comparePaths, depthOf, writtenPath } from './step-path.ts'
import type { PlayedStep } from './steps.ts'
import type { FaultReport } from './timeline-model.ts'
import { exitCodeOf, verdictOfRun } from './verdict.ts'

/** The events do not tell of a run: there is nothing to report. */
export class ReportError extends ChaosError {
  override name = 'ReportError'
}

const BROKE_OFF =
  'The record of the run breaks off here: the runner was killed or crashed before the scenario ended. Servers that it started may still be there.'

/** People paste it. */
const NO_COMMAND =
  'The command that runs it again is left out: what the record has in its place is none that this program writes'

/**
 * The report of a run, from its events alone. Events that break off midway (a crash) still give one: what was under way
 * is `interrupted`, what was not reached is `not-run`. `folder` is where the run's files are, should the events not
 * tell. Throws ReportError if there is no `run-started`.
 */
export function reduceRun(events: readonly RunEvent[], folder = ''): RunReport {
  const started = events.find((event) => event.type === 'run-started')
  if (started === undefined) {
    throw new ReportError(
      `The event log holds no start of a run: there is nothing to report; play it again with ${typed('run', ['NAME'])}`,
    )
  }
  const ended = events.find((event) => event.type === 'run-ended')
  const lastMs = events.reduce((latest, event) => Math.max(latest, event.atMs), started.atMs)
  // Those that are played side by side begin in any order.
  const starts = events
    .filter((event) => event.type === 'scenario-started')
    .sort((one, other) => one.scenario - other.scenario)
  const played = playedFiles(events)
  const recorded = starts.map((start) => {
    const file = played.get(start.scenario)
    const report = reduceScenario(start, scenarioEvents(events, start.scenario), started, lastMs)
    return file === undefined ? report : { ...report, played: file }
  })
  const notStarted = Math.max(started.scenarios - starts.length, 0)
  const isAgain = isTypedToPlay(started.command)
  const { verdict, exitCode, contradictions, scenarios } = verdictsOf(ended, recorded, notStarted)
  return withRepeats({
    version: REPORT_VERSION,
    verdict,
    exitCode,
    startedAt: started.startedAt,
    durationMs: tidyMs(ended?.durationMs ?? lastMs - started.atMs),
    seed: started.seed,
    name: started.name,
    runId: started.runId,
    command: isAgain ? started.command : '',
    folder: ended?.folder ?? folder,
    complete: ended !== undefined,
    ...(started.environment && { environment: started.environment }),
    ...(started.allowed && { allowed: started.allowed }),
    ...(started.merged && { merged: started.merged }),
    ...(started.shard && { shard: started.shard }),
    notStarted,
    warnings: [
      ...events.filter((event) => event.type === 'warning' && event.scenario === undefined).map(textOf),
      ...(isAgain ? [] : [NO_COMMAND]),
    ],
    ...(contradictions && { contradictions }),
    scenarios,
    ...comparedOf(events),
  })
}

/** Verdicts are never better than what they were made from: a record that says so was damaged, or changed. */
function verdictsOf(
  ended: EventOf<'run-ended'> | undefined,
  recorded: readonly ScenarioReport[],
  notStarted: number,
): Pick<RunReport, 'verdict' | 'exitCode' | 'contradictions' | 'scenarios'> {
  const verdict = ended?.verdict ?? 'interrupted'
  const exitCode = ended?.exitCode ?? exitCodeOf(verdict)
  const found = recorded.map(contradictionIn)
  const contradictions = [...found, contradictionOfRun(verdict, recorded, notStarted)].flatMap((one) => one ?? [])
  if (contradictions.length === 0) return { verdict, exitCode, scenarios: [...recorded] }
  const scenarios = recorded.map((scenario, place): ScenarioReport => {
    const clause = found[place]
    return clause === undefined ? scenario : { ...scenario, verdict: 'inconclusive', ...contradictory(clause) }
  })
  const whole = verdictOfRun(['inconclusive', verdict, ...scenarios.map((one) => one.verdict)])
  return { verdict: whole, exitCode: worstExit(exitCode, exitCodeOf(whole)), contradictions, scenarios }
}

function contradictory(clause: string): { reason: string; hint: string } {
  return {
    reason: `the record contradicts itself: ${clause}`,
    hint: 'its files were damaged or changed after the run: play it again',
  }
}

function withRepeats(run: RunReport): RunReport {
  const repeats = repeatsOf(run)
  return repeats.length === 0 ? run : { ...run, repeats }
}

function comparedOf(events: readonly RunEvent[]): Pick<RunReport, 'baseline'> {
  const compared = events.find((event) => event.type === 'baseline-compared')
  if (compared === undefined) return {}
  const { file, savedAt, comparisons, nights } = compared
  return { baseline: { file, savedAt, comparisons, ...(nights && { nights }) } }
}

function reduceScenario(
  start: EventOf<'scenario-started'>,
  events: readonly ScenarioEvent[],
  run: EventOf<'run-started'>,
  lastMs: number,
): ScenarioReport {
  const ready = events.find((event) => event.type === 'cluster-ready')
  const ended = events.find((event) => event.type === 'scenario-ended')
  const results = scenarioResults(events, lastMs)
  const reason = ended === undefined ? BROKE_OFF : ended.reason
  return {
    id: start.id,
    title: start.title,
    file: start.file,
    tags: start.tags,
    verdict: ended?.verdict ?? 'interrupted',
    ...(reason !== undefined && { reason }),
    ...(ended?.hint !== undefined && { hint: ended.hint }),
    platform: start.platform,
    server: ready?.server ?? start.server,
    ...(start.asked !== undefined && { asked: start.asked }),
    ...(start.client !== undefined && { client: start.client }),
    ...(start.programs !== undefined && { programs: start.programs }),
    ...(typeof ready?.sandbox === 'string' && { sandbox: ready.sandbox }),
    ...(start.repeat && { repeat: start.repeat }),
    ...(start.twin && { twin: start.twin }),
    seed: start.seed,
    params: start.params,
    startedAt: wallTime(run, start, events),
    durationMs: tidyMs(ended?.durationMs ?? results.durationMs),
    setupMs: tidyMs(ended?.setupMs ?? ready?.setupMs ?? 0),
    cleanupMs: tidyMs(ended?.cleanupMs ?? 0),
    ...(results.cluster && { cluster: withLaterServers(results.cluster, events, results.startMs) }),
    steps: stepReports(start.steps, results),
    checks: events.filter((event) => event.type === 'check-judged').map(({ check }) => check),
    ...clientsOf(events),
    ...auditOf(events),
    failovers: results.failovers.map((timeline) => ({ ...timeline, summary: failoverSummary(timeline) })),
    ...(results.suspicions.length > 0 && { suspicions: results.suspicions }),
    ...timelineOf(events, results, tidyMs(results.durationMs - (ended?.cleanupMs ?? 0))),
    warnings: [...events.filter((event) => event.type === 'warning').map(textOf), ...stallWarnings(events, start.atMs)],
    logs: events
      .filter((event) => event.type === 'log-saved')
      .map(({ node, file, app }) => ({ node, file, ...(app && { app }) })),
    ...sourceOf(events),
  }
}

function clientsOf(events: readonly ScenarioEvent[]): Pick<ScenarioReport, 'clients'> {
  const clients = events
    .filter((event) => event.type === 'client-summed')
    .map(({ type: _type, scenario: _scenario, atMs: _atMs, ...summary }) => summary)
  return clients.length === 0 ? {} : { clients }
}

function auditOf(events: readonly ScenarioEvent[]): Pick<ScenarioReport, 'audit'> {
  const judged = events.find((event) => event.type === 'audit-judged')
  return judged === undefined ? {} : { audit: judged.audit }
}

/** Lanes, views, faults and load, as far as they were recorded, from the scenario's start to `endMs`. */
function timelineOf(
  events: readonly ScenarioEvent[],
  { startMs, cluster, faults }: ScenarioResults,
  endMs: number,
): Partial<ScenarioReport> {
  const views = viewsOf(events, cluster, startMs)
  const lanes = {
    nodeLanes: nodeLanes(views, faults, endMs),
    shardLanes: shardLanes(events, startMs, endMs),
    views: keptViews(views),
  }
  const series = seriesOf(events)
  const apps = appLanes(events, series, startMs, endMs)
  const histories = events.filter((event) => event.type === 'history-saved')
  return {
    ...(views.length > 0 && lanes),
    ...(apps.length > 0 && { appLanes: apps }),
    ...(faults.length > 0 && { faults: faults.map((fault) => faultReport(fault, endMs)) }),
    ...(series.length > 0 && { series }),
    ...(histories.length > 0 && { histories: histories.map(({ workload, file }) => ({ workload, file })) }),
  }
}

function faultReport({ kind, nodes, startMs, endMs, sentence, proof }: Fault, untilMs: number): FaultReport {
  return {
    name: sentence ?? `${kind} ${nodes.join(', ')}`,
    targets: nodes,
    startMs,
    endMs: endMs ?? untilMs,
    ...(proof !== undefined && { proof }),
  }
}

function sourceOf(events: readonly ScenarioEvent[]): Pick<ScenarioReport, 'source'> {
  const source = events.find((event) => event.type === 'scenario-source')
  return source === undefined ? {} : { source: source.files }
}

/** All steps of a scenario in its order, those that were not reached among them. */
function stepReports(planned: readonly PlannedStep[], { steps, durationMs }: ScenarioResults): StepReport[] {
  const played = new Set(steps.map(({ path }) => writtenPath(path)))
  const notRun = planned.filter(({ path }) => !played.has(writtenPath(path)))
  return [
    ...steps.map((step) => playedReport(step, durationMs)),
    ...notRun.map((step) => stepReport(step, { verdict: 'not-run' }, 0)),
  ]
    .sort((a, b) => comparePaths(a.path, b.path))
    .map((step, index) => ({ index, ...step }))
}

/** A step without an end was cut off when the record was. */
function playedReport(step: PlayedStep, untilMs: number): Omit<StepReport, 'index'> {
  const { startMs, limitMs, outcome = { verdict: 'interrupted' }, durationMs = untilMs - startMs } = step
  return { ...stepReport(step, { ...outcome, ...limitOf(limitMs) }, durationMs), startMs: tidyMs(startMs) }
}

function stepReport(step: PlannedStep, outcome: StepOutcome, durationMs: number): Omit<StepReport, 'index'> {
  const { targets, proof, lastSeen, note, reply, error, attempts } = outcome
  return {
    path: step.path,
    depth: depthOf(step.path),
    file: step.file,
    line: step.line,
    verb: step.verb,
    name: step.name,
    ...(step.phase !== undefined && { phase: step.phase }),
    verdict: outcome.verdict,
    durationMs: tidyMs(durationMs),
    ...limitOf(outcome.limitMs),
    ...(attempts !== undefined && { attempts }),
    ...(outcome.trueAfterMs !== undefined && { trueAfterMs: tidyMs(outcome.trueAfterMs) }),
    ...(targets !== undefined && { targets }),
    ...(outcome.promoted !== undefined && { promoted: outcome.promoted }),
    ...(proof !== undefined && { proof }),
    ...(lastSeen !== undefined && { lastSeen }),
    ...(note !== undefined && { note }),
    ...(reply !== undefined && { reply }),
    ...(error !== undefined && { error }),
  }
}

/** JSON turns the limit of a step that has none (infinity) into null. */
function limitOf(limitMs: number | null | undefined): { limitMs?: number } {
  return typeof limitMs === 'number' && Number.isFinite(limitMs) ? { limitMs } : {}
}

function textOf(event: RunEvent): string {
  return event.type === 'warning' ? event.text : ''
}

/** By the closest comparison of the clocks that there is: what the run wrote down at its start may be some ms off. */
function wallTime(
  run: EventOf<'run-started'>,
  { atMs, startedAt }: EventOf<'scenario-started'>,
  events: readonly ScenarioEvent[],
): string {
  const clocks = events.find((event) => event.type === 'clocks-seen')
  if (clocks !== undefined) return new Date(clocks.wallMs + atMs - clocks.seenMs).toISOString()
  if (startedAt !== undefined) return startedAt
  const startMs = Date.parse(run.startedAt)
  return Number.isNaN(startMs) ? run.startedAt : new Date(startMs + atMs - run.atMs).toISOString()
}

/** To the microsecond; clocks that were compared may put what comes first a little before the start. */
function tidyMs(ms: number): number {
  return Math.max(roundMs(ms), 0)
}
