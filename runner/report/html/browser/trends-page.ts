import uPlot from 'uplot'
import type { TrendData, TrendLineData, TrendPoint } from '../page-data.ts'
import { AXIS, color, compact, durationText } from './charts.ts'
import { startTheme } from './theme.ts'

const TREND_HEIGHT = 180

startTheme()
const holder = document.querySelector('#data')
const trends: TrendData = JSON.parse(holder?.textContent ?? '{"lines":[]}')
let plots: uPlot[] = []
const drawTrends = () => {
  for (const plot of plots) plot.destroy()
  plots = [...document.querySelectorAll('.trend')].flatMap((element) => {
    const line = trends.lines[Number(element.getAttribute('data-line'))]
    return line && element instanceof HTMLElement ? [drawTrend(element, line)] : []
  })
}
drawTrends()
document.addEventListener('themechange', drawTrends)
addEventListener('resize', drawTrends)

function drawTrend(element: HTMLElement, { name, unit, points }: TrendLineData): uPlot {
  const write = unit === 'count' ? compact : durationText
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: TREND_HEIGHT,
    padding: [8, 14, 0, 0],
    scales: { x: { time: true }, y: { range: (_, min, max) => [0, Math.max(max * 1.1, min + 1, 1)] } },
    axes: [AXIS, { ...AXIS, size: 64, values: (_, ticks) => ticks.map((tick) => write(tick)) }],
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
  const times = points.map(({ at }) => at / 1000)
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
