import { formatDuration } from '../../../base/duration.ts'
import { plural } from '../../../base/text.ts'
import { describeShape } from '../../../record/cluster-shape.ts'
import { failoverValues } from '../../../results/failovers/metrics.ts'
import { formatRange } from '../../../results/failovers/summary.ts'
import { describeServers } from '../../../results/node-servers.ts'
import type { FailoverReport, RunReport, ScenarioReport } from '../../../results/report-model.ts'
import { failoverTime, mastersText } from '../../failover-lines.ts'
import type { Fact, Problem } from '../../problem.ts'
import { problemsOfScenario } from '../../problems.ts'
import { badge, html, type Markup, prose, runAgain } from '../markup.ts'

/** The first screen: what came out, why, and what to do now. */
export function verdictSection(run: RunReport, scenario: ScenarioReport): Markup {
  const problems = problemsOfScenario(scenario)
  return html`<section id="verdict" class="${scenario.verdict}">
${badge(scenario.verdict)}
<h1>${scenario.title}</h1>
<p class="dim">${settingOf(scenario).join(' · ')}</p>
<p class="why">${prose(why(scenario, problems))}</p>
${problems.map((problem) => problemBlock(problem, scenario, problem !== problems[0]))}
<dl class="figures">${figures(scenario).map(([name, value, note]) => html`<div><dt>${name}</dt><dd>${value}<small>${prose(note)}</small></dd></div>`)}</dl>
<div class="next"><h2>Run it again</h2>
${scenario.verdict === 'interrupted' && html`<p>The run was interrupted and proves nothing.</p>`}
${runAgain(run, scenario)}</div>
${scenario.warnings.map((text) => html`<p class="problem inconclusive">Warning: ${prose(text)}</p>`)}
</section>`
}

/** What it is played on, in a few words each. */
export function settingOf({
  id,
  server,
  platform,
  cluster,
  seed,
  startedAt,
  repeat,
  client,
}: ScenarioReport): string[] {
  return [
    id,
    ...(repeat === undefined ? [] : [`repeat ${repeat.number} of ${repeat.of}`]),
    describeServers(server, cluster),
    platform,
    ...(client === undefined ? [] : [`client ${client}`]),
    ...(cluster === undefined ? [] : [describeShape(cluster, cluster.slots)]),
    `seed ${seed}`,
    startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'),
  ]
}

function why({ verdict, reason, steps, checks }: ScenarioReport, problems: readonly Problem[]): string {
  if (verdict === 'skipped') return `It was not played: ${reason ?? 'no reason was recorded'}`
  if (verdict === 'passed') {
    const judged =
      checks.length === 0 ? '' : ` and ${checks.length === 1 ? 'its check' : `all ${checks.length} checks`}`
    return `All ${plural(steps.length, 'step')}${judged} passed.`
  }
  return problems[0]?.reason ?? reason ?? 'No reason was recorded.'
}

/** `withReason`: it is not said above already. */
function problemBlock(problem: Problem, scenario: ScenarioReport, withReason: boolean): Markup {
  const { verdict, title, reason, details, evidence, facts, place } = problem
  const hint = problem.hint ?? (isVague(problem) ? whereToLook(scenario) : undefined)
  const beside = [...facts, ...(place === undefined ? [] : [{ label: 'at', text: place }])]
  return html`<div class="problem ${verdict}">
<strong>${prose(title)}</strong>
${withReason && html`<p>${prose(reason)}</p>`}
${details.length > 0 && html`<ul>${details.map((line) => html`<li>${prose(line)}</li>`)}</ul>`}
${factList(evidence)}
${hint !== undefined && html`<p class="hint"><strong>What to do:</strong> ${prose(hint)}</p>`}
${factList(beside)}
</div>`
}

function factList(facts: readonly Fact[]): Markup | undefined {
  if (facts.length === 0) return undefined
  return html`<dl>${facts.map(({ label, text }) => html`<dt>${label}</dt><dd>${prose(text)}</dd>`)}</dl>`
}

/** A step that failed for a reason that nobody found. */
function isVague({ step }: Problem): boolean {
  return step !== undefined && step.error?.cause === undefined && step.verdict !== 'interrupted'
}

function whereToLook({ logs }: ScenarioReport): string {
  const alsoLogs = logs.length === 0 ? '' : ', and at the log of its nodes: both begin there'
  return `Its cause is not known. Look at the timeline around this step${alsoLogs}.`
}

type Figure = [name: string, value: string, note: string]

function figures(scenario: ScenarioReport): Figure[] {
  const { failovers, steps, checks, durationMs, setupMs, cleanupMs } = scenario
  const passed = steps.filter(({ verdict }) => verdict === 'passed').length
  return [
    ...failovers.slice(0, 3).map(failoverFigure),
    ...outageFigure(scenario),
    ['steps', `${passed} of ${steps.length}`, 'passed'],
    ...(checks.length === 0 ? [] : [checkFigure(scenario)]),
    ['duration', formatDuration(durationMs), `setup ${formatDuration(setupMs)}, cleanup ${formatDuration(cleanupMs)}`],
  ]
}

function failoverFigure(failover: FailoverReport): Figure {
  const { shard, wanted, expected, outcome, totalMs, open } = failover
  const name = wanted ? 'failover, asked for' : 'failover'
  if (outcome === 'not promoted')
    return [
      'no failover',
      open ? 'not replaced yet' : 'not replaced',
      `shard ${shard}: ${mastersText(failover)} for ${formatDuration(totalMs)}`,
    ]
  const range = expected === undefined ? '' : `, expected ${formatRange(expected.time)}`
  return [name, failoverTime(failover), `shard ${shard}: ${mastersText(failover)}${range}`]
}

/** The longest time for which writes to the shard of a failover were refused. */
function outageFigure({ failovers, checks }: ScenarioReport): Figure[] {
  const outages = failoverValues(failovers, 'client_outage').flatMap(({ valueMs }) => valueMs ?? [])
  if (outages.length === 0) return []
  const beside = checks.some(({ name }) => name === 'longest_outage')
    ? '; the check `longest_outage` goes by the load, and from its last success to its next'
    : ''
  const note = `longest, by test writes to the shard of a failover${beside}`
  return [['writes refused', formatDuration(Math.max(...outages)), note]]
}

function checkFigure({ checks }: ScenarioReport): Figure {
  return ['checks', `${checks.filter(({ verdict }) => verdict === 'passed').length} of ${checks.length}`, 'passed']
}
