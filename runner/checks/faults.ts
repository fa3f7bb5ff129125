import { formatDuration } from '../base/duration.ts'
import type { FaultFact, RunFacts, StepFact } from '../results/run-facts.ts'

/** What was done to a shard: a fault, or a failover that was asked for. */
export type Intervention = Pick<FaultFact, 'step' | 'verb' | 'startMs' | 'endMs'>

/**
 * The intervention that a moment of a shard is told by: the last one that was going on in the shard then, else the next
 * one in it, else the last one before; undefined if there never was one.
 */
export function interventionNear(facts: RunFacts, shard: number, atMs: number): Intervention | undefined {
  const faults = facts.faults.filter(({ shards }) => shards.includes(shard))
  const its = [...faults, ...plannedFailovers(facts, shard)].sort((a, b) => a.startMs - b.startMs)
  return (
    its.findLast(({ startMs, endMs }) => startMs <= atMs && atMs < endMs) ??
    its.find(({ startMs }) => startMs >= atMs) ??
    its.at(-1)
  )
}

/** Failovers that a step asked for, by that step. */
function plannedFailovers({ failovers, steps }: RunFacts, shard: number): Intervention[] {
  const planned = failovers.filter((failover) => failover.shard === shard && failover.wanted === true)
  return planned.flatMap(({ startMs, totalMs }) => {
    const step = steps.findLast((one) => one.startMs <= startMs && startMs <= one.endMs)
    return step ? [{ step: step.path, verb: step.verb, startMs, endMs: startMs + totalMs }] : []
  })
}

/** `812 ms before `kill` in step 4`, `1.20 s after `partition` in step 3 began`. */
export function besideIntervention({ verb, step, startMs }: Intervention, atMs: number): string {
  const apart = formatDuration(Math.abs(startMs - atMs))
  return atMs <= startMs
    ? `${apart} before \`${verb}\` in step ${step}`
    : `${apart} after \`${verb}\` in step ${step} began`
}

/** The step of the list itself that was being played; undefined before the first. */
export function stepAt({ steps }: RunFacts, atMs: number): StepFact | undefined {
  return steps.filter(({ path, startMs }) => !path.includes('.') && startMs <= atMs).at(-1)
}
