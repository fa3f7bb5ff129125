import { formatDuration } from '../../base/duration.ts'
import { expectedAfterFault } from '../../results/failovers/expected.ts'
import type { ExpectedRange } from '../../results/failovers/timeline.ts'
import { isDisturbance, type Moment } from './situation.ts'
import type { Story } from './story.ts'

/** How long it takes until the loss of a master is noticed, and until its replica has taken over. */
export interface Timing {
  nodeTimeoutMs: number
  /** Until a majority agrees that a node has failed. */
  detection: ExpectedRange
  /** Until a replica of it is the master. */
  promotion: ExpectedRange
}

const SETTING = 'cluster-node-timeout'
/** Of servers, unless the scenario or the command line says otherwise. */
const DEFAULT_NODE_TIMEOUT_MS = 5000
/**
 * What is true of every server: Valkey 9.1 lets the only replica begin its election at once, and all others begin
 * theirs within a second (`platforms/dialects.ts`).
 */
const ELECTION = { leastMs: 0, mostMs: 1000, perRankMs: 1000, perPrimaryRankMs: 500, retryMs: 0 }
/** Settings under which failovers are another matter. */
const OTHER_RULES = ['cluster-replica-no-failover', 'cluster-slave-no-failover', 'auto-failover-on-shutdown']

/** Undefined where steps or settings change the rules of failovers. `config` is that of the command line. */
export function timingOf(
  { scenario, moments }: Story,
  config: Readonly<Record<string, string>> = {},
): Timing | undefined {
  const settings = { ...scenario.cluster.config, ...config }
  const nodeTimeoutMs = Number(settings[SETTING] ?? DEFAULT_NODE_TIMEOUT_MS)
  if (!(nodeTimeoutMs > 0) || OTHER_RULES.some((name) => name in settings) || moments.some(setsRules)) return undefined
  const timing = { nodeTimeoutMs, manualTimeoutMs: 0, fullCoverage: true, election: ELECTION }
  const { detection, time } = expectedAfterFault(timing, {}, 0)
  return { nodeTimeoutMs, detection: detection ?? time, promotion: time }
}

function setsRules({ step, arg }: Moment): boolean {
  return isDisturbance(step.verb, arg) && JSON.stringify(arg)?.includes('cluster-') === true
}

/** A limit that leaves some room: a round number of seconds. */
export function roomyLimit({ maxMs }: ExpectedRange): string {
  const seconds = Math.ceil((maxMs * 1.2) / 1000)
  return `${seconds <= 5 ? seconds : Math.ceil(seconds / 5) * 5}s`
}

/** `5 s`, `1.5 s`, `500 ms`: as people write it. */
export function roundTime(ms: number): string {
  return ms >= 1000 ? `${Number((ms / 1000).toFixed(1))} s` : formatDuration(ms)
}
