import { plural } from '../../base/text.ts'
import { METRIC_NAMES, METRICS } from '../../record/comparison.ts'
import type { TrendLine } from '../../record/trends.ts'
import { summaryOf } from '../../results/samples.ts'
import { writeMeasure } from '../repeat-lines.ts'
import { VERDICT_LOOKS } from '../verdicts.ts'
import { badge, html, type Markup } from './markup.ts'
import { renderPage } from './page.ts'
import type { TrendData, TrendLineData } from './page-data.ts'

/** One scenario on one server, over all runs. */
interface Trend {
  id: string
  server: string
  platform: string
  lines: TrendLine[]
}

/** How many of the last runs are told as a row of marks. */
const LAST_RUNS = 30

/** `trends.html`: how each scenario fared on each server, from the first run to the last. */
export function trendsPage(lines: readonly TrendLine[]): string {
  const trends = trendsOf(lines)
  const charts = trends.map(chartsOf)
  const placed = charts.map((own, place) => own.map((_, chart) => numberOf(charts, place) + chart))
  return renderPage({
    title: 'Trends',
    navigation: trends.map((trend, place) => ({ id: `trend-${place}`, name: `${trend.id} ${trend.server}` })),
    body: html`<section id="verdict"><h1>Trends</h1><p class="dim">${plural(lines.length, 'scenario')} played, from ${lines[0]?.startedAt ?? ''} to ${lines.at(-1)?.startedAt ?? ''}</p></section>
${trends.map((trend, place) => trendSection(trend, place, charts[place] ?? [], placed[place] ?? []))}`,
    script: 'trends-page',
    data: { lines: charts.flat() } satisfies TrendData,
  })
}

function numberOf(charts: readonly TrendLineData[][], place: number): number {
  return charts.slice(0, place).reduce((sum, own) => sum + own.length, 0)
}

function trendsOf(lines: readonly TrendLine[]): Trend[] {
  const trends = new Map<string, Trend>()
  for (const line of lines) {
    const server = line.asked ?? line.server
    const key = JSON.stringify([line.id, server, line.platform])
    const known = trends.get(key)
    if (known) known.lines.push(line)
    else trends.set(key, { id: line.id, server, platform: line.platform, lines: [line] })
  }
  return [...trends.values()].sort((a, b) => a.id.localeCompare(b.id, 'en') || a.server.localeCompare(b.server, 'en'))
}

/** A chart for each metric that was ever measured, and the duration where there was none. */
function chartsOf({ lines }: Trend): TrendLineData[] {
  const charts = METRIC_NAMES.map((metric) => ({
    name: METRICS[metric].name,
    unit: METRICS[metric].unit,
    points: lines.flatMap((line) => pointOf(line, line.measures?.[metric], METRICS[metric].unit)),
  })).filter(({ points }) => points.length > 0)
  if (charts.length > 0) return charts
  return [{ name: 'duration', unit: 'ms', points: lines.flatMap((line) => pointOf(line, line.durationMs, 'ms')) }]
}

function pointOf(line: TrendLine, value: number | undefined, unit: 'ms' | 'count'): TrendLineData['points'] {
  if (value === undefined) return []
  const label = `${line.startedAt}: ${writeMeasure(value, unit)}, ${line.verdict}, ${line.server}`
  return [{ at: Date.parse(line.startedAt), value, verdict: line.verdict, label }]
}

function trendSection(
  trend: Trend,
  place: number,
  charts: readonly TrendLineData[],
  numbers: readonly number[],
): Markup {
  const { id, server, platform, lines } = trend
  const passed = lines.filter(({ verdict }) => verdict === 'passed').length
  const last = lines.at(-1)
  return html`<section id="trend-${place}" aria-labelledby="trend-${place}-title">
<h2 id="trend-${place}-title">${id} on ${server}, ${platform}</h2>
<p>${last !== undefined && isKnown(last.verdict) && badge(last.verdict)} the last time; ${passed} of ${plural(lines.length, 'time')} passed. <span class="mono" aria-hidden="true">${lines.slice(-LAST_RUNS).map(({ verdict }) => (isKnown(verdict) ? VERDICT_LOOKS[verdict].mark : '?'))}</span></p>
${charts.map((chart, number) => html`<h3>${chart.name}</h3>${summaryLine(chart)}<div class="chart trend" data-line="${numbers[number]}"></div>`)}
</section>`
}

function isKnown(verdict: string): verdict is keyof typeof VERDICT_LOOKS {
  return verdict in VERDICT_LOOKS
}

function summaryLine({ points, unit }: TrendLineData): Markup | undefined {
  const summary = summaryOf(points.map(({ value }) => value))
  if (summary === undefined) return undefined
  const write = (value: number) => writeMeasure(value, unit)
  return html`<p class="dim small">median ${write(summary.median)}, p95 ${write(summary.p95)}, ${write(summary.min)} to ${write(summary.max)}; the last ${write(points.at(-1)?.value ?? 0)}</p>`
}
