import type { Clock } from '../../base/clock.ts'
import { formatDuration, formatLimit } from '../../base/duration.ts'
import type { Play } from '../../engine/play.ts'
import type { RunEvent } from '../../record/events.ts'
import type { KnownPlays } from '../../results/known-plays.ts'
import type { Choice } from './choice-flags.ts'
import type { ShardPlan } from './shard.ts'

/** In which order a run plays, until when, and which part of a suite it is. */
export interface Pacing {
  known: KnownPlays
  limits: Limits
  shuffle: boolean
  shard?: ShardPlan
}

/** When a run is to end before all is played. */
interface Limits {
  /** Nothing begins that would not be over by then, ms from the start. */
  maxTimeMs?: number
  /** Nothing begins after a play that did not pass. */
  bail: boolean
}

interface PacedOptions {
  limits: Limits
  /** How long each play is likely to take, ms, in their order; undefined where nothing is known at all. */
  expectedMs: readonly number[] | undefined
  clock: Pick<Clock, 'nowMs'>
}

/** The pacing of a run that a choice asks for. */
export function pacingOf({ maxTimeMs, bail, shuffle }: Choice, known: KnownPlays, shard?: ShardPlan): Pacing {
  return {
    known,
    limits: { bail, ...(maxTimeMs !== undefined && { maxTimeMs }) },
    shuffle,
    ...(shard !== undefined && { shard }),
  }
}

/** How long each play is likely to take, ms; undefined where nothing is known of any. */
export function expectedOf(plays: readonly Play[], known: KnownPlays): number[] | undefined {
  if (known.isEmpty) return undefined
  return plays.map(({ scenario, platform }) => known.expectedMs({ id: scenario.id, server: platform.server }))
}

/** Follows a run, plays of which may go on side by side: what may still begin, and how long it will take. */
export class Pace {
  readonly #options: PacedOptions
  readonly #startMs: number
  readonly #running = new Map<number, number>()
  readonly #done = new Set<number>()
  readonly #ids = new Map<number, string>()
  /** Of plays that were added, by their index, ms. */
  readonly #addedMs = new Map<number, number>()
  /** The longest play of each scenario in this run, ms. */
  readonly #tookMs = new Map<string, number>()
  #mostAtOnce = 1
  #culprit: string | undefined

  constructor(options: PacedOptions) {
    this.#options = options
    this.#startMs = options.clock.nowMs()
  }

  /** More plays come, with indexes from `from` on: each will take as long as its scenario has taken in this run. */
  add(plays: readonly Pick<Play, 'scenario'>[], from: number): void {
    for (const [place, { scenario }] of plays.entries())
      this.#addedMs.set(from + place, this.#tookMs.get(scenario.id) ?? 0)
  }

  readonly follow = (event: RunEvent): void => {
    if (event.type === 'scenario-started') {
      this.#running.set(event.scenario, this.#options.clock.nowMs())
      this.#ids.set(event.scenario, event.id)
      this.#mostAtOnce = Math.max(this.#mostAtOnce, this.#running.size)
    }
    if (event.type !== 'scenario-ended') return
    const id = this.#ids.get(event.scenario)
    const sinceMs = this.#running.get(event.scenario)
    if (id !== undefined && sinceMs !== undefined) {
      const tookMs = this.#options.clock.nowMs() - sinceMs
      this.#tookMs.set(id, Math.max(this.#tookMs.get(id) ?? 0, tookMs))
    }
    this.#running.delete(event.scenario)
    this.#done.add(event.scenario)
    if (event.verdict !== 'passed' && event.verdict !== 'skipped') this.#culprit ??= id
  }

  /** Why a play is not to begin now, in a sentence; undefined if it may. */
  readonly refusal = (index: number): string | undefined => {
    const { limits, expectedMs, clock } = this.#options
    if (limits.bail && this.#culprit !== undefined)
      return `not played: ${this.#culprit} did not pass, and --bail stops there`
    if (limits.maxTimeMs === undefined) return undefined
    const leftMs = limits.maxTimeMs - (clock.nowMs() - this.#startMs)
    const neededMs = expectedMs?.[index] ?? this.#addedMs.get(index) ?? 0
    if (leftMs > 0 && neededMs <= leftMs) return undefined
    const has = leftMs > 0 ? `has ${formatDuration(leftMs)} left` : 'is over'
    return `not played: it takes about ${formatDuration(neededMs)}, and --max-time ${formatLimit(limits.maxTimeMs)} ${has}`
  }

  /**
   * How long the rest of the run will take, ms, if plays go on side by side as they have so far; undefined where nothing
   * is known.
   */
  readonly leftMs = (): number | undefined => {
    const { expectedMs, limits, clock } = this.#options
    if (expectedMs === undefined) return undefined
    const now = clock.nowMs()
    const all = [...expectedMs.entries(), ...this.#addedMs]
    const left = all.reduce((sum, [index, ownMs]) => {
      if (this.#done.has(index)) return sum
      const sinceMs = this.#running.get(index)
      return sum + (sinceMs === undefined ? ownMs : Math.max(ownMs - (now - sinceMs), 0))
    }, 0)
    const most = limits.maxTimeMs === undefined ? left : Math.max(limits.maxTimeMs - (now - this.#startMs), 0)
    return Math.min(left / this.#mostAtOnce, most)
  }
}
