import type { PageData, PageLogLine } from '../page-data.ts'
import { momentsOf } from './controls.ts'
import type { Shown } from './shown.ts'
import { type TimeView, timeText } from './time-view.ts'

/** Something that happened, between the lines of the logs. */
interface LogEvent {
  startMs: number
  text: string
}

/** So many lines are shown at a time. */
const MOST_LINES = 400

/** The lines of all nodes within the time that is shown, with what happened between them. */
export function startLogs(shown: Shown, view: TimeView): void {
  let drawn = ''
  const draw = () => {
    const { data } = shown
    const body = document.querySelector('.log tbody')
    const count = document.querySelector('#log-count')
    if (!(body && count)) return
    const within = data.logs.lines.filter(chosenBy(view))
    const follows = document.querySelector('.log')?.hasAttribute('data-follows') === true
    const from = follows ? Math.max(within.length - MOST_LINES, 0) : firstOf(within, placeOf(data, view))
    const lines = within.slice(from, from + MOST_LINES)
    const part = { view, isFirst: from === 0, isLast: from + lines.length === within.length }
    const rows = merged(lines, eventsOf(data), part, data.logs.nodes)
    const text = JSON.stringify(rows)
    if (text === drawn && body.childElementCount > 0) return
    drawn = text
    stayAtTheEnd(follows, () => body.replaceChildren(...rows.map(rowOf)))
    if (!follows) scrollTo(rows, placeOf(data, view))
    count.textContent = countText(from, lines.length, within.length)
  }
  view.onChange(draw)
  shown.onChange(draw)
  document.addEventListener('input', ({ target }) => {
    if (target instanceof Element && target.closest('#logs') !== null) draw()
  })
  draw()
}

/** The moment that matters within what is shown: the step that did not pass. */
function placeOf({ logs: { atMs } }: PageData, { min, max }: TimeView): number | undefined {
  return atMs !== undefined && atMs >= min && atMs <= max ? atMs : undefined
}

/** Which line is the first to be shown, where there is no room for all: some lead up to the moment that matters. */
function firstOf(lines: readonly PageLogLine[], atMs: number | undefined): number {
  const place = atMs === undefined ? 0 : lines.findIndex(([ms]) => ms >= atMs)
  const last = Math.max(lines.length - MOST_LINES, 0)
  return place < 0 ? last : Math.min(Math.max(place - MOST_LINES / 4, 0), last)
}

/** The list alone moves, and not the page. */
function scrollTo(rows: readonly LogRow[], atMs: number | undefined): void {
  const log = document.querySelector('.log')
  const place = atMs === undefined ? -1 : rows.findIndex(({ ms, node }) => node === undefined && ms >= atMs)
  const row = log?.querySelectorAll('tbody tr')[place]
  if (log && row instanceof HTMLElement) log.scrollTop = row.offsetTop
}

/** Whoever looks at the last line sees the next one; whoever has scrolled up stays there. */
function stayAtTheEnd(follows: boolean, change: () => void): void {
  const log = document.querySelector('.log')
  const isAtEnd = log !== null && log.scrollHeight - log.scrollTop - log.clientHeight < 40
  change()
  if (follows && isAtEnd) log.scrollTop = log.scrollHeight
}

/** Which lines the controls ask for, as they are set now. */
function chosenBy(view: TimeView): (line: PageLogLine) => boolean {
  const nodes = [...document.querySelectorAll<HTMLInputElement>('input[data-node]')]
  const chosen = new Set(nodes.filter((node) => node.checked).map((node) => Number(node.dataset.node)))
  const words = document.querySelector<HTMLInputElement>('#log-search')?.value.toLowerCase() ?? ''
  const notable = document.querySelector<HTMLInputElement>('#log-notable')?.checked === true
  return ([ms, node, text, tells]) =>
    ms >= view.min &&
    ms <= view.max &&
    chosen.has(node) &&
    (!notable || tells === 1) &&
    (words === '' || text.toLowerCase().includes(words))
}

function eventsOf(data: PageData): LogEvent[] {
  return momentsOf(data)
    .filter(({ group }) => group !== 'failovers')
    .map(({ group, name, startMs }) => ({ startMs, text: `${group === 'steps' ? 'step ' : 'fault: '}${name}` }))
    .sort((a, b) => a.startMs - b.startMs)
}

function countText(from: number, shown: number, all: number): string {
  if (all === 0) return 'No line here: show more nodes, more time, or all lines.'
  return shown < all
    ? `Lines ${from + 1} to ${from + shown} of ${all}: zoom in to see the others.`
    : `${all} line${all === 1 ? '' : 's'}`
}

/** A row of the table: a line of a node, or what happened between lines. */
interface LogRow {
  ms: number
  text: string
  /** Absent: something that happened. */
  node?: string
}

/** Events go between lines. Where only a part of the lines is shown, they do not go beyond it. */
function merged(
  lines: readonly PageLogLine[],
  events: readonly LogEvent[],
  { view, isFirst, isLast }: { view: TimeView; isFirst: boolean; isLast: boolean },
  nodes: readonly string[],
): LogRow[] {
  const first = isFirst ? view.min : (lines[0]?.[0] ?? view.min)
  const last = isLast ? view.max : (lines.at(-1)?.[0] ?? view.max)
  const rows: LogRow[] = [
    ...lines.map(([ms, node, text]) => ({ ms, node: nodes[node] ?? '', text })),
    ...events
      .filter(({ startMs }) => startMs >= first && startMs <= last)
      .map(({ startMs, text }) => ({ ms: startMs, text })),
  ]
  return rows.sort((a, b) => a.ms - b.ms)
}

function rowOf({ ms, node, text }: LogRow): HTMLTableRowElement {
  return node === undefined ? eventRow(ms, text) : lineRow(ms, node, text)
}

function lineRow(ms: number, node: string, text: string): HTMLTableRowElement {
  const row = document.createElement('tr')
  if (text.startsWith('# ')) row.className = 'warning'
  for (const cell of [timeText(ms), node, text.replace(/^[.#*-] /, '')]) row.insertCell().textContent = cell
  return row
}

function eventRow(ms: number, text: string): HTMLTableRowElement {
  const row = document.createElement('tr')
  row.className = 'event'
  row.insertCell().textContent = timeText(ms)
  const cell = row.insertCell()
  cell.colSpan = 2
  cell.textContent = text
  return row
}
