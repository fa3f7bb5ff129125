import type { PageData, PageState, Span } from '../page-data.ts'
import { type TimeView, ticksBetween, timeText } from './time-view.ts'

const LANE = 20
const GAP = 4
const AXIS = 24
const GROUP_GAP = 8
/** Width that a character of a label takes, roughly, px. */
const CHARACTER = 6.1
const RIGHT = 14
/** Bars that overlap by less only touch, ms: times are rounded. */
const TOUCHING_MS = 1

/** States that are drawn hatched, by the color of the hatching: they are told apart without color too. */
const HATCHES: Record<string, string> = {
  down: 'gone',
  silent: 'gone',
  paused: 'paused',
  apart: 'apart',
  refused: 'refused',
  failing: 'refused',
  out: 'gone',
  ended: 'gone',
  starting: 'paused',
}

const SVG = 'http://www.w3.org/2000/svg'

interface Bar extends Span {
  /** A class of the style sheet, or one of HATCHES. */
  look: string
  text: string
  title: string
}

interface Row {
  label: string
  strong?: boolean
  /** Room above it. */
  gap?: boolean
  bars: Bar[]
}

interface LanesDrawing {
  rows: Row[]
  bands: readonly Span[]
  view: TimeView
  /** Room for labels on the left, px. */
  gutter: number
}

interface RowDrawing {
  y: number
  x(ms: number): number
  gutter: number
  plot: number
  view: TimeView
}

function svgElement(
  name: string,
  attributes: Record<string, string | number>,
  children: (Node | string)[] = [],
): SVGElement {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  element.append(...children)
  return element
}

/** Rows of the timeline, from the top: steps, faults, failovers, applications, then each shard with its nodes. */
export function rowsOf(data: PageData): Row[] {
  const steps = data.steps.map(({ path, name, verdict, level, startMs, endMs }) => ({
    level,
    startMs,
    endMs,
    look: verdict,
    text: path,
    title: `step ${path}: ${name}, ${verdict}`,
  }))
  const faults = data.faults.map(({ name, startMs, endMs }) => ({
    startMs,
    endMs,
    look: 'fault',
    text: name,
    title: name,
  }))
  return [
    ...inLevels('steps', steps),
    ...stacked('faults', faults),
    ...failoverRows(data),
    ...data.appLanes.map(({ app, spans }, place) => ({
      ...{ label: app, strong: true, gap: place === 0 },
      bars: spans.map(barOf),
    })),
    ...data.shardLanes.flatMap(({ shard, spans }) => [
      { label: `shard ${shard}`, strong: true, gap: true, bars: spans.map(barOf) },
      ...data.nodeLanes
        .filter((lane) => lane.shard === shard)
        .map((lane) => ({ label: lane.node, bars: lane.spans.map(barOf) })),
    ]),
    ...data.nodeLanes
      .filter((lane) => !data.shardLanes.some(({ shard }) => shard === lane.shard))
      .map((lane) => ({ label: lane.node, bars: lane.spans.map(barOf) })),
  ]
}

function barOf({ startMs, endMs, state, note }: PageState): Bar {
  return { startMs, endMs, look: state, text: state, title: note === undefined ? state : `${state}: ${note}` }
}

function failoverRows(data: PageData): Row[] {
  const bars = data.failovers.flatMap(({ name, startMs, endMs, phases }) =>
    phases.length === 0
      ? [{ startMs, endMs, look: 'phase-0', text: name, title: name }]
      : phases.map((phase, place) => ({
          startMs: phase.startMs,
          endMs: phase.endMs,
          look: phase.open === true ? 'phase-open' : `phase-${place % 8}`,
          text: phase.name,
          title: `${name}: ${phase.name}, ${timeText(phase.endMs - phase.startMs)}`,
        })),
  )
  return stacked('failover', bars)
}

function inLevels(label: string, bars: (Bar & { level: number })[]): Row[] {
  const levels = [...new Set(bars.map(({ level }) => level))].sort((a, b) => a - b)
  return levels.map((level, place) => ({
    label: place === 0 ? label : '',
    strong: true,
    bars: bars.filter((bar) => bar.level === level),
  }))
}

/** Bars that overlap go into rows of their own. */
function stacked(label: string, bars: Bar[]): Row[] {
  const rows: Bar[][] = []
  for (const bar of [...bars].sort((a, b) => a.startMs - b.startMs)) {
    const row = rows.find((each) => (each.at(-1)?.endMs ?? 0) <= bar.startMs + TOUCHING_MS)
    if (row) row.push(bar)
    else rows.push([bar])
  }
  return rows.map((row, place) => ({ label: place === 0 ? label : '', strong: true, bars: row }))
}

