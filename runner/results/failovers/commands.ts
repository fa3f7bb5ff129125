import { failoverReason } from '../administered.ts'
import type { PlayedStep } from '../steps.ts'
import { type Cause, faultCause } from './cause.ts'
import type { FailoverObservations } from './observations.ts'
import type { TimelineMoment } from './timeline.ts'

/** A write may be refused this long after a command had its answer, ms. */
const NOTICED_MS = 1000

/** What is known of a master that was replaced. */
interface Replaced {
  master: string
  /** Since when it was the master, and when the others knew that it had failed. */
  sinceMs: number
  knownMs: number
  /** The first refused write of the refusal that lasted until its heir served, where there was one. */
  error: TimelineMoment | undefined
}

/**
 * The last command of a step that may have led to a failover: one that holds up its server explains only what began
 * while it did. `otherwise` is the cause as it is told without one.
 */
export function commandCause(observed: FailoverObservations, replaced: Replaced, otherwise: Cause): Cause | undefined {
  const step = observed.steps.findLast((one) => mayExplain(one, replaced))
  if (step === undefined) return undefined
  const command = step.outcome?.administers ?? ''
  const named = { kind: 'command', text: `${command} in step ${step.path}` }
  if (failoverReason(command) !== 'stands still') return { ...otherwise, ...named }
  const { startMs, endMs = startMs } = step
  const fault = { kind: command, nodes: [replaced.master], startMs, appliedMs: endMs }
  return { ...faultCause(observed, fault, replaced.master), ...named }
}

function mayExplain({ outcome, startMs, endMs = startMs }: PlayedStep, replaced: Replaced): boolean {
  const { master, sinceMs, knownMs, error } = replaced
  const reason = failoverReason(outcome?.administers ?? '')
  if (reason === undefined || startMs < sinceMs || startMs > knownMs) return false
  if (reason === 'suspects') return outcome?.administered?.includes(master) ?? true
  if (!outcome?.targets?.includes(master)) return false
  if (reason === 'lost' || error === undefined) return true
  return error.atMs >= startMs && error.atMs - error.errorMs <= endMs + NOTICED_MS
}
