import type { TimelinePhase } from '../results/failovers/timeline.ts'
import type { FailoverReport } from '../results/report-model.ts'

/** A phase of a failover as it is drawn. */
interface DrawnPhase extends Pick<TimelinePhase, 'name' | 'startMs' | 'durationMs'> {
  /** Nothing came of it. */
  open?: true
}

/**
 * The phases of a failover. One that came to nothing goes on behind the last moment that was seen, until it was over:
 * what came last resolved nothing.
 */
export function allPhases(failover: FailoverReport): readonly DrawnPhase[] {
  const { phases, startMs, totalMs, wholeMs, outcome } = failover
  const name = failover.open ? 'nobody yet' : 'nobody took over'
  if (outcome !== 'not promoted' || totalMs <= wholeMs) return phases
  return [...phases, { name, startMs: startMs + wholeMs, durationMs: totalMs - wholeMs, open: true }]
}

/** From the start of a failover to its last moment, or until one that came to nothing was over. */
export function lastedMs({ totalMs, wholeMs, outcome }: FailoverReport): number {
  return outcome === 'not promoted' ? Math.max(totalMs, wholeMs) : wholeMs
}
