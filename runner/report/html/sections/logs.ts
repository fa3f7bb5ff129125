import { plural } from '../../../base/text.ts'
import type { RunFiles } from '../../../record/run-files.ts'
import type { ScenarioReport } from '../../../results/report-model.ts'
import { controls, html, type Markup } from '../markup.ts'
import type { PageLogLine } from '../page-data.ts'

/**
 * The logs of all nodes on one clock, filtered to what the timeline shows. Nothing where none was kept. `root`: the way
 * from the page to the run's folder, empty or with a slash at its end.
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
<p class="dim small">Lines within the time that the timeline shows, of all nodes on one clock. Node ids are shown as names.</p>
${controls('logs')}
<div class="controls">${boxes}<label><input type="checkbox" id="log-notable" checked> only lines about the cluster</label>
<label>Search <input type="search" id="log-search"></label></div>
<div class="log" tabindex="0" role="region" aria-label="Log lines"><table><thead class="sr"><tr><th scope="col">at</th><th scope="col">node</th><th scope="col">line</th></tr></thead><tbody></tbody></table></div>
<p class="dim small"><span id="log-count" role="status"></span>${left > 0 && html` ${plural(left, 'line')} had no room in this page.`} Whole files: ${files}</p>
</section>`
}

export interface PageLogs {
  nodes: string[]
  lines: PageLogLine[]
  /** Lines that the page has no room for. */
  left: number
}

/** So many characters of logs are in a page at most: all of a plain scenario, and the telling lines of a long one. */
const MOST_CHARACTERS = 700_000

/** A line ends where the node ended it: what else may end one in a text (`\r`, U+2028) is a part of it. */
const STAMPED = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (.*)$/s
/** `4711:M 24 Nov 2026 13:45:51.918 # text`: process, role, time, and how important. */
const SERVER_LINE = /^\d+:([A-Z]) \d+ \w+ \d+ [\d:.]+ ([.\-*#]) (.*)$/s
/** Lines that tell how the cluster fares: states, failovers, roles, replication, and the life of the process. */
const NOTABLE = new RegExp(
  [
    'cluster state',
    'fail',
    'election',
    'epoch',
    'master|primary|replica',
    'synchroni[sz]ation|resync',
    'quorum',
    'ready to accept|is starting|shutdown|signal|exiting|bye',
    'slot',
    'lost|timeout|timed out',
  ].join('|'),
  'i',
)
/** What servers advise at their start whatever happens, in words that would be notable. */
const ADVICE = /overcommit|Transparent Huge Pages|TCP backlog|background save|^oO0/i
const NODE_ID = /\b[0-9a-f]{40}\b/g

/**
 * The lines of all nodes on the scenario's clock, node ids told as names. Where they are too many, those that tell of
 * the cluster and lie nearest to what happened stay.
 */
export function pageLogs(scenario: ScenarioReport, files: RunFiles): PageLogs {
  const startWallMs = Date.parse(scenario.startedAt)
  const texts = scenario.logs.map(({ file }) => files.text(file) ?? '')
  const nodes = scenario.logs.map(({ node }) => node)
  const names = namesById(texts, nodes)
  const lines = texts.flatMap((text, place) =>
    text.split('\n').flatMap((line) => {
      const told = logLine(line, place, startWallMs, names)
      // What an application says of itself is what it was started for.
      return scenario.logs[place]?.app ? told.map(([atMs, node, words]): PageLogLine => [atMs, node, words, 1]) : told
    }),
  )
  lines.sort((a, b) => a[0] - b[0])
  const kept = fitting(lines, momentsOf(scenario))
  return { nodes, lines: kept, left: lines.length - kept.length }
}

/** A line of a log with the time since `startWallMs`; nothing where it is not stamped. */
export function logLine(
  line: string,
  node: number,
  startWallMs: number,
  names: ReadonlyMap<string, string>,
): PageLogLine[] {
  const stamped = STAMPED.exec(line)
  if (stamped === null) return []
  const [, stamp = '', rest = ''] = stamped
  const server = SERVER_LINE.exec(rest)
  const text = server === null ? rest : `${server[2]} ${server[3]}`
  const named = text.replace(NODE_ID, (id) => names.get(id) ?? id)
  return [[Date.parse(stamp) - startWallMs, node, named, isNotable(text) ? 1 : 0]]
}

function isNotable(text: string): boolean {
  return NOTABLE.test(text) && !ADVICE.test(text)
}

/**
 * A node tells its own id when it starts: `No cluster configuration found, I'm …`, `Node configuration loaded, I'm …`.
 */
export function namesById(texts: readonly string[], nodes: readonly string[]): Map<string, string> {
  const names = texts.flatMap((text, place) =>
    [...text.matchAll(/, I'm ([0-9a-f]{40})/g)].map(([, id = '']): [string, string] => [id, nodes[place] ?? id]),
  )
  return new Map(names)
}

function momentsOf({ steps, faults = [], failovers }: ScenarioReport): number[] {
  return [
    ...steps.flatMap(({ startMs, durationMs }) => (startMs === undefined ? [] : [startMs, startMs + durationMs])),
    ...faults.flatMap(({ startMs, endMs }) => [startMs, endMs]),
    ...failovers.flatMap(({ startMs, totalMs }) => [startMs, startMs + totalMs]),
  ].sort((a, b) => a - b)
}

function fitting(lines: PageLogLine[], moments: readonly number[]): PageLogLine[] {
  if (lengthOf(lines) <= MOST_CHARACTERS) return lines
  const notable = lines.filter(([, , , tells]) => tells === 1)
  if (lengthOf(notable) <= MOST_CHARACTERS) return notable
  const near = [...notable].sort((a, b) => distance(a[0], moments) - distance(b[0], moments))
  let room = MOST_CHARACTERS
  const kept = near.filter(([, , text]) => {
    room -= text.length
    return room >= 0
  })
  return kept.sort((a, b) => a[0] - b[0])
}

/** To the nearest moment; moments are in order. */
function distance(ms: number, moments: readonly number[]): number {
  let low = 0
  let high = moments.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((moments[middle] ?? 0) < ms) low = middle + 1
    else high = middle
  }
  const around = [moments[low - 1], moments[low]].filter((moment) => moment !== undefined)
  return Math.min(...around.map((moment) => Math.abs(moment - ms)), Number.MAX_VALUE)
}

function lengthOf(lines: readonly PageLogLine[]): number {
  return lines.reduce((sum, [, , text]) => sum + text.length, 0)
}
