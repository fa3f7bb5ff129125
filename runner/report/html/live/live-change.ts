import type { PageData, PageLogLine, PageSeries } from '../page-data.ts'
import type { LiveChange, LiveState, LogChange, SeriesChange } from './live-data.ts'

/** The parts of the data that are sent whole when they change. */
const PARTS = ['endMs', 'steps', 'faults', 'failovers', 'appLanes', 'nodeLanes', 'shardLanes', 'views'] as const

/** What is new in `to` since `from`, the state before it of the same scenario. */
export function changeBetween(from: LiveState, to: LiveState): LiveChange {
  const before = new Map(from.sections.map(({ id, html }) => [id, html]))
  const series = seriesChanges(from.data.series, to.data.series)
  const logs = logChange(from.data.logs, to.data.logs)
  return {
    on: to.on,
    title: to.title,
    order: to.sections.map(({ id }) => id),
    sections: to.sections.filter(({ id, html }) => before.get(id) !== html),
    data: changedParts(from.data, to.data),
    ...(series !== undefined && { series }),
    ...(logs !== undefined && { logs }),
  }
}

function changedParts(from: PageData, to: PageData): LiveChange['data'] {
  const changed = PARTS.filter((part) => JSON.stringify(from[part]) !== JSON.stringify(to[part]))
  return Object.fromEntries(changed.map((part) => [part, to[part]]))
}

function seriesChanges(from: readonly PageSeries[], to: readonly PageSeries[]): SeriesChange[] | undefined {
  const changes = to.map((series, place): SeriesChange => {
    const kept = keptBins(from[place], series)
    return { kept, tail: cut(series, kept) }
  })
  const isSame = from.length === to.length && changes.every(({ kept }, place) => kept === to[place]?.ok.length)
  return isSame ? undefined : changes
}

/** How many bins from the first on stay as they were. */
function keptBins(from: PageSeries | undefined, to: PageSeries): number {
  if (from === undefined || from.binMs !== to.binMs || from.startMs !== to.startMs) return 0
  if (from.errors.map(({ name }) => name).join() !== to.errors.map(({ name }) => name).join()) return 0
  const lists = listsOf(from)
  return Math.min(...listsOf(to).map((list, place) => commonLength(lists[place] ?? [], list)))
}

function listsOf({ ok, p50, p99, max, errors }: PageSeries): (readonly (number | null)[])[] {
  return [ok, p50, p99, max, ...errors.map(({ counts }) => counts)]
}

function commonLength<T>(one: readonly T[], other: readonly T[]): number {
  const length = Math.min(one.length, other.length)
  for (let place = 0; place < length; place += 1) if (one[place] !== other[place]) return place
  return length
}

function cut(series: PageSeries, from: number): PageSeries {
  const { ok, errors, p50, p99, max } = series
  return {
    ...series,
    ok: ok.slice(from),
    errors: errors.map(({ name, counts }) => ({ name, counts: counts.slice(from) })),
    p50: p50.slice(from),
    p99: p99.slice(from),
    max: max.slice(from),
  }
}

/** Lines are the same where they are the same objects: nobody compares thousands of texts. */
function logChange(from: PageData['logs'], to: PageData['logs']): LogChange | undefined {
  const first: PageLogLine | undefined = to.lines[0]
  const place = first === undefined ? -1 : from.lines.indexOf(first)
  const dropped = place < 0 ? from.lines.length : place
  const kept = commonLength(from.lines.slice(dropped), to.lines)
  const isSame =
    dropped === 0 && kept === to.lines.length && from.nodes.join() === to.nodes.join() && from.atMs === to.atMs
  return isSame ? undefined : { ...to, dropped, kept, lines: to.lines.slice(kept) }
}

/** The state that a change leads to; the reader of changes calls this. */
export function changed(state: LiveState, change: LiveChange): LiveState {
  const sections = new Map([...state.sections, ...change.sections].map((section) => [section.id, section]))
  const { series, logs } = state.data
  return {
    on: change.on,
    scenario: state.scenario,
    title: change.title,
    sections: change.order.flatMap((id) => sections.get(id) ?? []),
    data: {
      ...state.data,
      ...change.data,
      series: change.series?.map((one, place) => joined(series[place], one)) ?? series,
      logs: change.logs === undefined ? logs : joinedLogs(logs, change.logs),
    },
  }
}

function joined(from: PageSeries | undefined, { kept, tail }: SeriesChange): PageSeries {
  if (from === undefined || kept === 0) return tail
  const join = <T>(old: readonly T[], added: readonly T[]) => [...old.slice(0, kept), ...added]
  return {
    ...tail,
    ok: join(from.ok, tail.ok),
    errors: tail.errors.map(({ name, counts }, place) => ({
      name,
      counts: join(from.errors[place]?.counts ?? [], counts),
    })),
    p50: join(from.p50, tail.p50),
    p99: join(from.p99, tail.p99),
    max: join(from.max, tail.max),
  }
}

function joinedLogs(old: PageData['logs'], { dropped, kept, lines, ...rest }: LogChange): PageData['logs'] {
  return { ...rest, lines: [...old.lines.slice(dropped, dropped + kept), ...lines] }
}
