import { ChaosError } from '../base/errors.ts'
import type { ClusterInfo, EventOf, PlannedStep, RunEvent, StepOutcome } from '../record/events.ts'
import { failoverSummary } from './failover-summary.ts'
import type { ScenarioEvent } from './failovers/facts.ts'
import { failoverTimelines } from './failovers/failovers.ts'
import { failoversOfSteps } from './failovers-of-steps.ts'
import { faultsOf, pausesOf } from './faults.ts'
import { keptViews, nodeLanes, shardLanes, viewsOf } from './lanes.ts'
import { playedFiles } from './played-files.ts'
import { repeatsOf } from './repeats.ts'
import {
  type FailoverReport,
  REPORT_VERSION,
  type RunReport,
  type ScenarioReport,
  type StepReport,
} from './report-model.ts'
import { seriesOf } from './series.ts'
import { comparePaths, depthOf, writtenPath } from './step-path.ts'
import { exitCodeOf } from './verdict.ts'

/** The events do not tell of a run: there is nothing to report. */
export class ReportError extends ChaosError {
  override name = 'ReportError'
}

const BROKE_OFF =
  'The record of the run breaks off here: the runner was killed or crashed before the scenario ended. Servers that it started may still be there.'

/**
 * The report of a run, from its events alone. Events that break off midway (a crash) still give one: what was under way
 * is `interrupted`, what was not reached is `not-run`. `folder` is where the run's files are, should the events not tell.
 * Throws ReportError if there is no `run-started`.
 */
export function reduceRun(events: readonly RunEvent[], folder = ''): RunReport {
  const started = events.find((event) => event.type === 'run-started')
  if (started === undefined) {
    throw new ReportError(
      'The event log holds no start of a run: there is nothing to report; play it again with npm run scenario NAME',
    )
  }
  const ended = events.find((event) => event.type === 'run-ended')
  const lastMs = events.reduce((latest, event) => Math.max(latest, event.atMs), started.atMs)
  const starts = events.filter((event) => event.type === 'scenario-started')
  const played = playedFiles(events)
  const verdict = ended?.verdict ?? 'interrupted'
  return withRepeats({
    version: REPORT_VERSION,
    verdict,
    exitCode: ended?.exitCode ?? exitCodeOf(verdict),
    startedAt: started.startedAt,
    durationMs: tidyMs(ended?.durationMs ?? lastMs - started.atMs),
    seed: started.seed,
    name: started.name,
    runId: started.runId,
    command: started.command,
    folder: ended?.folder ?? folder,
    complete: ended !== undefined,
    ...(started.environment && { environment: started.environment }),
    notStarted: Math.max(started.scenarios - starts.length, 0),
    warnings: events.filter((event) => event.type === 'warning' && event.scenario === undefined).map(textOf),
    scenarios: starts.map((start) => {
      const file = played.get(start.scenario)
      const report = reduceScenario(start, eventsOf(start.scenario, events), started, lastMs)
      return file === undefined ? report : { ...report, played: file }
    }),
    ...comparedOf(events),
  })
}

function withRepeats(run: RunReport): RunReport {
  const repeats = repeatsOf(run)
  return repeats.length === 0 ? run : { ...run, repeats }
}

function comparedOf(events: readonly RunEvent[]): Pick<RunReport, 'baseline'> {
  const compared = events.find((event) => event.type === 'baseline-compared')
  if (compared === undefined) return {}
  const { file, savedAt, comparisons } = compared
  return { baseline: { file, savedAt, comparisons } }
}

function eventsOf(scenario: number, events: readonly RunEvent[]): ScenarioEvent[] {
  return events.filter((event): event is ScenarioEvent => 'scenario' in event && event.scenario === scenario)
}

function reduceScenario(
  start: EventOf<'scenario-started'>,
  events: readonly ScenarioEvent[],
  run: EventOf<'run-started'>,
  lastMs: number,
): ScenarioReport {
  const ready = events.find((event) => event.type === 'cluster-ready')
  const ended = events.find((event) => event.type === 'scenario-ended')
  const endMs = ended?.atMs ?? lastMs
  const reason = ended === undefined ? BROKE_OFF : ended.reason
  const steps = reduceSteps(start, events, endMs)
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
    ...(start.repeat && { repeat: start.repeat }),
    seed: start.seed,
    params: start.params,
    startedAt: wallTime(run, start.atMs, events),
    durationMs: tidyMs(ended?.durationMs ?? endMs - start.atMs),
    setupMs: tidyMs(ended?.setupMs ?? ready?.setupMs ?? 0),
    cleanupMs: tidyMs(ended?.cleanupMs ?? 0),
    ...(ready !== undefined && { cluster: ready.cluster }),
    steps,
    checks: events.filter((event) => event.type === 'check-judged').map(({ check }) => check),
    failovers: failoversOf(events, steps, ready?.cluster),
    ...whatWasSeen(events, ready?.cluster, start.atMs, endMs - (ended?.cleanupMs ?? 0)),
    warnings: events.filter((event) => event.type === 'warning').map(textOf),
    logs: events.filter((event) => event.type === 'log-saved').map(({ node, file }) => ({ node, file })),
    ...sourceOf(events),
  }
}

