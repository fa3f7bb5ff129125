import { typed } from '../../../base/command-line.ts'
import { formatDuration } from '../../../base/duration.ts'
import { plural } from '../../../base/text.ts'
import type { RunReport, ScenarioReport } from '../../../results/report-model.ts'
import { badge, command, html, type Markup } from '../markup.ts'
import { settingOf } from '../sections/verdict.ts'
import type { LiveRecord } from './live-record.ts'
import { liveBadge } from './live-steps.ts'

/**
 * What has become of a run that is followed. `silent`: its runner is gone, and the record breaks off; `vanished`: its
 * folder is.
 */
export type Fate = 'on' | 'over' | 'silent' | 'vanished'

/** The first screen while there is no verdict: what goes on now. */
export function statusSection(
  record: LiveRecord,
  fate: Fate,
  run: RunReport | undefined,
  scenario: ScenarioReport | undefined,
): Markup {
  const title = scenario?.title ?? run?.name ?? 'A run that is about to begin'
  const since = fate === 'on' && scenario !== undefined && html` for <span data-since="0"></span>`
  return html`<section id="verdict" class="${fate === 'on' ? 'running' : 'interrupted'}">
<p class="now">${fateBadge(fate)}${since}</p>
<h1>${title}</h1>
${scenario !== undefined && html`<p class="dim">${settingOf(scenario).join(' · ')}</p>`}
<p class="why" role="status">${whatGoesOn(record, fate, scenario)}</p>
${fate !== 'on' && html`<div class="next"><h2>What to do</h2><p>Servers of the run may be left. This takes away what a run left wrong or left behind:</p>${command(typed('heal'), 'The command that heals')}</div>`}
${notesOf(record, run, scenario).map((text) => html`<p class="problem inconclusive">${text}</p>`)}
${suiteList(record, run, scenario)}
</section>`
}

function fateBadge(fate: Fate): Markup {
  if (fate === 'vanished') return liveBadge('silent', 'its folder is gone')
  return fate === 'on' ? liveBadge('running') : liveBadge('silent', 'ended without a word')
}

function whatGoesOn(record: LiveRecord, fate: Fate, scenario: ScenarioReport | undefined): string {
  if (fate === 'vanished') return 'The folder of the run is no longer there: nothing more can be read of it.'
  if (fate === 'silent') {
    return 'The program that played it is gone, and the record breaks off here: it was killed, or it crashed.'
  }
  const [path] = [...record.running.keys()].slice(-1)
  const step = scenario?.steps.find((one) => one.path === path)
  if (step !== undefined) return `Step ${step.path}: ${step.name}`
  if (record.progress !== '') return record.progress
  return scenario?.cluster === undefined ? 'Setting up' : 'Between steps, or cleaning up'
}

function notesOf(record: LiveRecord, run: RunReport | undefined, scenario: ScenarioReport | undefined): string[] {
  return [
    ...(run?.warnings ?? []).map((text) => `Warning: ${text}`),
    ...(scenario?.warnings ?? []).map((text) => `Warning: ${text}`),
    ...(record.isThinned
      ? ['The record is very long: this page shows its newest part; the report will be made from all of it.']
      : []),
    ...(record.damagedLines === 0
      ? []
      : [
          `${plural(record.damagedLines, 'line')} of the record cannot be read and ${record.damagedLines === 1 ? 'is' : 'are'} left out.`,
        ]),
  ]
}

/** Where the run stands, when it has more than one scenario. */
function suiteList(
  { past, beside, scenario: place }: LiveRecord,
  run: RunReport | undefined,
  scenario: ScenarioReport | undefined,
): Markup | undefined {
  if (run === undefined || scenario === undefined || past.length + run.notStarted === 0) return undefined
  const all = Math.max(run.notStarted + 1, past.length + beside.length + 1)
  return html`<div class="suite"><p class="dim">Scenario ${place + 1} of ${all} of this run</p>
${beside.length > 0 && html`<ul>${beside.map(({ id, doing }) => html`<li>${liveBadge('running')} ${id} <span class="dim">${doing}</span></li>`)}</ul>`}
${past.length > 0 && html`<ul>${past.map(({ id, verdict, durationMs }) => html`<li>${badge(verdict)} ${id} <span class="dim">${formatDuration(durationMs)}</span></li>`)}</ul>`}</div>`
}
