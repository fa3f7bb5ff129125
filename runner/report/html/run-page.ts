import type { ClusterNodeInfo } from '../../record/events.ts'
import type { RunFiles } from '../../record/run-files.ts'
import { serversOf } from '../../results/node-servers.ts'
import type { FailoverReport, RunReport, ScenarioReport } from '../../results/report-model.ts'
import { isInside } from '../../results/step-path.ts'
import { failoverTitle } from '../failover-lines.ts'
import { allPhases, lastedMs } from '../failover-phases.ts'
import { html, type Markup, pairs, runAgain } from './markup.ts'
import { renderPage } from './page.ts'
import type { PageData } from './page-data.ts'
import { auditSection } from './sections/audit.ts'
import { checksSection } from './sections/checks.ts'
import { clientsSection } from './sections/clients.ts'
import { failoversSection } from './sections/failovers.ts'
import { logsSection, type PageLogs, pageLogs } from './sections/logs.ts'
import { sourceSection } from './sections/source.ts'
import { stepsSection } from './sections/steps.ts'
import { timelineSection } from './sections/timeline.ts'
import { verdictSection } from './sections/verdict.ts'
import { type ViewTable, viewsSection, viewTables } from './sections/views.ts'

/** The page of one scenario that was played. `back`: the page of the run that it belongs to, where that is another. */
export function scenarioPage(run: RunReport, scenario: ScenarioReport, files: RunFiles, back?: string): string {
  const tables = viewTables(scenario.views ?? [])
  const logs = pageLogs(scenario, files)
  const root = back === undefined ? '' : '../'
  const sections: [id: string, name: string, section: Markup | undefined][] = [
    ['verdict', 'Verdict', verdictSection(run, scenario)],
    ['timeline', 'Timeline', scenario.verdict === 'skipped' ? undefined : timelineSection(scenario)],
    ['steps', 'Steps', stepsSection(scenario.steps)],
    ['checks', 'Checks', checksSection(scenario.checks)],
    ['clients', 'Clients', clientsSection({ ...run, scenarios: [scenario] })],
    ['audit', 'Audit', auditSection(scenario.audit)],
    ['failovers', 'Failovers', failoversSection(scenario)],
    ['views', 'Views', viewsSection(tables)],
    ['logs', 'Logs', logsSection(scenario, logs, root)],
    ['scenario', 'Scenario', sourceSection(scenario)],
    ['environment', 'Environment', environmentSection(run, scenario)],
  ]
  const there = sections.filter(([, , section]) => section !== undefined)
  return renderPage({
    title: `${scenario.verdict}: ${scenario.id}`,
    navigation: there.map(([id, name]) => ({ id, name })),
    body: html`${back !== undefined && html`<p class="no-print"><a href="${back}">All scenarios of this run</a></p>`}${there.map(([, , section]) => section)}`,
    script: 'run-page',
    data: pageData(scenario, tables, logs),
  })
}

/** What the scripts draw from. */
export function pageData(scenario: ScenarioReport, views: readonly ViewTable[], logs: PageLogs): PageData {
  const { durationMs, cleanupMs, steps, failovers } = scenario
  const { faults = [], appLanes = [], nodeLanes = [], shardLanes = [], series = [] } = scenario
  return {
    endMs: Math.max(durationMs - cleanupMs, 1),
    steps: steps.flatMap(({ path, name, verdict, depth, startMs, durationMs: tookMs }) =>
      startMs === undefined ? [] : [{ path, name, verdict, level: depth, startMs, endMs: startMs + tookMs }],
    ),
    faults: faults.map(({ name, startMs, endMs }) => ({ name, startMs, endMs })),
    failovers: failovers.map(failoverData),
    appLanes,
    nodeLanes,
    shardLanes,
    series,
    views,
    logs: { nodes: logs.nodes, lines: logs.lines, ...opensAt(steps) },
  }
}

/** The logs open where the first step that did not pass began. */
function opensAt(steps: ScenarioReport['steps']): { atMs?: number } {
  const failed = steps.find(isBroken)
  // Of a step that passes on what broke inside it, that is what counts.
  const inner = steps.find((step) => failed !== undefined && isInside(step.path, failed.path) && isBroken(step))
  const atMs = (inner ?? failed)?.startMs
  return atMs === undefined ? {} : { atMs }
}

function isBroken({ verdict }: ScenarioReport['steps'][number]): boolean {
  return verdict !== 'passed' && verdict !== 'not-run'
}

function failoverData(failover: FailoverReport): PageData['failovers'][number] {
  const { startMs } = failover
  return {
    name: failoverTitle(failover),
    startMs,
    endMs: startMs + lastedMs(failover),
    phases: allPhases(failover).map(({ name, startMs, durationMs, open }) => ({
      ...{ name, startMs, endMs: startMs + durationMs },
      ...(open && { open }),
    })),
  }
}

/** What it was played on, and how it is played again. */
export function environmentSection(run: RunReport, scenario: ScenarioReport): Markup {
  const { cluster, params, server, asked, platform, sandbox, seed, startedAt, tags } = scenario
  const settings = Object.entries(cluster?.config ?? {}).map(([name, value]) => `${name} ${value}`)
  const given = Object.entries(params).map(([name, value]) => `${name} = ${String(value)}`)
  return html`<section id="environment" aria-labelledby="environment-title"><h2 id="environment-title">Environment</h2>
${pairs([
  ['server', asked === undefined || asked === server ? server : `${server}, asked for as ${asked}`],
  ['platform', platform],
  ['allowed by whoever started it', (run.allowed ?? []).join(', ')],
  ['each server has', sandbox],
  ['server settings', settings.join(', ')],
  ['params', given.join(', ')],
  ['tags', tags.join(', ')],
  ['seed', String(seed)],
  ['started', startedAt],
  ['run', run.runId],
  ...Object.entries(run.environment ?? {}),
  ['nodes', cluster?.nodes.map(nodeText).join(', ')],
])}
<h3>Run it again</h3>
${runAgain(run, scenario)}
</section>`
}

function nodeText(node: ClusterNodeInfo): string {
  const server = serversOf(node)
  return `${node.name} at ${node.address}${server === undefined ? '' : `, ${server}`}`
}
