import { formatDuration } from '../../base/duration.ts'
import { plural } from '../../base/text.ts'
import { NO_FILES, type RunFiles } from '../../record/run-files.ts'
import { fileName } from '../../record/run-folder.ts'
import type { RunReport, ScenarioReport } from '../../results/report-model.ts'
import { failoverTime } from '../failover-lines.ts'
import type { Problem } from '../problem.ts'
import { problemsOf } from '../problems.ts'
import { scenariosPlayed } from '../repeat-lines.ts'
import { countVerdicts, headlineOf } from '../verdicts.ts'
import { badge, command, html, type Markup, pairs, prose } from './markup.ts'
import { renderPage } from './page.ts'
import { scenarioPage } from './run-page.ts'
import { baselineSection } from './sections/baseline.ts'
import { clientsSection } from './sections/clients.ts'
import { repeatsSection } from './sections/repeats.ts'

const MOST_PROBLEMS = 20

/** Where the page of a scenario lies, seen from the index. */
function pagePath(place: number, id: string): string {
  return `pages/${place + 1}-${fileName(id)}.html`
}

/** The index over all scenarios of a run. */
function suitePage(run: RunReport): string {
  const sections: [id: string, name: string, section: Markup | undefined][] = [
    ['verdict', 'Verdict', verdict(run)],
    ['baseline', 'Baseline', baselineSection(run)],
    ['repeats', 'Repeats', repeatsSection(run, (place) => pagePath(place, run.scenarios[place]?.id ?? ''))],
    ['clients', 'Clients', clientsSection(run, (place) => pagePath(place, run.scenarios[place]?.id ?? ''))],
    ['scenarios', 'Scenarios', scenarios(run)],
    ['environment', 'Environment', environment(run)],
  ]
  const there = sections.filter(([, , section]) => section !== undefined)
  return renderPage({
    title: `${headlineOf(run).word}: ${run.name}`,
    navigation: there.map(([id, name]) => ({ id, name })),
    body: there.map(([, , section]) => section),
    script: 'suite-page',
    data: null,
  })
}

function verdict(run: RunReport): Markup {
  const problems = problemsOf(run)
  const { look, word } = headlineOf(run)
  return html`<section id="verdict" class="${look}">
${badge(look, word)}
<h1>${run.name}: ${scenariosPlayed(run)}, ${countVerdicts(run.scenarios.map((one) => one.verdict)) || 'none played'}</h1>
<p class="dim">${formatDuration(run.durationMs)} · started ${run.startedAt}${run.notStarted > 0 && ` · ${plural(run.notStarted, 'scenario')} not started`}</p>
${problems.slice(0, MOST_PROBLEMS).map((problem) => problemBlock(run, problem))}
${problems.length > MOST_PROBLEMS && html`<p>and ${plural(problems.length - MOST_PROBLEMS, 'problem')} more, on the pages of the scenarios</p>`}
${run.warnings.map((text) => html`<p class="problem inconclusive">Warning: ${prose(text)}</p>`)}
${run.command !== '' && html`<div class="next"><h2>Run it again</h2>${command(run.command, 'The command that runs it again')}</div>`}
</section>`
}

function problemBlock(run: RunReport, { verdict, title, reason, evidence, hint, scenario }: Problem): Markup {
  const place = scenario === undefined ? -1 : run.scenarios.indexOf(scenario)
  const link =
    scenario !== undefined && place >= 0 && html`<p><a href="${pagePath(place, scenario.id)}">Its page</a></p>`
  const facts = evidence.map(({ label, text }) => html`<dt>${label}</dt><dd>${prose(text)}</dd>`)
  return html`<div class="problem ${verdict}"><strong>${prose(title)}</strong><p>${prose(reason)}</p>${facts.length > 0 && html`<dl>${facts}</dl>`}${hint !== undefined && html`<p class="hint"><strong>What to do:</strong> ${prose(hint)}</p>`}${link}</div>`
}

function scenarios(run: RunReport): Markup {
  return html`<section id="scenarios" aria-labelledby="scenarios-title"><h2 id="scenarios-title">Scenarios</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Table of scenarios"><table class="blocks">
<thead><tr><th scope="col">verdict</th><th scope="col">scenario</th><th scope="col">server</th><th scope="col" class="number">failovers</th><th scope="col" class="number">steps</th><th scope="col" class="number">took</th></tr></thead>
<tbody>${run.scenarios.map(scenarioRow)}</tbody></table></div></section>`
}

function scenarioRow(scenario: ScenarioReport, place: number): Markup {
  const { id, title, verdict, reason, server, platform, failovers, steps, durationMs, repeat, client } = scenario
  const passed = steps.filter((step) => step.verdict === 'passed').length
  const times = failovers.map(failoverTime).join(', ')
  return html`<tr${verdict === 'failed' && html` class="bad"`}><td>${badge(verdict)}</td>
<td class="what"><a href="${pagePath(place, id)}">${id}</a>${client !== undefined && ` through ${client}`}${repeat !== undefined && html` <span class="dim">#${repeat.number}</span>`}<div class="dim small">${prose(verdict === 'passed' ? title : (reason ?? title))}</div></td>
<td data-label="server">${server}<div class="dim small">${platform}</div></td><td class="number" data-label="failovers">${times}</td><td class="number" data-label="steps">${passed} of ${steps.length}</td><td class="number" data-label="took">${formatDuration(durationMs)}</td></tr>`
}

function environment(run: RunReport): Markup {
  return html`<section id="environment" aria-labelledby="environment-title"><h2 id="environment-title">Environment</h2>
${pairs([['seed', String(run.seed)], ['started', run.startedAt], ['run', run.runId], ['allowed by whoever started it', (run.allowed ?? []).join(', ')], ...Object.entries(run.environment ?? {})])}</section>`
}

/** `report.html`: the page of the scenario; of a run with several, or one that is compared, an index over them. */
export function htmlReport(run: RunReport, files: RunFiles = NO_FILES): string {
  const [only, ...others] = run.scenarios
  const isPlain = others.length === 0 && run.notStarted === 0 && run.baseline === undefined
  return only !== undefined && isPlain ? scenarioPage(run, only, files) : suitePage(run)
}

/** The page of each scenario of a run that has an index, by its path beside the index. */
export function* scenarioPages(run: RunReport, files: RunFiles): Generator<[path: string, text: string]> {
  if (run.scenarios.length < 2 && run.baseline === undefined) return
  for (const [place, scenario] of run.scenarios.entries()) {
    yield [pagePath(place, scenario.id), scenarioPage(run, scenario, files, '../report.html')]
  }
}
