import { plural } from '../../../base/text.ts'
import type { ScenarioReport } from '../../../results/report-model.ts'
import type { PageLogs } from '../log-lines.ts'
import { html, type Markup } from '../markup.ts'
import { controls } from './timeline.ts'

/**
 * The logs of all nodes on one clock, filtered to what the timeline shows. Nothing where none was kept. `root`: the way from
 * the page to the run's folder, empty or with a slash at its end.
 */
export function logsSection(
  { logs }: ScenarioReport,
  { nodes, lines, left }: PageLogs,
  root: string,
): Markup | undefined {
  if (logs.length === 0) return undefined
  const files = logs.map(({ node, file }) => html`<a href="${root}${file}">${node}</a> `)
  if (lines.length === 0) {
    return html`<section id="logs" aria-labelledby="logs-title"><h2 id="logs-title">Node logs</h2><p>The logs are not beside this report: they were in ${files}.</p></section>`
  }
  const boxes = nodes.map(
    (node, place) => html`<label><input type="checkbox" data-node="${place}" checked> ${node}</label>`,
  )
  return html`<section id="logs" aria-labelledby="logs-title"><h2 id="logs-title">Node logs</h2>
<p class="dim small">Lines within the time that the timeline shows, of all nodes on one clock. Node ids are told as names.</p>
${controls('logs')}
<div class="controls">${boxes}<label><input type="checkbox" id="log-notable" checked> only what tells of the cluster</label>
<label>Search <input type="search" id="log-search"></label></div>
<div class="log" tabindex="0" role="region" aria-label="Log lines"><table><thead class="sr"><tr><th scope="col">at</th><th scope="col">node</th><th scope="col">line</th></tr></thead><tbody></tbody></table></div>
<p class="dim small"><span id="log-count" role="status"></span>${left > 0 && html` ${plural(left, 'line')} had no room in this page.`} Whole files: ${files}</p>
</section>`
}
