import type { Clock } from '../base/clock.ts'
import type { Dialect } from '../platforms/dialects.ts'
import type { TimingObservation } from '../record/observations.ts'
import { manualTimeoutMs, settingsIn } from './manual-timeout.ts'
import type { NodeClient } from './node-client.ts'

const EVERY_MS = 2000
const ANSWER_WITHIN_MS = 1000

export interface TimingWatchOptions {
  /** To every node that there is at the time. */
  clients: readonly NodeClient[]
  clock: Clock
  /** Of a node, as it is now. */
  dialectOf(node: string): Dialect
  /** Called with the first settings and with each change. */
  onChange(timing: TimingObservation): void
}

/**
 * Asks the nodes every other second for the settings that rule how long failovers take, and tells them when they
 * change. Where nodes differ, those of most nodes count. The returned function ends the asking; the connections stay
 * open.
 */
export function watchTiming(options: TimingWatchOptions): () => void {
  const stopped = new AbortController()
  void watch(options, stopped.signal)
  return () => stopped.abort()
}

async function watch({ clients, clock, dialectOf, onChange }: TimingWatchOptions, stopped: AbortSignal): Promise<void> {
  let last: string | undefined
  while (!stopped.aborted) {
    const answers = await Promise.all(clients.map((client) => ask(client, dialectOf(client.name))))
    const commonest = mostCommon(answers.flatMap((timing) => (timing ? [JSON.stringify(timing)] : [])))
    if (stopped.aborted) return
    if (commonest !== undefined && commonest !== last) onChange(JSON.parse(commonest) as TimingObservation)
    last = commonest ?? last
    await clock.sleep(EVERY_MS, stopped).catch(() => undefined)
  }
}

async function ask(client: NodeClient, dialect: Dialect): Promise<TimingObservation | undefined> {
  const reply = await client.callWithin(ANSWER_WITHIN_MS, 'CONFIG', 'GET', 'cluster-*').catch(() => undefined)
  const settings = settingsIn(reply)
  const nodeTimeoutMs = Number(settings.get('cluster-node-timeout'))
  if (!(nodeTimeoutMs > 0)) return undefined
  return {
    nodeTimeoutMs,
    manualTimeoutMs: manualTimeoutMs(settings),
    fullCoverage: settings.get('cluster-require-full-coverage') !== 'no',
    election: dialect.electionTiming(nodeTimeoutMs),
  }
}

function mostCommon(texts: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0]
}
