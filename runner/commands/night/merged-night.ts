import { UsageError } from '../../base/errors.ts'
import { worstExit } from '../../base/exit.ts'
import { nightOf } from '../../checks/nights/night.ts'
import { judgedWith } from '../../checks/nights/window.ts'
import type { EventOf, RunEvent } from '../../record/events.ts'
import type { Night } from '../../record/nights.ts'
import { type MergedRuns, problemsOfDivision } from '../../results/merge-runs.ts'
import { reduceRun } from '../../results/run-model.ts'
import { comparedNight, exitCodeOfNight } from '../judging.ts'
import { shown } from '../project.ts'
import { isCutShort, othersThan } from './kept-nights.ts'

/** A night whose parts were put together, judged as a whole. */
export interface WholeNight {
  /** The record of the whole, with how it stands beside the nights before it. */
  events: RunEvent[]
  /** What is to be kept; absent where it is neither judged nor kept: it was cut short, or is no one division. */
  kept?: Night
}

interface NightPart {
  folder: string
  events: readonly RunEvent[]
}

/**
 * By which threshold the runs are to be judged as one night, the strictest of theirs; undefined where they are no parts
 * of a night. Throws UsageError where one of them is, and another was judged alone, or where they are of two nights.
 */
export function thresholdOfParts(runs: readonly NightPart[]): number | undefined {
  const compared = runs.flatMap(({ events }) => events.filter((event) => event.type === 'baseline-compared'))
  const thresholds = compared.flatMap(({ nights }) => nights?.part?.threshold ?? [])
  if (thresholds.length === 0) return undefined
  if (compared.length > thresholds.length)
    throw new UsageError(
      '--merge: some of these runs are parts of a night, and others were compared alone: name the parts',
    )
  assertOneNight(runs)
  return Math.min(...thresholds)
}

/** In one night each scenario is in one part, unless the machines divided by different times: that is told by itself. */
function assertOneNight(runs: readonly NightPart[]): void {
  const starts = runs.flatMap(({ events }) => events.filter((event) => event.type === 'run-started'))
  if (problemsOfDivision(starts).length > 0) return
  const places = new Map<string, NightPart>()
  for (const run of runs) {
    for (const event of run.events) {
      if (event.type !== 'scenario-started') continue
      const other = places.get(keyOf(event)) ?? run
      places.set(keyOf(event), other)
      if (other === run) continue
      const { id, server, asked = server } = event
      const where = `${shown(other.folder)} and in ${shown(run.folder)}`
      throw new UsageError(`--merge: ${id} on ${asked} was played in ${where}: name the parts of one night`)
    }
  }
}

function keyOf({ id, server, asked = server, platform, client }: EventOf<'scenario-started'>): string {
  return JSON.stringify([id, asked, platform, client])
}

/** Whether two of the parts, by their places, played the same. */
function overlap({ events, parts }: MergedRuns): boolean {
  const starts = events
    .filter((event) => event.type === 'scenario-started')
    .sort((one, other) => one.scenario - other.scenario)
  const played = new Set(starts.map((event, place) => JSON.stringify([keyOf(event), parts[place]])))
  return played.size > new Set(starts.map(keyOf)).size
}

/** `kept`: the nights of the file, as far as there are any. */
export function wholeNight(
  merged: MergedRuns,
  { file, kept, threshold }: { file: string; kept: readonly Night[]; threshold: number },
): WholeNight {
  const { events, parts } = merged
  const run = reduceRun(events)
  if (isCutShort(run.exitCode) || run.verdict === 'interrupted' || overlap(merged))
    return { events: events.filter(({ type }) => type !== 'baseline-compared') }
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
  return { events: judged, kept: night }
}
