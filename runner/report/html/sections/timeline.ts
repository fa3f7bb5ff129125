import { formatDuration } from '../../../base/duration.ts'
import { plural } from '../../../base/text.ts'
import type { ScenarioReport } from '../../../results/report-model.ts'
import { type Series, sum } from '../../../results/series.ts'
import { controls, html, Markup } from '../markup.ts'

const LEGEND: [look: string, text: string][] = [
  ['master', 'master'],
  ['replica', 'replica'],
  ['down', 'down or silent'],
  ['paused', 'paused'],
  ['apart', 'answers, but most others mark it as failing'],
  ['served', 'shard served'],
  ['refused', 'shard refused'],
  ['fault', 'fault'],
]

/** Where there are applications. */
const LEGEND_OF_APPS: [look: string, text: string][] = [
  ['starting', 'application starts'],
  ['ready', 'application ready'],
  ['failing', 'some of its requests failed'],
  ['out', 'none was answered well, or it ended'],
]

const FILLS: Readonly<Record<string, string>> = {
  ...{ down: 'gone', paused: 'paused', apart: 'apart', refused: 'refused' },
  ...{ starting: 'paused', failing: 'refused', out: 'gone' },
}

/** Lanes and charts over one time axis; the page's script draws them, and a table says the same. */
export function timelineSection(scenario: ScenarioReport): Markup {
  return html`<section id="timeline" aria-labelledby="timeline-title">
<h2 id="timeline-title">Timeline</h2>
${controls('timeline')}
<div class="stack" role="group" tabindex="0" aria-label="Timeline of the run: plus and minus zoom, arrow keys move, 0 shows the whole">
<svg role="img" aria-label="Lanes of steps, faults, failovers, applications, shards and nodes; the table below says the same"></svg>
${(scenario.series ?? []).map(chartHolder)}
</div>
<ul class="legend">${[...LEGEND, ...(scenario.appLanes === undefined ? [] : LEGEND_OF_APPS)].map(legendItem)}</ul>
<p class="dim small no-print">Drag across the lanes or charts to zoom in; a double click shows the whole run.</p>
${laneTable(scenario)}
</section>`
}

function chartHolder({ workload, binMs, ok, errors }: Series, place: number): Markup {
  const counts = errors.map(({ name, counts }) => `${sum(counts)} ${name}`)
  return html`<div class="chart" data-series="${place}">
<h3>${workload}: operations per second, in bins of ${binMs} ms</h3>
<p class="sr">${plural(sum(ok), 'operation')} of the workload ${workload} carried out; others: ${counts.join(', ') || 'none'}.</p>
<div class="throughput"></div>
<h3>${workload}: latency</h3>
<div class="latency"></div>
</div>`
}

function legendItem([look, text]: [string, string]): Markup {
  const hatch = FILLS[look]
  const fill = hatch === undefined ? '' : ` style="fill:url(#hatch-${hatch})"`
  return html`<li><svg aria-hidden="true"><rect class="span ${hatch === undefined ? look : ''}" width="22" height="12"${new Markup(fill)}></rect></svg>${text}</li>`
}

/** The lanes in words: for screen readers, for paper, and without scripts. */
function laneTable({ appLanes = [], nodeLanes = [], shardLanes = [], faults = [] }: ScenarioReport): Markup {
  const rows = [
    ...faults.map(({ name, startMs, endMs, proof }) => ({ lane: 'fault', startMs, endMs, state: name, note: proof })),
    ...appLanes.flatMap(({ app, spans }) => spans.map((span) => ({ lane: app, ...span }))),
    ...shardLanes.flatMap(({ shard, spans }) => spans.map((span) => ({ lane: `shard ${shard}`, ...span }))),
    ...nodeLanes.flatMap(({ node, spans }) => spans.map((span) => ({ lane: node, ...span }))),
  ]
  if (rows.length === 0) return html`<p class="dim">Nobody looked at the nodes during this run: there are no lanes.</p>`
  const cells = rows.map(
    ({ lane, startMs, endMs, state, note }) =>
      html`<tr><td>${lane}</td><td class="number">${seconds(startMs)}</td><td class="number">${formatDuration(endMs - startMs)}</td><td>${state}</td><td>${note}</td></tr>`,
  )
  return html`<details><summary>The same as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Timeline as a table"><table>
<thead><tr><th scope="col">lane</th><th scope="col" class="number">from</th><th scope="col" class="number">for</th><th scope="col">state</th><th scope="col">note</th></tr></thead>
<tbody>${cells}</tbody></table></div></details>`
}

function seconds(atMs: number): string {
  return `${(atMs / 1000).toFixed(3)} s`
}