/** Draws the rows for what is shown now. */
export function drawLanes(svg: SVGSVGElement, { rows, bands, view, gutter }: LanesDrawing): void {
  const width = svg.parentElement?.clientWidth ?? 800
  const plot = Math.max(width - gutter - RIGHT, 50)
  const x = (ms: number) =>
    gutter + ((Math.min(Math.max(ms, view.min), view.max) - view.min) / (view.max - view.min)) * plot
  const { ticks, stepMs } = ticksBetween(view.min, view.max, plot / 90)
  let y = AXIS
  const drawn: Node[] = []
  for (const row of rows) {
    if (row.gap) y += GROUP_GAP
    drawn.push(...drawRow(row, { y, x, gutter, plot, view }))
    y += LANE + GAP
  }
  const grid = ticks.map((at) =>
    svgElement('g', { class: 'tick' }, [
      svgElement('line', { x1: x(at), x2: x(at), y1: AXIS - 5, y2: y }),
      svgElement('text', { x: x(at), y: AXIS - 9, 'text-anchor': 'middle' }, [timeText(at, stepMs)]),
    ]),
  )
  const shades = bands
    .filter(({ startMs, endMs }) => endMs > view.min && startMs < view.max)
    .map(({ startMs, endMs }) =>
      svgElement('rect', { class: 'band', x: x(startMs), y: AXIS, width: x(endMs) - x(startMs), height: y - AXIS }),
    )
  svg.setAttribute('height', String(y))
  svg.setAttribute('viewBox', `0 0 ${width} ${y}`)
  svg.replaceChildren(hatchPatterns(), ...shades, ...grid, ...drawn)
}

function drawRow(row: Row, { y, x, gutter, plot, view }: RowDrawing): SVGElement[] {
  const baseline = y + LANE / 2 + 4
  const label = svgElement(
    'text',
    { class: row.strong ? 'label strong' : 'label', x: gutter - 8, y: baseline, 'text-anchor': 'end' },
    [row.label],
  )
  const track = svgElement('rect', { class: 'track', x: gutter, y, width: plot, height: LANE, rx: 3 })
  const bars = row.bars
    .filter(({ startMs, endMs }) => endMs >= view.min && startMs <= view.max)
    .flatMap((bar) => drawBar(bar, x(bar.startMs), x(bar.endMs), y, baseline))
  return [label, track, ...bars]
}

function drawBar(
  { look, text, title, startMs, endMs }: Bar,
  from: number,
  to: number,
  y: number,
  baseline: number,
): SVGElement[] {
  const width = Math.max(to - from, 2)
  const hatch = HATCHES[look]
  const fill = hatch === undefined ? {} : { fill: `url(#hatch-${hatch})` }
  const when = `${timeText(startMs)} to ${timeText(endMs)}`
  const rect = svgElement(
    'rect',
    { class: hatch === undefined ? `span ${look}` : 'span', ...fill, x: from, y, width, height: LANE, rx: 2 },
    [svgElement('title', {}, [`${title} (${when})`])],
  )
  const room = Math.floor((width - 8) / CHARACTER)
  if (room < Math.min(text.length, 3)) return [rect]
  const shown = text.length <= room ? text : `${text.slice(0, room - 1)}…`
  const isPlain = hatch === undefined && look !== 'phase-open'
  const on = isPlain ? `on-${look.startsWith('phase') ? 'phase' : look}` : 'halo'
  return [rect, svgElement('text', { class: on, x: from + 5, y: baseline }, [shown])]
}

/** The fills of states that are hatched. */
function hatchPatterns(): SVGElement {
  const patterns = [...new Set(Object.values(HATCHES))].map((name) =>
    svgElement(
      'pattern',
      {
        id: `hatch-${name}`,
        width: 7,
        height: 7,
        patternUnits: 'userSpaceOnUse',
        patternTransform: name === 'paused' ? 'rotate(90)' : name === 'apart' ? 'rotate(-45)' : 'rotate(45)',
      },
      [
        svgElement('rect', { class: `hatch-${name}`, width: 7, height: 7 }),
        svgElement('line', { class: `stroke-${name}`, x1: 0, x2: 0, y1: 0, y2: 7, 'stroke-width': 2.4 }),
      ],
    ),
  )
  return svgElement('defs', {}, patterns)
}

/** Room on the right of the plot, px: charts leave the same. */
export const RIGHT_ROOM = RIGHT
