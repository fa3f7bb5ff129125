import { plural } from '../../base/text.ts'
import { METRIC_NAMES, METRICS, NIGHT_STATES, type NightState } from '../../record/comparison.ts'
import type { TrendLine } from '../../record/trends.ts'
import { summaryOf } from '../../results/samples.ts'
import { writeMeasure } from '../repeat-lines.ts'
import { VERDICT_LOOKS } from '../verdicts.ts'
import { html, type Markup } from './markup.ts'
import { renderPage } from './page.ts'
import type { TrendData, TrendLineData } from './page-data.ts'
import { sparkline } from './sections/sparkline.ts'
import { type Trend, type TrendGroup, trendGroups } from './sections/trend-groups.ts'

/** How many of the last plays are told as a row of marks, and counted. */
const LAST_PLAYS = 30
/** So many rows are shown at first; groups beyond them are folded. */
const ROWS_AT_FIRST = 80

/** How a state is shown: a mark that tells it without color, the word for it, and the class of a verdict like it. */
const STATE_LOOKS: Readonly<Record<NightState, { mark: string; word: string; look: string }>> = {
  failing: { mark: '✖', word: 'failing', look: 'failed' },
  slower: { mark: '▲', word: 'slower', look: 'failed' },
  flaky: { mark: '≈', word: 'flaky', look: '' },
  faster: { mark: '▼', word: 'faster', look: 'passed' },
  new: { mark: '+', word: 'new', look: 'plain' },
  few: { mark: '·', word: 'few samples', look: 'plain' },
  stable: { mark: '✔', word: 'stable', look: 'passed' },
}

/** What somebody should look at. */
const NEEDS_ATTENTION: readonly NightState[] = ['failing', 'slower', 'flaky']

/** A row, and its charts by their number within the page. */
interface TrendRow {
  trend: Trend
  charts: { chart: TrendLineData; number: number }[]
}

/** `trends.html`: how each scenario fared in each suite, from the first run to the last; its charts are in its row. */
export function trendsPage(all: readonly TrendLine[]): string {
  // What was interrupted says nothing of the scenario.
  const lines = all.filter(({ verdict }) => verdict !== 'interrupted')
  const interrupted = all.length - lines.length
  const groups = trendGroups(lines)
  const drawn: TrendLineData[] = []
  const rows = groups.map(({ trends }) =>
    trends.map((trend) => ({
      trend,
      charts: chartsOf(trend).map((chart) => ({ chart, number: drawn.push(chart) - 1 })),
    })),
  )
  return renderPage({
    title: 'Trends',
    navigation: groups.map((group, place) => ({ id: `group-${place}`, name: titleOf(group) })),
    body: html`<section class="trends" aria-labelledby="trends-title">
<h1 id="trends-title">Trends</h1>
<p class="dim small">${plural(lines.length, 'play')} of scenarios, from ${lines[0]?.startedAt ?? ''} to ${lines.at(-1)?.startedAt ?? ''}. Each row opens the charts of its scenario. Passed: of the last ${LAST_PLAYS} times. State: what the last night says of it, beside the nights before; else how it ended.${interrupted > 0 && ` Left out: ${plural(interrupted, 'play')} that ${interrupted === 1 ? 'was' : 'were'} interrupted.`}</p>
${groups.map((group, place) => groupPart(group, rows, place))}</section>`,
    script: 'trends-page',
    data: { lines: drawn } satisfies TrendData,
  })
}

function titleOf({ suite, place }: TrendGroup): string {
  return `${suite ?? 'In no suite'}${place === undefined ? ', on several servers' : ` on ${place}`}`
}

function groupPart(group: TrendGroup, rows: readonly TrendRow[][], place: number): Markup {
  const own = rows[place] ?? []
  const before = rows.slice(0, place).reduce((sum, { length }) => sum + length, 0)
  // What was played in no suite is folded where anything else is there.
  const isAside = group.suite === undefined && place > 0
  const isOpen = place === 0 || (!isAside && before + own.length <= ROWS_AT_FIRST)
  const passed = own.filter(({ trend }) => trend.lines.at(-1)?.verdict === 'passed').length
  const states = own.flatMap(({ trend }) => stateOf(trend.lines.at(-1)) ?? [])
  return html`<details class="trend-group" id="group-${place}"${isOpen && html` open`}>
<summary><h2>${titleOf(group)}</h2> <span class="dim small">${plural(own.length, 'row')}, ${passed} passed the last time</span>${attention(states)}</summary>
<div class="trend-cells trend-heads" aria-hidden="true"><span>scenario</span><span class="spark">last plays</span><span class="measure">measure</span><span class="number">last</span><span class="number median">median</span><span class="number passes">passed</span><span class="state">state</span></div>
${own.map((row, at) => rowPart(row, before + at, group.place === undefined))}
</details>`
}

