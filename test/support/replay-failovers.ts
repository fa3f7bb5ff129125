import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { FailoverLog } from '../../runner/cluster/failover-log.ts'
import { dialectOf } from '../../runner/platforms/dialects.ts'
import { readEvents } from '../../runner/record/event-log.ts'
import type { EventOf, RunEvent, ScenarioEvent } from '../../runner/record/events.ts'
import { WallClock } from '../../runner/record/wall-clock.ts'
import { type Failovers, failoversOf } from '../../runner/results/failovers/failovers.ts'
import type { FailoverTimeline } from '../../runner/results/failovers/timeline.ts'
import { faultsOf } from '../../runner/results/faults.ts'
import { playedSteps } from '../../runner/results/steps.ts'
import { FakeClock } from './fake-clock.ts'

export const LOGS = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../cluster/failover-logs')

export interface StoredRun {
  /** The events as they were recorded. */
  events: RunEvent[]
  /** `redis-node0 2026-11-24T14:36:06.612Z 23501:C 24 Nov 2026 14:36:06.612 # …`, in order of time. */
  lines: string[]
  /** What the wall clock said, ms since the epoch, when the events' clock was at 0. */
  wallAtStartMs: number
}

/** A run as `scripts/store-failover-logs.ts` left it. */
export function storedRun(name: string): StoredRun {
  const events = readEvents(path.join(LOGS, name, 'events.jsonl'))
  const lines = readFileSync(path.join(LOGS, name, 'log.txt'), 'utf8')
    .trimEnd()
    .split('\n')
  const started = events.find((event): event is EventOf<'run-started'> => event.type === 'run-started')
  if (!started) throw new Error(`${name} has no start`)
  return { events, lines, wallAtStartMs: Date.parse(started.startedAt) - started.atMs }
}

/** What the lines tell, read anew: each as if it had just been logged. */
export function readLines({ events, lines, wallAtStartMs }: StoredRun): EventOf<'failover-seen'>[] {
  const ready = events.find((event): event is EventOf<'cluster-ready'> => event.type === 'cluster-ready')
  const ended = events.find((event) => event.type === 'watch-ended')
  if (!ready || !ended) throw new Error('the stored run has no cluster, or no end')
  const clock = new FakeClock(0)
  clock.wallMs = () => Math.floor(wallAtStartMs + clock.ms)
  const log = new FailoverLog(() => dialectOf(ready.server), new WallClock(clock))
  return lines.flatMap((line): EventOf<'failover-seen'>[] => {
    const [, node = '', time = '', text = ''] = /^(\S+) (\S+) (.*)$/.exec(line) ?? []
    const wallMs = Date.parse(time)
    clock.ms = Math.max(clock.ms, wallMs - wallAtStartMs)
    const fact = log.read(node, { wallMs, text })
    if (!fact || fact.nowMs < ready.atMs || fact.nowMs > ended.atMs) return []
    const { nowMs, ...told } = fact
    return [{ atMs: nowMs, type: 'failover-seen', scenario: ready.scenario, ...told, seenMs: nowMs }]
  })
}

/** What a stored run tells, its logs read anew. */
export function replay(run: StoredRun): Failovers {
  const others = run.events.filter(
    (event): event is ScenarioEvent => 'scenario' in event && event.type !== 'failover-seen',
  )
  return failoversIn([...others, ...readLines(run)]) ?? { failovers: [], suspicions: [], denied: [] }
}

/** The timelines of one scenario, from its events alone. */
export function timelinesOf(events: readonly ScenarioEvent[]): FailoverTimeline[] | undefined {
  return failoversIn(events)?.failovers
}

/** The failovers and suspicions of one scenario, from its events alone. */
export function failoversIn(events: readonly ScenarioEvent[]): Failovers | undefined {
  const startMs = events.find((event) => event.type === 'scenario-started')?.atMs ?? 0
  return failoversOf(events, { steps: playedSteps(events, startMs), faults: faultsOf(events, startMs) })
}
