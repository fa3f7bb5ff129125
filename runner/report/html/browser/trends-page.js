import { colour, compact } from './charts.js'
import { startTheme } from './theme.js'

const TREND_HEIGHT = 180

startTheme()
const holder = document.querySelector('#data')
/** @type {TrendData} */
const trends = JSON.parse(holder?.textContent ?? '{"lines":[]}')
/** @type {uPlot[]} */
let plots = []
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

/**
 * @param {HTMLElement} element
 * @param {TrendData['lines'][number]} line
 */
function drawTrend(element, { name, unit, points }) {
  /** @param {number} value */
  const write = (value) =>
    unit === 'count' ? compact(value) : value >= 1000 ? `${compact(value / 1000)} s` : `${compact(value)} ms`
  const axis = {
    stroke: () => colour('--dim'),
    grid: { stroke: () => colour('--grid'), width: 1 },
    ticks: { show: false },
  }
  const font = '11px system-ui, sans-serif'
  /** @type {uPlot.Options} */
  const options = {
    width: element.clientWidth,
    height: TREND_HEIGHT,
    padding: [8, 14, 0, 0],
    scales: { x: { time: true }, y: { range: (_, min, max) => [0, Math.max(max * 1.1, min + 1, 1)] } },
    axes: [
      { ...axis, font },
      { ...axis, ...{ font, size: 64 }, values: (_, ticks) => ticks.map((tick) => write(tick)) },
    ],
    series: [
      { label: 'run', value: (_, __, ___, at) => (at === null ? '–' : (points[at]?.label ?? '')) },
      {
        ...{ label: name, width: 1.5, stroke: () => colour('--series-0') },
        points: { show: false },
        value: (_, value) => (value === null ? '–' : write(value)),
      },
    ],
    hooks: { draw: [(plot) => drawPoints(plot, points)] },
  }
  const times = points.map(({ at }) => at / 1000)
  return new uPlot(options, [times, points.map(({ value }) => value)], element)
}

/**
 * A run that passed is a dot; any other is a cross, so that colour is not needed to tell them apart.
 * @param {uPlot} plot
 * @param {TrendData['lines'][number]['points']} points
 */
function drawPoints(plot, points) {
  const { ctx } = plot
  const size = 4 * devicePixelRatio
  ctx.save()
  ctx.lineWidth = 2 * devicePixelRatio
  for (const { at, value, verdict } of points) {
    const x = plot.valToPos(at / 1000, 'x', true)
    const y = plot.valToPos(value, 'y', true)
    ctx.strokeStyle = ctx.fillStyle = colour(verdict === 'passed' ? '--series-0' : '--fault-solid')
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
