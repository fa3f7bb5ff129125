import { formatDuration } from '../base/duration.ts'
import type { FaultFact, RunFacts, StepFact } from '../results/run-facts.ts'

/**
 * The fault that a moment of a shard is told by: the last one that was active in the shard then, else the next one that
 * touched it, else the last one before; undefined if the shard was never touched.
 */
export function faultNear({ faults }: RunFacts, shard: number, atMs: number): FaultFact | undefined {
  const its = faults.filter(({ shards }) => shards.includes(shard)).sort((a, b) => a.startMs - b.startMs)
  return (
    its.findLast(({ startMs, endMs }) => startMs <= atMs && atMs < endMs) ??
    its.find(({ startMs }) => startMs >= atMs) ??
    its.at(-1)
  )
}

/** `812 ms before `kill` in step 4`, `1.20 s after `partition` in step 3 began`. */
export function besideFault({ verb, step, startMs }: FaultFact, atMs: number): string {
  const apart = formatDuration(Math.abs(startMs - atMs))
  return atMs <= startMs
    ? `${apart} before \`${verb}\` in step ${step}`
    : `${apart} after \`${verb}\` in step ${step} began`
}

/** The step of the list itself that was being played; undefined before the first. */
export function stepAt({ steps }: RunFacts, atMs: number): StepFact | undefined {
  return steps.filter(({ path, startMs }) => !path.includes('.') && startMs <= atMs).at(-1)
}
