import { formatDuration } from '../base/duration.ts'
import type { ClientMeasure, ClientSummary } from '../record/client-summary.ts'
import type { RunEvent, ScenarioEvent } from '../record/events.ts'
import type { History } from '../record/history.ts'
import { outcomeClass, SERVED_CLASSES } from '../record/history-codes.ts'
import { readHistory } from '../record/history-reader.ts'
import { placeInside } from '../record/run-files.ts'
import { type RunFacts, runFacts } from '../results/run-facts.ts'
import { scenarioEvents, scenarioResults } from '../results/scenario-results.ts'
import { judgeWorkload } from './index.ts'
import { historyFile } from './judge.ts'
import { isOwnOperation } from './load-count.ts'
import { serverOutages } from './outages/server-outages.ts'

/** Limits that nothing is above: what is asked for is the measure. */
const MEASURES = { client_outage: '100h', recovery_after_server: '100h', stuck_clients: 1e6, reconnects: 1e6 }
const NOT_KNOWN: ClientMeasure = { text: 'not known' }

/**
 * What came of the client libraries that a scenario's workloads went through, from the events of its run and the histories
 * in the run's `folder`. Plain connections are no library. Throws HistoryError if a history cannot be read.
 */
export function clientSummaries(events: readonly RunEvent[], scenario: number, folder: string): ClientSummary[] {
  const known = scenarioEvents(events, scenario)
  const started = known.find((event) => event.type === 'scenario-started')
  const through = (started?.workloads ?? []).flatMap(({ name, options }) => {
    const client = clientText(options.client)
    return client === undefined ? [] : [{ name, client, isOwn: typeof options.client !== 'string' }]
  })
  if (through.length === 0) return []
  const facts = runFacts(scenarioResults(known))
  return through.flatMap(({ name, client, isOwn }) => {
    const file = historyFile(known, name)
    if (file === undefined) return []
    const history = readHistory(placeInside(folder, file))
    return [{ workload: name, client, ...helloOf(known, name, isOwn), ...clientMeasures(name, history, facts) }]
  })
}

function clientText(client: unknown): string | undefined {
  if (typeof client === 'string') return client === 'direct' ? undefined : client
  if (client === null || typeof client !== 'object') return undefined
  const { image, command } = client as { image?: unknown; command?: unknown }
  const words = [...(typeof image === 'string' ? [image] : []), ...(Array.isArray(command) ? command : [])]
  return words.length === 0 ? undefined : words.join(' ')
}

/** `isOwn`: its driver did not come with redis-chaos, whose clients have names of their own. */
function helloOf(
  events: readonly ScenarioEvent[],
  workload: string,
  isOwn: boolean,
): Pick<ClientSummary, 'library' | 'version'> {
  const ready = events.filter((event) => event.type === 'driver-ready').find((event) => event.workload === workload)
  return ready === undefined ? {} : { ...(isOwn && { library: ready.name }), version: ready.version }
}

/** The measures of one workload, `on`. */
export function clientMeasures(
  on: string,
  history: History,
  facts: RunFacts,
): Omit<ClientSummary, 'workload' | 'client'> {
  const outcomes = judgeWorkload({ on, limits: MEASURES, history, facts })
  const measure = (name: keyof typeof MEASURES): ClientMeasure => {
    const found = outcomes.find((outcome) => outcome.name === name)
    if (found === undefined) return NOT_KNOWN
    return { text: found.value, ...(found.amount !== undefined && { amount: found.amount }) }
  }
  return {
    serverOutage: longestServerOutage(facts),
    clientOutage: measure('client_outage'),
    recovery: measure('recovery_after_server'),
    errors: errorsOf(history),
    stuck: stuckMeasure(measure('stuck_clients'), facts.clients?.unanswered[on]?.count ?? 0),
    reconnects: measure('reconnects'),
  }
}

/** Of operations that are not old enough to be stuck nobody knows whether they ever ended: `0, 24 open`. */
function stuckMeasure(stuck: ClientMeasure, open: number): ClientMeasure {
  return stuck.amount === 0 && open > 0 ? { text: `0, ${open} open` } : stuck
}

function longestServerOutage(facts: RunFacts): ClientMeasure {
  const lengths = serverOutages(facts)
    .map(({ startMs, endMs, startErrorMs, endErrorMs, ended }) => {
      return { amount: Math.max(endMs - startMs, 0), errorMs: startErrorMs + endErrorMs, ended }
    })
    .sort((a, b) => b.amount - a.amount)
  const [longest] = lengths
  if (longest === undefined) return { text: 'none' }
  const { amount, errorMs, ended } = longest
  return { text: `${ended ? '' : 'at least '}${formatDuration(amount)} ± ${formatDuration(errorMs)}`, amount }
}

/** What was never sent, or had no time to end, is no error of the client. */
function errorsOf(history: History): Record<string, number> {
  const errors: Record<string, number> = {}
  for (let row = 0; row < history.rows; row += 1) {
    const failure = outcomeClass(history.ops.outcome[row] ?? 0)
    if (!isOwnOperation(history, row) || failure === 'unsent' || failure === 'unfinished') continue
    if (!SERVED_CLASSES.has(failure)) errors[failure] = (errors[failure] ?? 0) + 1
  }
  return errors
}
