import { roundMs } from '../../base/duration.ts'
import type { ClusterInfo } from '../../record/events.ts'
import type { PlayedStep } from '../steps.ts'
import { phasesOf } from './phases.ts'
import type { FailoverTimeline, TimelineMoment } from './timeline.ts'

/** Verbs that take a master away. */
const FAULTS: ReadonlySet<string> = new Set(['stop', 'kill', 'pause', 'restart'])

/**
 * What can be said of failovers in the record of a run that did not watch for them (an older runner's): those that
 * steps waited for, each from the step that caused it until its new master was seen. Wanted ones are steps of their own
 * (`failover`); the others were caused by the last step before them that took a node of the shard away.
 */
export function failoversFromSteps(steps: readonly PlayedStep[], cluster: ClusterInfo | undefined): FailoverTimeline[] {
  const shardOf = (node: string) => cluster?.nodes.find(({ name }) => name === node)?.shard
  return steps.flatMap((step, place): FailoverTimeline[] => {
    const { promoted, trueAfterMs } = step.outcome ?? {}
    const shard = promoted === undefined ? undefined : shardOf(promoted)
    if (promoted === undefined || trueAfterMs === undefined || shard === undefined) return []
    const sameShard = (node: string) => node !== promoted && shardOf(node) === shard
    const wanted = step.verb === 'failover'
    const cause = wanted
      ? step
      : steps.slice(0, place).findLast(({ verb, outcome }) => FAULTS.has(verb) && outcome?.targets?.some(sameShard))
    if (cause === undefined) return []
    const totalMs = roundMs(step.startMs + trueAfterMs - cause.startMs)
    const moments = twoMoments(step, cause, wanted, promoted, totalMs)
    return [
      {
        shard,
        from: wanted ? '' : (cause.outcome?.targets?.find(sameShard) ?? ''),
        to: promoted,
        kind: wanted ? 'manual' : cause.verb,
        cause: `${cause.verb} in step ${cause.path}`,
        outcome: 'promoted',
        wanted,
        ...(wanted && { askedBy: cause.path }),
        startMs: roundMs(cause.startMs),
        totalMs,
        wholeMs: totalMs,
        moments,
        phases: phasesOf(moments),
        otherShards: [],
        incidents: [],
      },
    ]
  })
}

function twoMoments(
  step: PlayedStep,
  cause: PlayedStep,
  wanted: boolean,
  promoted: string,
  totalMs: number,
): TimelineMoment[] {
  const startMs = roundMs(cause.startMs)
  const name = wanted ? 'requested' : 'fault'
  return [
    { name, atMs: startMs, errorMs: 0, source: 'run', text: cause.name },
    { name: 'promoted', atMs: startMs + totalMs, errorMs: 0, source: 'run', node: promoted, text: step.name },
  ]
}
