import type { FailoverTimeline } from './timeline.ts'

/** What a scenario's `checks: failover:` may set limits to. */
export const FAILOVER_METRICS = ['time', 'detection', 'election', 'client_outage'] as const

export type FailoverMetric = (typeof FAILOVER_METRICS)[number]

/** One failover's value of a metric. */
export interface FailoverValue {
  failover: FailoverTimeline
  /** ms. Absent when it cannot be told: `why` says why not. */
  valueMs?: number
  /** The value is the least it was: the failover did not come to its end, or clients were not back, when watching ended. */
  open: boolean
  why?: string
}

/**
 * The values of a metric for a scenario's failovers, in their order; those to which it does not apply are left out: a CLUSTER FAILOVER
 * detects nothing, and where nobody was promoted there was no election to time.
 */
export function failoverValues(failovers: readonly FailoverTimeline[], metric: FailoverMetric): FailoverValue[] {
  return failovers.filter((failover) => applies(failover, metric)).map((failover) => measure(failover, metric))
}

function applies({ wanted, outcome }: FailoverTimeline, metric: FailoverMetric): boolean {
  if (metric === 'detection') return !wanted
  if (metric === 'election') return outcome === 'promoted'
  return true
}

function measure(failover: FailoverTimeline, metric: FailoverMetric): FailoverValue {
  const { outcome, totalMs, detectionMs, electionMs, clientOutageMs, clientsBack, kind } = failover
  if (metric === 'time') return { failover, valueMs: totalMs, open: outcome !== 'promoted' }
  if (metric === 'client_outage') {
    return told(failover, clientOutageMs, clientsBack === false, 'no write was tried on its shard')
  }
  if (metric === 'detection')
    return told(failover, detectionMs, false, 'nobody told when the master was agreed to have failed')
  // A takeover asks nobody.
  if (kind === 'takeover') return { failover, valueMs: 0, open: false }
  return told(failover, electionMs, false, 'nobody told when the election was set up')
}

function told(failover: FailoverTimeline, valueMs: number | undefined, open: boolean, why: string): FailoverValue {
  return valueMs === undefined ? { failover, open: false, why } : { failover, valueMs, open }
}
