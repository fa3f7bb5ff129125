import type { ConnectionsObservation } from '../../record/client-observations.ts'

/** What became of the connections of a workload while its load went on, as its servers saw them. */
export interface ConnectionChanges {
  /** Opened in place of one that had ended, on whichever server. */
  reconnects: number
  /** Opened without one that had ended. */
  more: number
  /** Ended and not replaced. */
  lost: number
  byNode: Map<string, { opened: number; closed: number }>
}

/**
 * Looks at several servers that lie so close together are one, ms: half of the time between two looks at the same server.
 * Nobody knows which of what they show came first.
 */
const TOGETHER_MS = 500
/** Clients open what they need in the first moments of their load, ms. */
const START_MS = 2000

/** From the looks of one workload, in order of time. */
export function changesOf(looks: readonly ConnectionsObservation[]): ConnectionChanges {
  const byNode = new Map<string, { opened: number; closed: number }>()
  /** What servers that give no answer had: it is taken for ended, as its client takes it. */
  const silent = new Map<string, number>()
  const pairs = new Pairs(beginOf(looks) + START_MS + TOGETHER_MS)
  let opened = 0
  for (const look of looks) {
    if (look.moment === 'begin') continue
    const { node, seenMs, open, closed } = look
    const before = silent.get(node) ?? 0
    if (look.silent === true) {
      if (!silent.has(node)) pairs.end(open, seenMs)
      silent.set(node, open)
      continue
    }
    silent.delete(node)
    if (closed > before) pairs.end(closed - before, seenMs)
    else pairs.restore(before - closed)
    pairs.open(look.opened, seenMs)
    opened += look.opened
    const sum = byNode.get(node) ?? { opened: 0, closed: 0 }
    byNode.set(node, { opened: sum.opened + look.opened, closed: sum.closed + closed })
  }
  return { reconnects: pairs.count, more: opened - pairs.count, lost: pairs.ended, byNode }
}

/**
 * Until when a client must have come to a server for its connection to be surely among those of the start, on the clock
 * of the looks: one look lies between it and the end of the start.
 */
export function startOf(looks: readonly ConnectionsObservation[]): number {
  return beginOf(looks) + START_MS - 2 * TOGETHER_MS
}

/** When the load began, on the clock of the looks. */
function beginOf(looks: readonly ConnectionsObservation[]): number {
  return Math.max(...looks.filter(({ moment }) => moment === 'begin').map(({ seenMs }) => seenMs))
}

/**
 * Connections that take the place of others: each is opened after the end of one, or seen to be in one look with it. Of
 * what a client opens in the first moments of its load, only what is seen after an end takes its place.
 */
class Pairs {
  /** How many there are. */
  count = 0
  readonly #startUntilMs: number
  /** When those were seen to end that are not replaced, and those to be opened that replace none. */
  readonly #endsMs: number[] = []
  readonly #opensMs: number[] = []

  constructor(startUntilMs: number) {
    this.#startUntilMs = startUntilMs
  }

  /** How many ended and are not replaced. */
  get ended(): number {
    return this.#endsMs.length
  }

  end(count: number, atMs: number): void {
    this.#pair(count, atMs, this.#endsMs, this.#opensMs, (openMs) => this.#replaces(openMs, atMs))
  }

  open(count: number, atMs: number): void {
    this.#pair(count, atMs, this.#opensMs, this.#endsMs, (endMs) => this.#replaces(atMs, endMs))
  }

  /** So many that were taken for ended are still there. */
  restore(count: number): void {
    this.#endsMs.splice(Math.max(this.#endsMs.length - count, 0))
  }

  #pair(count: number, atMs: number, own: number[], others: number[], isPair: (otherMs: number) => boolean): void {
    for (let n = 0; n < count; n += 1) {
      const place = others.findLastIndex(isPair)
      if (place < 0) own.push(atMs)
      else {
        others.splice(place, 1)
        this.count += 1
      }
    }
  }

  #replaces(openMs: number, endMs: number): boolean {
    if (openMs > this.#startUntilMs) return openMs >= endMs - TOGETHER_MS
    return openMs > endMs + TOGETHER_MS
  }
}

/** What one server had of a workload at the start and at the end. */
export interface ServerLeak {
  node: string
  first: number
  last: number
  /** How many may be open at the end, and why. */
  allowed: number
  why: 'start' | 'usual' | 'late' | 'pool'
  leaked: number
}

/** What a workload may open that it had not opened at the start. */
export interface Allowance {
  /** How many a pool may have to each server: one for each client; 0 without a pool. */
  pool: number
  /** Clients of the workload: one that came to a server only later opens its connection then, and only one. */
  clients: number
  /** How many of them did so to a server, by its name. */
  late: (node: string) => number
}

/** Servers that gave an answer at the end, and the names of those that did not. */
export function leaksOf(
  looks: readonly ConnectionsObservation[],
  may: Allowance,
): { servers: ServerLeak[]; unseen: string[] } {
  const beganMs = beginOf(looks)
  const first = new Map<string, number>()
  for (const { node, seenMs, open, silent } of looks) {
    if (silent !== true && seenMs <= beganMs + START_MS) first.set(node, Math.max(first.get(node) ?? 0, open))
  }
  const usual = Math.max(0, ...first.values())
  const ends = looks.filter(({ moment }) => moment === 'end')
  const servers = ends
    .filter(({ silent }) => silent !== true)
    .map(({ node, open }): ServerLeak => {
      const before = first.get(node) ?? 0
      const most = mostOf(before, usual, Math.min(Math.max(before, usual) + may.late(node), may.clients), may.pool)
      return { node, first: before, last: open, ...most, leaked: Math.max(open - most.allowed, 0) }
    })
  return { servers, unseen: ends.filter(({ silent }) => silent === true).map(({ node }) => node) }
}

/** The most of these, and the first of them that is as much. `usual`: the most that any server had at the start. */
function mostOf(start: number, usual: number, late: number, pool: number): Pick<ServerLeak, 'allowed' | 'why'> {
  const allowed = Math.max(start, usual, late, pool)
  if (allowed === start) return { allowed, why: 'start' }
  if (allowed === usual) return { allowed, why: 'usual' }
  return { allowed, why: allowed === late ? 'late' : 'pool' }
}
