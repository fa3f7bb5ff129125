import type { RunReport, ScenarioReport } from '../../../results/report-model.ts'
import { pairs } from '../badge.ts'
import { html, type Markup } from '../markup.ts'
import { runAgain } from '../run-again.ts'

/** What it was played on, and how it is played again. */
export function environmentSection(run: RunReport, scenario: ScenarioReport): Markup {
  const { cluster, params, server, asked, platform, seed, startedAt, tags } = scenario
  const settings = Object.entries(cluster?.config ?? {}).map(([name, value]) => `${name} ${value}`)
  const given = Object.entries(params).map(([name, value]) => `${name} = ${String(value)}`)
  return html`<section id="environment" aria-labelledby="environment-title"><h2 id="environment-title">Environment</h2>
${pairs([
  ['server', asked === undefined || asked === server ? server : `${server}, asked for as ${asked}`],
  ['platform', platform],
  ['server settings', settings.join(', ')],
  ['params', given.join(', ')],
  ['tags', tags.join(', ')],
  ['seed', String(seed)],
  ['started', startedAt],
  ['run', run.runId],
  ...Object.entries(run.environment ?? {}),
  ['nodes', cluster?.nodes.map(({ name, address }) => `${name} at ${address}`).join(', ')],
])}
<h3>Run it again</h3>
${runAgain(run, scenario)}
</section>`
}
