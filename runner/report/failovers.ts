import type { ClusterInfo } from '../record/events.ts'
import type { FailoverReport, StepReport } from './report-model.ts'

/** Verbs that take a master away. */
const FAULTS: ReadonlySet<string> = new Set(['stop', 'kill', 'pause', 'restart'])

/**
 * The failovers that steps waited for: each from the step that caused it until its new master was seen. Wanted ones are
 * steps of their own (`failover`); the others were caused by the last step before them that took a node of the shard away.
 */
export function failoversOf(steps: readonly StepReport[], cluster: ClusterInfo | undefined): FailoverReport[] {
  const shardOf = (node: string) => cluster?.nodes.find(({ name }) => name === node)?.shard
  return steps.flatMap((step, place): FailoverReport[] => {
    const { promoted, startMs, trueAfterMs } = step
    const shard = promoted === undefined ? undefined : shardOf(promoted)
    if (promoted === undefined || startMs === undefined || trueAfterMs === undefined || shard === undefined) return []
    const sameShard = (node: string) => node !== promoted && shardOf(node) === shard
    const wanted = step.verb === 'failover'
    const cause = wanted
      ? step
      : steps.slice(0, place).findLast(({ verb, targets = [] }) => FAULTS.has(verb) && targets.some(sameShard))
    if (cause?.startMs === undefined) return []
    return [
      {
        shard,
        from: wanted ? '' : (cause.targets?.find(sameShard) ?? ''),
        to: promoted,
        cause: `${cause.verb} in step ${cause.path}`,
        startMs: cause.startMs,
        totalMs: Math.round((startMs + trueAfterMs - cause.startMs) * 1000) / 1000,
        phases: [],
      },
    ]
  })
}
