import type { PageData, PageLogLine } from '../page-data.ts'
import { momentsOf } from './controls.ts'
import { type TimeView, timeText } from './time-view.ts'

/** Something that happened, between the lines of the logs. */
interface LogEvent {
  startMs: number
  text: string
}

/** So many lines are shown at a time. */
const MOST_LINES = 400

/** The lines of all nodes within the time that is shown, with what happened between them. */
export function startLogs(data: PageData, view: TimeView): void {
  const body = document.querySelector('.log tbody')
  const count = document.querySelector('#log-count')
  const search = document.querySelector('#log-search')
  const notable = document.querySelector('#log-notable')
  const nodes = [...document.querySelectorAll<HTMLInputElement>('input[data-node]')]
  if (!(body && count && search instanceof HTMLInputElement && notable instanceof HTMLInputElement)) return
  const events = momentsOf(data)
    .filter(({ group }) => group !== 'failovers')
    .map(({ group, name, startMs }) => ({ startMs, text: `${group === 'steps' ? 'step ' : 'fault: '}${name}` }))
    .sort((a, b) => a.startMs - b.startMs)
  const draw = () => {
    const chosen = nodes.filter((node) => node.checked).map((node) => Number(node.dataset.node))
    const words = search.value.toLowerCase()
    const within = data.logs.lines.filter(
      ([ms, node, text, tells]) =>
        ms >= view.min &&
        ms <= view.max &&
        chosen.includes(node) &&
        (!notable.checked || tells === 1) &&
        (words === '' || text.toLowerCase().includes(words)),
    )
    const shown = within.slice(0, MOST_LINES)
    body.replaceChildren(...merged(shown, events, view, data.logs.nodes))
    count.textContent = countText(shown.length, within.length)
  }
  view.onChange(draw)
  for (const input of [search, notable, ...nodes]) input.addEventListener('input', draw)
  draw()
}

function countText(shown: number, all: number): string {
  if (all === 0) return 'No line here: show more nodes, more time, or all lines.'
  return shown < all
    ? `The first ${shown} of ${all} lines: zoom in to see the others.`
    : `${all} line${all === 1 ? '' : 's'}`
}

function merged(
  lines: readonly PageLogLine[],
  events: readonly LogEvent[],
  view: TimeView,
  nodes: readonly string[],
): HTMLTableRowElement[] {
  const last = lines.at(-1)?.[0] ?? view.max
  const rows = [
    ...lines.map(([ms, node, text]) => ({ ms, row: lineRow(ms, nodes[node] ?? '', text) })),
    ...events
      .filter(({ startMs }) => startMs >= view.min && startMs <= Math.min(view.max, Math.max(last, view.min)))
      .map(({ startMs, text }) => ({ ms: startMs, row: eventRow(startMs, text) })),
  ]
  return rows.sort((a, b) => a.ms - b.ms).map(({ row }) => row)
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
