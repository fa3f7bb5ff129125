import uPlot from 'uplot'
import type { PageData, PageSeries } from '../page-data.ts'
import { RIGHT_ROOM } from './lanes.ts'
import type { Shown } from './shown.ts'
import { type TimeView, ticksBetween, timeText } from './time-view.ts'

const HEIGHT = 170
const NARROW_HEIGHT = 140

/** What all charts of a page share. */
interface ChartsOptions {
  shown: Shown
  view: TimeView
  /** Room on the left of the plot, px. */
  gutter: number
  onHover(ms: number | undefined): void
}

/** What one chart shows. */
interface ChartContent {
  data: uPlot.AlignedData
  lines: uPlot.Series[]
  scale: uPlot.Scale
  format(value: number): string
}

/** How an axis of any chart looks. */
export const AXIS = {
  stroke: () => color('--dim'),
  grid: { stroke: () => color('--grid'), width: 1 },
  ticks: { show: false },
  font: '11px system-ui, sans-serif',
}

/** `12 ms`, `1.2 s`. */
export function durationText(ms: number): string {
  return ms >= 1000 ? `${compact(ms / 1000)} s` : `${compact(ms)} ms`
}

/** A color of the page as it is now, light or dark. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/** Throughput and latency of each workload, on the time axis of the lanes. */
export function drawCharts(holder: HTMLElement, options: ChartsOptions): uPlot[] {
  return options.shown.data.series.flatMap((series, place) => {
    const own = holder.querySelector(`[data-series="${place}"]`)
    const [above, below] = ['.throughput', '.latency'].map((name) => own?.querySelector<HTMLElement>(name))
    if (!above || !below) return []
    return [throughput(above, series, options), latency(below, series, options)]
  })
}

/** Shows what has come since the charts were drawn; false where other lines are needed than they have. */
export function showMore(charts: readonly uPlot[], data: PageData): boolean {
  const all = data.series.flatMap((series) => [throughputData(series), latencyData(series)])
  if (all.length !== charts.length || all.some((one, place) => one.length !== charts[place]?.series.length))
    return false
  for (const [place, one] of all.entries()) charts[place]?.setData(one, false)
  return true
}

/** `share`: where in its bin a value is drawn. */
function timesOf(series: PageSeries, share: number): number[] {
  return series.ok.map((_, bin) => series.startMs + (bin + share) * series.binMs)
}

function throughputData(series: PageSeries): uPlot.AlignedData {
  const perSecond = 1000 / series.binMs
  const rate = (counts: readonly number[]) => counts.map((count) => count * perSecond)
  return [timesOf(series, 0), rate(series.ok), ...series.errors.map(({ counts }) => rate(counts))]
}

function latencyData(series: PageSeries): uPlot.AlignedData {
  return [timesOf(series, 0.5), [...series.p50], [...series.p99], [...series.max]]
}

function throughput(holder: HTMLElement, series: PageSeries, options: ChartsOptions): uPlot {
  const stepped = uPlot.paths.stepped?.({ align: 1 })
  const steps = stepped === undefined ? {} : { paths: stepped }
  return chart(holder, options, {
    data: throughputData(series),
    lines: [
      { label: 'ok', stroke: () => color('--series-0'), fill: () => color('--series-fill'), width: 1.5, ...steps },
      ...series.errors.map(({ name }, place) => ({
        label: name,
        width: 1.5,
        stroke: () => color(`--error-${place % 5}`),
        ...steps,
        ...(place > 0 && { dash: place % 2 === 1 ? [6, 3] : [2, 3] }),
      })),
    ],
    scale: {},
    format: (value) => `${compact(value)}/s`,
  })
}

function latency(holder: HTMLElement, series: PageSeries, options: ChartsOptions): uPlot {
  const lines = [
    { label: 'p50', stroke: () => color('--series-0'), width: 1.5 },
    { label: 'p99', stroke: () => color('--series-1'), width: 1.5, dash: [6, 3] },
    { label: 'max', stroke: () => color('--series-2'), width: 1.5, dash: [2, 3] },
  ]
  return chart(holder, options, {
    data: latencyData(series),
    lines,
    scale: { distr: 3 },
    format: durationText,
  })
}

function chart(holder: HTMLElement, { shown, view, gutter, onHover }: ChartsOptions, content: ChartContent): uPlot {
  const { data, lines, scale, format } = content
  const options: uPlot.Options = {
    width: holder.clientWidth,
    height: holder.clientWidth < 520 ? NARROW_HEIGHT : HEIGHT,
    padding: [8, RIGHT_ROOM, 0, 0],
    scales: { x: { time: false, auto: false, range: () => [view.min, view.max] }, y: scale },
    cursor: { drag: { x: true, y: false, setScale: false }, sync: { key: 'time' }, points: { size: 6 } },
    legend: { live: true },
    axes: [
      {
        ...AXIS,
        size: 24,
        gap: 4,
        splits: (plot) => ticksBetween(view.min, view.max, plot.bbox.width / devicePixelRatio / 90).ticks,
        values: (plot, ticks) => {
          const { stepMs } = ticksBetween(view.min, view.max, plot.bbox.width / devicePixelRatio / 90)
          return ticks.map((tick) => timeText(tick, stepMs))
        },
      },
      {
        ...AXIS,
        size: gutter,
        gap: 6,
        values: (_, ticks) => ticks.map((tick) => (tick === null || tick === undefined ? '' : format(tick))),
      },
    ],
    series: [
      { label: 'at', value: (_, at) => (at === null ? '–' : timeText(at)) },
      ...lines.map((line) => ({
        ...line,
        points: { show: false },
        value: (_: uPlot, value: number | null) => (value === null || value === undefined ? '–' : format(value)),
      })),
    ],
    hooks: {
      drawClear: [(plot) => shade(plot, shown.data)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select
          if (width < 4) return
          view.show(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'))
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        },
      ],
      setCursor: [
        (plot) => {
          const { left } = plot.cursor
          onHover(left === undefined || left === null || left < 0 ? undefined : plot.posToVal(left, 'x'))
        },
      ],
    },
  }
  return new uPlot(options, data, holder)
}

/** The faults behind a chart. */
function shade(plot: uPlot, data: PageData): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.fillStyle = color('--fault')
  for (const { startMs, endMs } of data.faults) {
    const from = Math.max(plot.valToPos(startMs, 'x', true), bbox.left)
    const to = Math.min(plot.valToPos(endMs, 'x', true), bbox.left + bbox.width)
    if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height)
  }
  ctx.restore()
}

export function compact(value: number): string {
  const absolute = Math.abs(value)
  if (absolute >= 1_000_000) return `${trim(value / 1_000_000)}M`
  if (absolute >= 10_000) return `${trim(value / 1000)}k`
  return trim(value)
}

function trim(value: number): string {
  return String(Number(value.toPrecision(3)))
}