function rowPart({ trend, charts }: TrendRow, place: number, tellsServer: boolean): Markup {
  const { server, platform, lines } = trend
  const id = trend.client === undefined ? trend.id : `${trend.id} through ${trend.client}`
  const last = lines.at(-1)
  const recent = lines.slice(-LAST_PLAYS)
  const first = charts[0]?.chart
  const summary = summaryOf(first?.points.map(({ value }) => value) ?? [])
  const write = (value: number | undefined) =>
    value === undefined || first === undefined ? '–' : writeMeasure(value, first.unit)
  const name = `${id}${tellsServer ? ` on ${server}, ${platform}` : ''}`
  return html`<details class="trend-row" id="trend-${place}">
<summary class="trend-cells ${tone(last)}"><span class="name" title="${name}">${name}</span>${sparkline(first?.points ?? [])}<span class="measure dim">${first?.name}</span><span class="number"><span class="sr">last </span>${write(first?.points.at(-1)?.value)}</span><span class="number median dim"><span class="sr">median </span>${write(summary?.median)}</span><span class="number passes dim"><span class="sr">passed </span>${passedOf(recent)}</span>${stateCell(last)}</summary>
<div class="trend-more"><p><strong>${id}</strong> on ${server}, ${platform}: ${passedCount(lines)} of ${plural(lines.length, 'time')} passed. <span class="mono" aria-hidden="true">${recent.map((line) => markOf(line.verdict))}</span></p>
${last?.why !== undefined && html`<p class="told">${last.why}</p>`}
${charts.map(({ chart, number }) => html`<h3>${chart.name}</h3>${summaryLine(chart)}<div class="chart trend" data-line="${number}"></div>`)}</div>
</details>`
}

function passedOf(lines: readonly TrendLine[]): string {
  return `${passedCount(lines)}/${lines.length}`
}

function passedCount(lines: readonly TrendLine[]): number {
  return lines.filter(({ verdict }) => verdict === 'passed').length
}

/** How many rows need attention, by their state, the worst first. */
function attention(states: readonly NightState[]): Markup[] {
  return NEEDS_ATTENTION.flatMap((state) => {
    const count = states.filter((one) => one === state).length
    const { mark, word, look } = STATE_LOOKS[state]
    return count === 0
      ? []
      : [html` <span class="attention state ${look}"><span aria-hidden="true">${mark}</span> ${count} ${word}</span>`]
  })
}

function stateOf(line: TrendLine | undefined): NightState | undefined {
  return NIGHT_STATES.find((state) => state === line?.state)
}

/** The class of a row that stands out. */
function tone(line: TrendLine | undefined): 'bad' | 'warned' | '' {
  const state = stateOf(line)
  if (state === 'flaky') return 'warned'
  const isBad = state === undefined ? line?.verdict !== 'passed' : NEEDS_ATTENTION.includes(state)
  return isBad ? 'bad' : ''
}

/** What the last night said of it, else the last verdict; a word of a later version is shown as it is. */
function stateCell(line: TrendLine | undefined): Markup {
  const state = stateOf(line)
  const verdict = line?.verdict ?? ''
  if (state !== undefined) {
    const { mark, word, look } = STATE_LOOKS[state]
    return html`<span class="state ${look}"><span aria-hidden="true">${mark}</span> ${word}</span>`
  }
  const look = isKnown(verdict) ? verdict : ''
  return html`<span class="state ${look}"><span aria-hidden="true">${markOf(verdict)}</span> ${isKnown(verdict) ? VERDICT_LOOKS[verdict].word : verdict}</span>`
}

function markOf(verdict: string): string {
  return isKnown(verdict) ? VERDICT_LOOKS[verdict].mark : '?'
}

function isKnown(verdict: string): verdict is keyof typeof VERDICT_LOOKS {
  return Object.hasOwn(VERDICT_LOOKS, verdict)
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

function summaryLine({ points, unit }: TrendLineData): Markup | undefined {
  const summary = summaryOf(points.map(({ value }) => value))
  if (summary === undefined) return undefined
  const write = (value: number) => writeMeasure(value, unit)
  return html`<p class="dim small">median ${write(summary.median)}, p95 ${write(summary.p95)}, ${write(summary.min)} to ${write(summary.max)}; the last ${write(points.at(-1)?.value ?? 0)}</p>`
}
