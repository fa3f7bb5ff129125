import type { Dialect } from '../platforms/dialects.ts'
import { isBegin, readStamp } from '../platforms/log-stamp.ts'
import type { LogLine } from '../platforms/platform.ts'
import { LOG_MOMENTS, type LogMoment, type LogObservation } from '../record/observations.ts'
import type { MappedTime, WallClock } from '../record/wall-clock.ts'

/** A fact with its time still on the monotonic clock itself. */
export type TimedLogObservation = Omit<LogObservation, 'seenMs'> & { nowMs: number }

type Patterns = readonly (readonly [LogMoment, RegExp])[]

/**
 * The platform's stamp may be this much later than the server's own, ms; beyond that they are of different clocks or
 * time zones.
 */
const STAMPS_APART_MS = 1000

/** What stands before a message that DEBUG LOG was given. */
const OF_DEBUG = 'DEBUG LOG: '

/** Groups of `Dialect.failoverLine` that are numbers, by the field of the fact. */
const NUMBERS = ['delayMs', 'rank', 'primaryRank', 'offset', 'epoch', 'votes', 'needed'] as const

/**
 * Reads the logs of a cluster's nodes for what they tell of failovers. It must be given every line from the first:
 * nodes say their ids when they start, and other lines name nodes by id.
 */
export class FailoverLog {
  readonly #dialectOf: (node: string) => Dialect
  /** By node: what its server says since it last began. */
  readonly #patterns = new Map<string, Patterns>()
  readonly #wallClock: WallClock
  readonly #nameById = new Map<string, string>()
  readonly #lastOf = new Map<string, { wallMs: number; nowMs: number }>()

  /** `dialectOf` is asked whenever a server begins: its node may be of another version then. */
  constructor(dialectOf: (node: string) => Dialect, wallClock: WallClock) {
    this.#dialectOf = dialectOf
    this.#wallClock = wallClock
  }

  /** What a line that has just arrived from the log of `node` tells; undefined if it is nothing of failovers. */
  read(node: string, line: LogLine): TimedLogObservation | undefined {
    const stamp = readStamp(line.text)
    const text = stamp?.message ?? line.text
    if (text.startsWith(OF_DEBUG)) return undefined
    if (isBegin(text)) this.#patterns.delete(node)
    for (const [moment, pattern] of this.#patternsOf(node)) {
      const match = pattern.exec(text)
      if (!match) continue
      const { groups = {} } = match
      if (moment === 'identity') {
        // An id is of the node that said it first: before any step was played, nobody else can have said it.
        if (groups.node !== undefined && !this.#nameById.has(groups.node)) this.#nameById.set(groups.node, node)
        return undefined
      }
      const own = stamp !== undefined && Math.abs(line.wallMs - stamp.wallMs) <= STAMPS_APART_MS
      return { node, moment, ...this.#timeOf(node, own ? stamp.wallMs : line.wallMs), text, ...this.#details(groups) }
    }
    return undefined
  }

  #patternsOf(node: string): Patterns {
    const known = this.#patterns.get(node)
    if (known) return known
    const dialect = this.#dialectOf(node)
    const patterns: Patterns = LOG_MOMENTS.map((moment) => [moment, dialect.failoverLine(moment)])
    this.#patterns.set(node, patterns)
    return patterns
  }

  /** Lines of one log keep their order, however finely the clocks are aligned meanwhile. */
  #timeOf(node: string, wallMs: number): MappedTime {
    const last = this.#lastOf.get(node)
    const mapped = this.#wallClock.map(wallMs)
    const nowMs = last && wallMs >= last.wallMs ? Math.max(mapped.nowMs, last.nowMs) : mapped.nowMs
    this.#lastOf.set(node, { wallMs, nowMs })
    return { ...mapped, nowMs }
  }

  #details(groups: Readonly<Record<string, string | undefined>>): Partial<LogObservation> {
    const details: Partial<LogObservation> = {}
    const { node, by, state, reason } = groups
    if (node !== undefined) details.about = this.#nameOf(node)
    if (by !== undefined) details.by = this.#nameOf(by)
    if (state !== undefined) details.state = state
    if (reason !== undefined) details.reason = reason
    for (const name of NUMBERS) {
      const value = groups[name]
      if (value !== undefined) details[name] = Number(value)
    }
    return details
  }

  #nameOf(id: string): string {
    return this.#nameById.get(id) ?? `unknown node ${id.slice(0, 8)}`
  }
}
