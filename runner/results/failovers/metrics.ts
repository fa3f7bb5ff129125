import type { FailoverFact } from '../run-facts.ts'
import type { ExpectedRange } from './timeline.ts'

/** What a scenario's `checks: failover:` may set limits to. */
export const FAILOVER_METRICS = ['time', 'detection', 'election', 'client_outage'] as const

export type FailoverMetric = (typeof FAILOVER_METRICS)[number]

/** One failover's value of a metric. */
export interface FailoverValue<F extends FailoverFact = FailoverFact> {
  failover: F
  /** ms. Absent when it cannot be told: `why` says why not. */
  valueMs?: number
  /**
   * The value is the least it was: the failover did not come to its end, or clients were not back, when watching ended.
   */
  open: boolean
  why?: string
}

/**
 * The values of a metric for a scenario's failovers, in their order; those to which it does not apply are left out: a
 * CLUSTER FAILOVER detects nothing, and where nobody was promoted there was no election to time.
 */
export function failoverValues<F extends FailoverFact>(
  failovers: readonly F[],
  metric: FailoverMetric,
): FailoverValue<F>[] {
  return failovers
    .filter((failover) => applies(failover, metric))
    .map((failover) => ({ failover, ...measure(failover, metric) }))
}

/**
 * What the cluster's settings and version allow for a metric of a failover. Undefined where nothing can be said: the
 * settings were not read, or an election was asked for, which waits for nothing.
 */
export function expectedRange({ expected }: FailoverFact, metric: FailoverMetric): ExpectedRange | undefined {
  return metric === 'client_outage' ? expected?.clientOutage : expected?.[metric]
}

function applies({ wanted = false, outcome = 'promoted' }: FailoverFact, metric: FailoverMetric): boolean {
  // A promotion that was undone replaced nobody.
  if (outcome === 'undone') return false
  if (metric === 'detection') return !wanted
  if (metric === 'election') return outcome === 'promoted'
  return true
}

type Value = Omit<FailoverValue, 'failover'>

function measure(failover: FailoverFact, metric: FailoverMetric): Value {
  const { outcome = 'promoted', totalMs, detectionMs, electionMs, clientOutageMs, clientsBack, kind } = failover
  if (metric === 'time') return { valueMs: totalMs, open: outcome !== 'promoted' }
  if (metric === 'client_outage') {
    return valueOr(clientOutageMs, clientsBack === false, 'no write was tried on its shard')
  }
  if (metric === 'detection') {
    // Nobody agreed while the master was away: that long it took at least.
    if (detectionMs === undefined && outcome === 'not promoted') return { valueMs: totalMs, open: true }
    return valueOr(detectionMs, false, 'it is not known when the majority agreed that the master had failed')
  }
  // A takeover asks nobody.
  if (kind === 'takeover') return { valueMs: 0, open: false }
  return valueOr(electionMs, false, 'it is not known when the election was set up')
}

function valueOr(valueMs: number | undefined, open: boolean, why: string): Value {
  return valueMs === undefined ? { open: false, why } : { valueMs, open }
}