/** Lanes, views, faults and load, as far as they were recorded; `endMs`, in the time of the events, is when looking ended. */
function whatWasSeen(
  events: readonly ScenarioEvent[],
  cluster: ClusterInfo | undefined,
  startMs: number,
  endMs: number,
): Partial<ScenarioReport> {
  const overMs = tidyMs(endMs - startMs)
  const views = viewsOf(events, cluster, startMs)
  const lanes = {
    nodeLanes: nodeLanes(views, pausesOf(events, startMs), overMs),
    shardLanes: shardLanes(events, startMs, overMs),
    views: keptViews(views),
  }
  const series = seriesOf(events)
  const histories = events.filter((event) => event.type === 'history-saved')
  const faults = faultsOf(events, startMs, overMs)
  return {
    ...(views.length > 0 && lanes),
    ...(faults.length > 0 && { faults }),
    ...(series.length > 0 && { series }),
    ...(histories.length > 0 && { histories: histories.map(({ workload, file }) => ({ workload, file })) }),
  }
}

/** The failovers of a scenario, from its events; `steps` and `cluster` are what the same events were reduced to. */
function failoversOf(
  events: readonly ScenarioEvent[],
  steps: readonly StepReport[],
  cluster: ClusterInfo | undefined,
): FailoverReport[] {
  const timelines = failoverTimelines(events) ?? failoversOfSteps(steps, cluster)
  return timelines.map((timeline) => ({ ...timeline, summary: failoverSummary(timeline) }))
}

function sourceOf(events: readonly ScenarioEvent[]): Pick<ScenarioReport, 'source'> {
  const source = events.find((event) => event.type === 'scenario-source')
  return source === undefined ? {} : { source: source.files }
}

function reduceSteps(
  start: EventOf<'scenario-started'>,
  events: readonly ScenarioEvent[],
  endMs: number,
): StepReport[] {
  const steps = new Map<string, Omit<StepReport, 'index'>>()
  for (const event of events) {
    if (event.type === 'step-started') {
      const startMs = tidyMs(event.atMs - start.atMs)
      const cutOff = { verdict: 'interrupted' as const, ...limitOf(event.limitMs) }
      steps.set(event.step.path, { ...stepOf(event.step, cutOff, endMs - event.atMs), startMs })
    } else if (event.type === 'step-ended') {
      const begun = steps.get(event.step.path)
      const startMs = begun?.startMs ?? tidyMs(event.atMs - event.durationMs - start.atMs)
      // The limit may be told at the start of the step only.
      const outcome = { ...limitOf(begun?.limitMs), ...event.outcome }
      steps.set(event.step.path, { ...stepOf(event.step, outcome, event.durationMs), startMs })
    }
  }
  const played = new Set([...steps.keys()].map(writtenPath))
  for (const step of start.steps) {
    if (!played.has(writtenPath(step.path))) steps.set(step.path, stepOf(step, { verdict: 'not-run' }, 0))
  }
  return [...steps.values()].sort((a, b) => comparePaths(a.path, b.path)).map((step, index) => ({ index, ...step }))
}

function stepOf(step: PlannedStep, outcome: StepOutcome, durationMs: number): Omit<StepReport, 'index'> {
  const { targets, proof, lastSeen, note, error, attempts } = outcome
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
function wallTime(run: EventOf<'run-started'>, atMs: number, events: readonly ScenarioEvent[]): string {
  const clocks = events.find((event) => event.type === 'clocks-seen')
  if (clocks !== undefined) return new Date(clocks.wallMs + atMs - clocks.seenMs).toISOString()
  const startMs = Date.parse(run.startedAt)
  return Number.isNaN(startMs) ? run.startedAt : new Date(startMs + atMs - run.atMs).toISOString()
}

/** Microseconds are the finest that the clock tells with sense. */
function tidyMs(durationMs: number): number {
  return Math.max(Math.round(durationMs * 1000) / 1000, 0)
}
