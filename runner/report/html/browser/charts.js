import { RIGHT_ROOM } from './lanes.js'
import { ticksBetween, timeText } from './time-view.js'

const HEIGHT = 170
const NARROW_HEIGHT = 140

/**
 * A colour of the page as it is now, light or dark.
 * @param {string} name
 */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/**
 * Throughput and latency of each workload, on the time axis of the lanes.
 * @param {HTMLElement} holder
 * @param {{ data: PageData, view: import('./time-view.js').TimeView, gutter: number, onHover: (ms: number | undefined) => void }} page
 * @returns {uPlot[]}
 */
export function drawCharts(holder, { data, view, gutter, onHover }) {
  return data.series.flatMap((series, place) => {
    const own = /** @type {HTMLElement | null} */ (holder.querySelector(`[data-series="${place}"]`))
    if (own === null) return []
    /** @param {number} share Where in its bin a value is drawn. */
    const times = (share) => series.ok.map((_, bin) => series.startMs + (bin + share) * series.binMs)
    const common = { data, view, gutter, onHover }
    return [
      throughput(/** @type {HTMLElement} */ (own.querySelector('.throughput')), series, { ...common, times: times(0) }),
      latency(/** @type {HTMLElement} */ (own.querySelector('.latency')), series, { ...common, times: times(0.5) }),
    ]
  })
}

/** @typedef {{ data: PageData, view: import('./time-view.js').TimeView, gutter: number, onHover: (ms: number | undefined) => void, times: number[] }} Common */

/**
 * @param {HTMLElement} holder
 * @param {PageSeries} series
 * @param {Common} common
 */
function throughput(holder, series, common) {
  const perSecond = 1000 / series.binMs
  /** @param {number[]} counts */
  const rate = (counts) => counts.map((count) => count * perSecond)
  const stepped = uPlot.paths.stepped?.({ align: 1 })
  const steps = stepped === undefined ? {} : { paths: stepped }
  return chart(holder, common, {
    values: [rate(series.ok), ...series.errors.map(({ counts }) => rate(counts))],
    lines: [
      { label: 'ok', stroke: () => colour('--series-0'), fill: () => colour('--series-fill'), width: 1.5, ...steps },
      ...series.errors.map(({ name }, place) => ({
        ...{ label: name, width: 1.5, stroke: () => colour(`--error-${place % 5}`), ...steps },
        ...(place > 0 && { dash: place % 2 === 1 ? [6, 3] : [2, 3] }),
      })),
    ],
    scale: {},
    format: (value) => `${compact(value)}/s`,
  })
}

/**
 * @param {HTMLElement} holder
 * @param {PageSeries} series
 * @param {Common} common
 */
function latency(holder, series, common) {
  const lines = [
    { label: 'p50', stroke: () => colour('--series-0'), width: 1.5 },
    { label: 'p99', stroke: () => colour('--series-1'), width: 1.5, dash: [6, 3] },
    { label: 'max', stroke: () => colour('--series-2'), width: 1.5, dash: [2, 3] },
  ]
  return chart(holder, common, {
    values: [series.p50, series.p99, series.max],
    lines,
    scale: { distr: 3 },
    format: (value) => (value >= 1000 ? `${compact(value / 1000)} s` : `${compact(value)} ms`),
  })
}

/**
 * @param {HTMLElement} holder
 * @param {Common} common
 * @param {{ values: (number | null)[][], lines: uPlot.Series[], scale: uPlot.Scale, format: (value: number) => string }} what
 */
function chart(holder, { data, view, gutter, onHover, times }, { values, lines, scale, format }) {
  const axis = {
    stroke: () => colour('--dim'),
    grid: { stroke: () => colour('--grid'), width: 1 },
    ticks: { show: false },
  }
  const font = '11px system-ui, sans-serif'
  /** @type {uPlot.Options} */
  const options = {
    width: holder.clientWidth,
    height: holder.clientWidth < 520 ? NARROW_HEIGHT : HEIGHT,
    padding: [8, RIGHT_ROOM, 0, 0],
    scales: { x: { time: false, auto: false, range: () => [view.min, view.max] }, y: scale },
    cursor: { drag: { x: true, y: false, setScale: false }, sync: { key: 'time' }, points: { size: 6 } },
    legend: { live: true },
    axes: [
      {
        ...axis,
        ...{ font, size: 24, gap: 4 },
        splits: (plot) => ticksBetween(view.min, view.max, plot.bbox.width / devicePixelRatio / 90).ticks,
        values: (plot, ticks) => {
          const { stepMs } = ticksBetween(view.min, view.max, plot.bbox.width / devicePixelRatio / 90)
          return ticks.map((tick) => timeText(tick, stepMs))
        },
      },
      {
        ...axis,
        ...{ font, size: gutter, gap: 6 },
        values: (_, ticks) => ticks.map((tick) => (tick === null || tick === undefined ? '' : format(tick))),
      },
    ],
    series: [
      { label: 'at', value: (_, at) => (at === null ? '–' : timeText(at)) },
      ...lines.map((line) => ({
        ...line,
        points: { show: false },
        value: (/** @type {uPlot} */ _, /** @type {number | null} */ value) =>
          value === null || value === undefined ? '–' : format(value),
      })),
    ],
    hooks: {
      drawClear: [(plot) => shade(plot, data)],
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
  return new uPlot(options, /** @type {uPlot.AlignedData} */ ([times, ...values]), holder)
}

/**
 * The faults behind a chart.
 * @param {uPlot} plot
 * @param {PageData} data
 */
function shade(plot, data) {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.fillStyle = colour('--fault')
  for (const { startMs, endMs } of data.faults) {
    const from = Math.max(plot.valToPos(startMs, 'x', true), bbox.left)
    const to = Math.min(plot.valToPos(endMs, 'x', true), bbox.left + bbox.width)
    if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height)
  }
  ctx.restore()
}

/** @param {number} value */
export function compact(value) {
  const absolute = Math.abs(value)
  if (absolute >= 1_000_000) return `${trim(value / 1_000_000)}M`
  if (absolute >= 10_000) return `${trim(value / 1000)}k`
  return trim(value)
}

/** @param {number} value */
function trim(value) {
  return String(Number(value.toPrecision(3)))
}
