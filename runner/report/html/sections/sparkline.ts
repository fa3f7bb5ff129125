import { summaryOf } from '../../../results/samples.ts'
import { html, type Markup } from '../markup.ts'
import type { TrendPoint } from '../page-data.ts'

const SIZE = { width: 132, height: 16, margin: 3 }
/** So many of the last plays; more would be less than two pixels wide. */
const MOST_POINTS = 60
/** The least that the height stands for, of the median: noise of a few percent looks like little. */
const LEAST_SHARE = 0.3
const CROSS = 2.5

/** The last values as a line without axes: a cross is a play that did not pass, a dot the last one. */
export function sparkline(all: readonly TrendPoint[]): Markup {
  const points = all.slice(-MOST_POINTS)
  const placed = placedPoints(points.map(({ value }) => value)).map((point, place) => ({ ...point, ...points[place] }))
  const last = placed.at(-1)
  const path = placed.map(({ x, y }) => `${x},${y}`).join(' ')
  const crosses = placed
    .filter(({ verdict }) => verdict !== 'passed')
    .map(
      ({ x, y }) => `M${x - CROSS},${y - CROSS}l${2 * CROSS},${2 * CROSS}m0,${-2 * CROSS}l${-2 * CROSS},${2 * CROSS}`,
    )
  return html`<svg class="spark" aria-hidden="true" width="${SIZE.width}" height="${SIZE.height}" viewBox="0 0 ${SIZE.width} ${SIZE.height}">
${placed.length > 1 && html`<polyline points="${path}"/>`}${last?.verdict === 'passed' && html`<circle cx="${last.x}" cy="${last.y}" r="2.5"/>`}${crosses.length > 0 && html`<path d="${crosses.join('')}"/>`}</svg>`
}

/** A single value lies in the middle. */
function placedPoints(values: readonly number[]): { x: number; y: number }[] {
  const { min = 0, median = 0, max = 0 } = summaryOf(values) ?? {}
  const span = Math.max(max - min, median * LEAST_SHARE, 1)
  const bottom = (min + max - span) / 2
  const { width, height, margin } = SIZE
  return values.map((value, place) => ({
    x: tenths(values.length === 1 ? width / 2 : margin + ((width - 2 * margin) * place) / (values.length - 1)),
    y: tenths(height - margin - ((height - 2 * margin) * (value - bottom)) / span),
  }))
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}
