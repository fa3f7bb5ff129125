import { UsageError } from '../../base/errors.ts'
import { worstExit } from '../../base/exit.ts'
import { nightOf } from '../../checks/nights/night.ts'
import { judgedWith } from '../../checks/nights/window.ts'
import type { RunEvent } from '../../record/events.ts'
import type { Night } from '../../record/nights.ts'
import type { MergedRuns } from '../../results/merge-runs.ts'
import { reduceRun } from '../../results/run-model.ts'
import { comparedNight, exitCodeOfNight } from '../judging.ts'
import { shown } from '../project.ts'
import { isCutShort, othersThan } from './kept-nights.ts'

/** A night whose parts were put together, judged as a whole. */
export interface WholeNight {
  /** The record of the whole, with how it stands beside the nights before it. */
  events: RunEvent[]
  /** The nights before it, and itself; absent where it was cut short, which is neither judged nor kept. */
  kept?: { before: Night[]; night: Night }
}

/**
 * By which threshold the runs are to be judged as one night, the strictest of theirs; undefined where they are no parts
 * of a night. Throws UsageError where one of them is, and another was judged alone.
 */
export function thresholdOfParts(runs: readonly (readonly RunEvent[])[]): number | undefined {
  const compared = runs.flatMap((events) => events.filter((event) => event.type === 'baseline-compared'))
  const thresholds = compared.flatMap(({ nights }) => nights?.part?.threshold ?? [])
  if (thresholds.length === 0) return undefined
  if (compared.length > thresholds.length)
    throw new UsageError(
      '--merge: some of these runs are parts of a night, and others were compared alone: name the parts',
    )
  return Math.min(...thresholds)
}

/** `kept`: the nights of the file, as far as there are any. */
export function wholeNight(
  { events, parts }: MergedRuns,
  { file, kept, threshold }: { file: string; kept: readonly Night[]; threshold: number },
): WholeNight {
  const run = reduceRun(events)
  if (isCutShort(run.exitCode)) return { events: events.filter(({ type }) => type !== 'baseline-compared') }
  const night = nightOf(run, parts)
  const before = othersThan(night, kept)
  const compared = comparedNight(shown(file), judgedWith(before, night), threshold)
  const judged = events.flatMap((event): RunEvent[] => {
    if (event.type === 'baseline-compared') return []
    if (event.type !== 'run-ended') return [event]
    const exitCode = worstExit(event.exitCode, exitCodeOfNight(compared))
    return [
      { atMs: event.atMs, ...compared },
      { ...event, exitCode },
    ]
  })
  return { events: judged, kept: { before, night } }
}
