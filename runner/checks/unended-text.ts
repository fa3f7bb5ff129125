import { plural } from '../base/text.ts'
import type { History } from '../record/history.ts'
import type { RunFacts } from '../results/run-facts.ts'

const MEGABYTE = 1_000_000

/** A driver that writes into its log has no time for operations; undefined if it wrote little. */
export function floodText({ facts, history }: { facts: RunFacts; history: History }): string | undefined {
  const flooded = facts.clients?.unanswered[history.workload]?.flooded
  if (flooded === undefined) return undefined
  return `its driver wrote ${Math.round(flooded / MEGABYTE)} MB on stderr, which takes its time`
}

/** Operations that a client never ended, for whoever wonders why too little was sent; empty without any. */
export function unendedText({ facts, history }: { facts: RunFacts; history: History }): string {
  const seen = facts.clients?.unanswered[history.workload]
  if (seen === undefined || seen.count === 0) return ''
  return `; the client had not ended ${plural(seen.count, 'operation')} when the load was over (\`stuck_clients\`)`
}
