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
 * A connection that is opened so long before the end of another is seen takes its place, ms: the servers are asked one
 * by one, and one that does not answer is known not to by its silence of a second.
 */
const TOGETHER_MS = 3000

/** From the looks of one workload, in order of time. */
export function changesOf(looks: readonly ConnectionsObservation[]): ConnectionChanges {
  const byNode = new Map<string, { opened: number; closed: number }>()
  /** What servers that give no answer had: it is taken for ended, as its client takes it. */
  const silent = new Map<string, number>()
  const openedMs: number[] = []
  let [reconnects, lost, opened] = [0, 0, 0]
  const lose = (count: number, atMs: number) => {
    lost += count
    while (lost > 0 && openedMs.length > 0) {
      if (atMs - (openedMs.pop() ?? 0) > TOGETHER_MS) break
      lost -= 1
      reconnects += 1
    }
  }
  for (const look of looks) {
    if (look.moment === 'begin') continue
    const { node, seenMs, open, closed } = look
    const before = silent.get(node) ?? 0
    if (look.silent === true) {
      if (!silent.has(node)) lose(open, seenMs)
      silent.set(node, open)
      continue
    }
    silent.delete(node)
    if (closed > before) lose(closed - before, seenMs)
    else lost = Math.max(lost - (before - closed), 0)
    const replaced = Math.min(look.opened, lost)
    lost -= replaced
    reconnects += replaced
    opened += look.opened
    for (let n = replaced; n < look.opened; n += 1) openedMs.push(seenMs)
    const sum = byNode.get(node) ?? { opened: 0, closed: 0 }
    byNode.set(node, { opened: sum.opened + look.opened, closed: sum.closed + closed })
  }
  return { reconnects, more: opened - reconnects, lost, byNode }
}

/** What one server had of a workload at the start and at the end. */
export interface ServerLeak {
  node: string
  first: number
  last: number
  /** The most that any server had at the start: as many may come to be where the load comes to later. */
  usual: number
  leaked: number
}

/** Clients open what they need in the first moments of their load, ms. */
const START_MS = 2000

/** Servers that gave an answer at the end, and the names of those that did not. */
export function leaksOf(looks: readonly ConnectionsObservation[]): { servers: ServerLeak[]; unseen: string[] } {
  const beganMs = Math.max(...looks.filter(({ moment }) => moment === 'begin').map(({ seenMs }) => seenMs))
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
      return { node, first: before, last: open, usual, leaked: Math.max(open - Math.max(before, usual), 0) }
    })
  return { servers, unseen: ends.filter(({ silent }) => silent === true).map(({ node }) => node) }
}
