import type { TrendLine } from '../../../record/trends.ts'

/** One scenario on one server, through one client, over all runs of a suite. */
export interface Trend {
  id: string
  server: string
  platform: string
  /** The client that was asked for, for workloads that name none. */
  client: string | undefined
  lines: TrendLine[]
}

/** What is shown in one table. */
export interface TrendGroup {
  /** Undefined where scenarios were played in no suite (alone, or some that were picked), or the lines do not tell. */
  suite: string | undefined
  /** Of all its scenarios; undefined where a single scenario was played on several. */
  place: string | undefined
  /** By name of scenario and server. */
  trends: Trend[]
}

/**
 * Each suite on each server: the one that was played last comes first, and what was played in no suite at the end. One
 * scenario on several servers is one group.
 */
export function trendGroups(lines: readonly TrendLine[]): TrendGroup[] {
  const groups = [...groupBy(lines, ({ suite }) => suite ?? '')].flatMap(([, own]) => groupsOfSuite(own))
  return groups
    .map((group) => ({ group, last: Math.max(...group.trends.map(({ lines: own }) => lastTime(own))) }))
    .sort((a, b) => rankOf(a.group) - rankOf(b.group) || b.last - a.last || order(a.group.place, b.group.place))
    .map(({ group }) => group)
}

function groupsOfSuite(lines: readonly TrendLine[]): TrendGroup[] {
  const isOneScenario = new Set(lines.map(({ id }) => id)).size === 1
  const parts = groupBy(lines, placeOf)
  if (isOneScenario && parts.size > 1) return [{ suite: lines[0]?.suite, place: undefined, trends: trendsOf(lines) }]
  return [...parts].map(([place, own]) => ({ suite: own[0]?.suite, place, trends: trendsOf(own) }))
}

function trendsOf(lines: readonly TrendLine[]): Trend[] {
  return [...groupBy(lines, (line) => JSON.stringify([line.id, serverOf(line), line.platform, line.client])).values()]
    .flatMap((own) => {
      const [line] = own
      if (line === undefined) return []
      return [{ id: line.id, server: serverOf(line), platform: line.platform, client: line.client, lines: own }]
    })
    .sort(
      (a, b) =>
        order(a.id, b.id) ||
        order(a.server, b.server) ||
        order(a.platform, b.platform) ||
        order(a.client ?? '', b.client ?? ''),
    )
}

function placeOf(line: TrendLine): string {
  return `${serverOf(line)}, ${line.platform}`
}

function serverOf({ asked, server }: TrendLine): string {
  return asked ?? server
}

function rankOf({ suite }: TrendGroup): number {
  return suite === undefined ? 1 : 0
}

function lastTime(lines: readonly TrendLine[]): number {
  return Date.parse(lines.at(-1)?.startedAt ?? '')
}

function order(a = '', b = ''): number {
  return a.localeCompare(b, 'en')
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const own = groups.get(keyOf(item))
    if (own) own.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}
