import uPlot from 'uplot'
import type { TrendData, TrendLineData, TrendPoint } from '../page-data.ts'
import { AXIS, color, compact, durationText } from './charts.ts'
import { startTheme } from './theme.ts'
import { tickText, timeRange, valueRange } from './trend-axes.ts'

const TREND_HEIGHT = 180
/** Ticks of counts are whole numbers. */
const COUNTS = [1, 2, 5]
  .flatMap((step) => Array.from({ length: 9 }, (_, power) => step * 10 ** power))
  .sort((a, b) => a - b)

startTheme()
const holder = document.querySelector('#data')
const trends: TrendData = JSON.parse(holder?.textContent ?? '{"lines":[]}')
let plots: uPlot[] = []
/** Those in rows that are open. */
const drawTrends = () => {
  for (const plot of plots) plot.destroy()
  plots = [...document.querySelectorAll('.trend-group[open] > .trend-row[open] .trend')].flatMap((element) => {
    const line = trends.lines[Number(element.getAttribute('data-line'))]
    return line && element instanceof HTMLElement ? [drawTrend(element, line)] : []
  })
}
/** What the address names may be folded. */
const openNamed = () => {
  let element = document.getElementById(location.hash.slice(1))
  const named = element
  for (; element; element = element.parentElement) if (element instanceof HTMLDetailsElement) element.open = true
  named?.scrollIntoView()
}
openNamed()
drawTrends()
document.addEventListener('toggle', drawTrends, { capture: true })
document.addEventListener('themechange', drawTrends)
addEventListener('hashchange', openNamed)
addEventListener('resize', drawTrends)

function drawTrend(element: HTMLElement, { name, unit, points }: TrendLineData): uPlot {
  const write = unit === 'count' ? compact : durationText
  const times = points.map(({ at }) => at / 1000)
  // uPlot itself puts two years beside a single time.
  const shown = timeRange(Math.min(...times), Math.max(...times))
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: TREND_HEIGHT,
    padding: [8, 14, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: {
      x: { time: true, range: () => shown },
      y: { range: (_, __, max) => valueRange(max) },
    },
    axes: [
      { ...AXIS, space: 100, values: (_, ticks, __, ___, step) => ticks.map((tick) => tickText(tick, step)) },
      {
        ...AXIS,
        size: 64,
        ...(unit === 'count' && { incrs: COUNTS }),
        values: (_, ticks) => ticks.map((tick) => (tick === 0 ? '0' : write(tick))),
      },
    ],
    series: [
      { label: 'run', value: (_, __, ___, at) => (at === null ? '–' : (points[at]?.label ?? '')) },
      {
        label: name,
        width: 1.5,
        stroke: () => color('--series-0'),
        points: { show: false },
        value: (_, value) => (value === null ? '–' : write(value)),
      },
    ],
    hooks: { draw: [(plot) => drawPoints(plot, points)] },
  }
  return new uPlot(options, [times, points.map(({ value }) => value)], element)
}

/** A run that passed is a dot; any other is a cross, so that color is not needed to tell them apart. */
function drawPoints(plot: uPlot, points: readonly TrendPoint[]): void {
  const { ctx } = plot
  const size = 4 * devicePixelRatio
  ctx.save()
  ctx.lineWidth = 2 * devicePixelRatio
  for (const { at, value, verdict } of points) {
    const x = plot.valToPos(at / 1000, 'x', true)
    const y = plot.valToPos(value, 'y', true)
    ctx.strokeStyle = ctx.fillStyle = color(verdict === 'passed' ? '--series-0' : '--fault-solid')
    ctx.beginPath()
    if (verdict === 'passed') {
      ctx.arc(x, y, size * 0.8, 0, 2 * Math.PI)
      ctx.fill()
      continue
    }
    ctx.moveTo(x - size, y - size)
    ctx.lineTo(x + size, y + size)
    ctx.moveTo(x - size, y + size)
    ctx.lineTo(x + size, y - size)
    ctx.stroke()
  }
  ctx.restore()
}
