import type { RunReport } from '../../../results/report-model.ts'
import { CLIENT_HEADINGS, type ClientRow, clientRows } from '../../client-table.ts'
import { html, type Markup } from '../markup.ts'

/** The client libraries of a run, or of one scenario of it, side by side; `pathOf` leads to the page of a scenario. */
export function clientsSection(run: RunReport, pathOf?: (place: number) => string): Markup | undefined {
  const rows = clientRows(run)
  if (rows.length === 0) return undefined
  return html`<section id="clients" aria-labelledby="clients-title"><h2 id="clients-title">Clients</h2>
<p class="dim small">The longest outage of the servers and of one client in one shard; how long after the servers it was served again; operations without success; clients with an operation that never ended; connections opened in place of others.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Table of clients"><table class="blocks">
<thead><tr>${CLIENT_HEADINGS.map((heading) => html`<th scope="col">${heading}</th>`)}</tr></thead>
<tbody>${rows.map((row) => rowMarkup(row, pathOf))}</tbody></table></div></section>`
}

function rowMarkup({ cells: [client = '', ...others], place }: ClientRow, pathOf?: (place: number) => string): Markup {
  const name = pathOf === undefined ? html`${client}` : html`<a href="${pathOf(place)}">${client}</a>`
  const measures = others.map((text, column) => html`<td data-label="${CLIENT_HEADINGS[column + 1]}">${text}</td>`)
  return html`<tr><td class="what">${name}</td>${measures}</tr>`
}
