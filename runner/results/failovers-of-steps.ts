import type { ClusterInfo } from '../record/events.ts'
import { phasesOf, tidyMs } from './failovers/phases.ts'
import type { FailoverTimeline, TimelineMoment } from './failovers/timeline.ts'
import type { StepReport } from './report-model.ts'

/** Verbs that take a master away. */
const FAULTS: ReadonlySet<string> = new Set(['stop', 'kill', 'pause', 'restart'])

/**
 * What can be said of failovers in the record of a run that did not watch for them (an older runner's): those that steps
 * waited for, each from the step that caused it until its new master was seen. Wanted ones are steps of their own
 * (`failover`); the others were caused by the last step before them that took a node of the shard away.
 */
export function failoversOfSteps(steps: readonly StepReport[], cluster: ClusterInfo | undefined): FailoverTimeline[] {
  const shardOf = (node: string) => cluster?.nodes.find(({ name }) => name === node)?.shard
  return steps.flatMap((step, place): FailoverTimeline[] => {
    const { promoted, startMs, trueAfterMs } = step
    const shard = promoted === undefined ? undefined : shardOf(promoted)
    if (promoted === undefined || startMs === undefined || trueAfterMs === undefined || shard === undefined) return []
    const sameShard = (node: string) => node !== promoted && shardOf(node) === shard
    const wanted = step.verb === 'failover'
    const cause = wanted
      ? step
      : steps.slice(0, place).findLast(({ verb, targets = [] }) => FAULTS.has(verb) && targets.some(sameShard))
    if (cause?.startMs === undefined) return []
    const totalMs = tidyMs(startMs + trueAfterMs - cause.startMs)
    const moments = twoMoments(step, cause, wanted, promoted, totalMs)
    return [
      {
        ...{ shard, from: wanted ? '' : (cause.targets?.find(sameShard) ?? ''), to: promoted, wanted },
        ...{ kind: wanted ? 'manual' : cause.verb, cause: `${cause.verb} in step ${cause.path}`, outcome: 'promoted' },
        ...{ startMs: cause.startMs, totalMs, wholeMs: totalMs, moments, phases: phasesOf(moments) },
        ...{ otherShards: [], incidents: [] },
      },
    ]
  })
}

function twoMoments(
  step: StepReport,
  cause: StepReport,
  wanted: boolean,
  promoted: string,
  totalMs: number,
): TimelineMoment[] {
  const startMs = cause.startMs ?? 0
  const name = wanted ? 'requested' : 'fault'
  return [
    { name, atMs: startMs, errorMs: 0, source: 'run', text: cause.name },
    { name: 'promoted', atMs: startMs + totalMs, errorMs: 0, source: 'run', node: promoted, text: step.name },
  ]
}
