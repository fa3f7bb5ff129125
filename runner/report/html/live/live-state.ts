import type { RunReport, ScenarioReport } from '../../../results/report-model.ts'
import { controls, html, type Markup } from '../markup.ts'
import type { PageData } from '../page-data.ts'
import { environmentSection, pageData } from '../run-page.ts'
import { auditSection } from '../sections/audit.ts'
import { checksSection } from '../sections/checks.ts'
import { failoversSection } from '../sections/failovers.ts'
import { sourceSection } from '../sections/source.ts'
import { stepsSection } from '../sections/steps.ts'
import { timelineSection } from '../sections/timeline.ts'
import { verdictSection } from '../sections/verdict.ts'
import { viewsSection, viewTables } from '../sections/views.ts'
import type { LiveState } from './live-data.ts'
import type { LiveLogs } from './live-logs.ts'
import type { LiveRecord } from './live-record.ts'
import { type Fate, statusSection } from './live-status.ts'
import { liveStepsSection } from './live-steps.ts'

const NO_DATA: PageData = {
  endMs: 1,
  steps: [],
  faults: [],
  failovers: [],
  appLanes: [],
  nodeLanes: [],
  shardLanes: [],
  series: [],
  views: [],
  logs: { nodes: [], lines: [] },
}

/** What a page shows of a run that is followed, from what is known now. `folder`: the run's. */
export function liveState(record: LiveRecord, logs: LiveLogs, fate: Fate, folder: string): LiveState {
  const { run, scenario } = record.report(folder) ?? {}
  const on = fate === 'on' && !record.isScenarioOver
  const started = { on, scenario: record.scenario, title: titleOf(record, fate, run, scenario) }
  if (run === undefined || scenario === undefined) {
    const html = statusSection(record, fate, run, undefined).text
    return { ...started, sections: [{ id: 'verdict', name: 'Now', html }], data: NO_DATA }
  }
  const running = on ? record.running : new Map<string, string | undefined>()
  const data = dataOf(scenario, logs, running, on)
  const sections: [id: string, name: string, section: Markup | undefined][] = [
    ['verdict', on ? 'Now' : 'Verdict', firstSection(record, fate, run, scenario)],
    ['timeline', 'Timeline', scenario.verdict === 'skipped' ? undefined : timelineSection(scenario)],
    ['steps', 'Steps', on ? liveStepsSection(scenario, running) : stepsSection(scenario.steps)],
    ['checks', 'Checks', checksSection(scenario.checks)],
    ['audit', 'Audit', auditSection(scenario.audit)],
    ['failovers', 'Failovers', failoversSection(scenario)],
    ['views', 'Views', viewsSection(viewTables(scenario.views ?? []))],
    ['logs', 'Logs', liveLogsSection(logs.nodes)],
    ['scenario', 'Scenario', sourceSection(on ? doneOf(scenario, running) : scenario)],
    ['environment', 'Environment', environmentSection(run, scenario)],
  ]
  return {
    ...started,
    sections: sections.flatMap(([id, name, section]) =>
      section === undefined ? [] : [{ id, name, html: section.text }],
    ),
    data,
  }
}

function titleOf(record: LiveRecord, fate: Fate, run?: RunReport, scenario?: ScenarioReport): string {
  const name = scenario?.id ?? run?.name ?? 'a run'
  if (fate === 'on' && !record.isScenarioOver) return `running: ${name}`
  return record.isScenarioOver && scenario !== undefined
    ? `${scenario.verdict}: ${name}`
    : `ended without a word: ${name}`
}

/** The verdict, as soon as there is one. */
function firstSection(record: LiveRecord, fate: Fate, run: RunReport, scenario: ScenarioReport): Markup {
  return record.isScenarioOver && (fate === 'on' || fate === 'over')
    ? verdictSection(run, scenario)
    : statusSection(record, fate, run, scenario)
}

function dataOf(
  scenario: ScenarioReport,
  logs: LiveLogs,
  running: ReadonlyMap<string, string | undefined>,
  on: boolean,
): PageData {
  const lines = [...logs.lines(Date.parse(scenario.startedAt))]
  const data = pageData(scenario, viewTables(scenario.views ?? []), { nodes: [...logs.nodes], lines, left: 0 })
  return {
    ...data,
    // While it is on, the newest lines are looked at, and not where something went wrong.
    logs: on ? { nodes: data.logs.nodes, lines: data.logs.lines } : data.logs,
    steps: data.steps.map((step) => (running.has(step.path) ? { ...step, verdict: 'running' } : step)),
  }
}

/** Lines of the scenario get their mark when their steps are done. */
function doneOf(scenario: ScenarioReport, running: ReadonlyMap<string, string | undefined>): ScenarioReport {
  const steps = scenario.steps.filter(({ path, verdict }) => verdict !== 'not-run' && !running.has(path))
  return { ...scenario, steps }
}

/** The newest lines of all nodes; the page's script draws them, and more as they come. */
function liveLogsSection(nodes: readonly string[]): Markup {
  const boxes = nodes.map(
    (node, place) => html`<label><input type="checkbox" data-node="${place}" checked> ${node}</label>`,
  )
  return html`<section id="logs" aria-labelledby="logs-title"><h2 id="logs-title">Node logs</h2>
<p class="dim small">The newest lines within the time that the timeline shows, of all nodes on one clock. Node ids are shown as names.</p>
${controls('logs')}
<div class="controls">${boxes}<label><input type="checkbox" id="log-notable" checked> only lines about the cluster</label>
<label>Search <input type="search" id="log-search"></label></div>
<div class="log" data-follows tabindex="0" role="region" aria-label="Log lines"><table><thead class="sr"><tr><th scope="col">at</th><th scope="col">node</th><th scope="col">line</th></tr></thead><tbody></tbody></table></div>
<p class="dim small"><span id="log-count" role="status"></span></p>
</section>`
}
