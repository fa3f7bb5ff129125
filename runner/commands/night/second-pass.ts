import { plural } from '../../base/text.ts'
import { flakyOf } from '../../checks/nights/flaky.ts'
import { judgeCourses } from '../../checks/nights/judge.ts'
import { coursesBeside, coursesOf, nightOf, outcomesOf } from '../../checks/nights/night.ts'
import { type PlayedKey, type SecondPass, secondPassOf } from '../../checks/nights/second-pass.ts'
import { judgedWith } from '../../checks/nights/window.ts'
import type { Play } from '../../engine/play.ts'
import type { Night } from '../../record/nights.ts'
import type { RunReport } from '../../results/report-model.ts'
import { seedOfRepeat } from '../choosing/plays.ts'

/** Where nights are kept, and those that are there. */
export interface NightsBefore {
  /** As it is shown. */
  file: string
  before: readonly Night[]
  /** Where this is one machine's part of a night. */
  part?: PartOfNight
}

interface PartOfNight {
  number: number
  of: number
  /** So many measures the whole night asks about at most. */
  asked: number
}

/** The nights that a run is judged with: those before it that are like it, and itself. */
export function windowOf(before: readonly Night[], run: RunReport): Night[] {
  return judgedWith(before, nightOf(run))
}

interface FurtherOptions {
  nights: NightsBefore | undefined
  /** What is slower by less is no regression: 0.1 is 10 %. */
  threshold: number
  /** All plays of the first pass. */
  plays: readonly Play[]
  /** Of the run. */
  seed: number
  /** What has been played so far. */
  report(): RunReport
  /** Tells what comes, and why. */
  say(text: string): void
}

/** What a night plays after its first pass: what looks slower than on the nights before, or does not always pass. */
export function furtherPlays({ nights, threshold, plays, seed, report, say }: FurtherOptions): Play[] {
  if (nights === undefined) return []
  const all = windowOf(nights.before, report())
  const flaky = flakyOf(outcomesOf(all)).filter(({ isTonight }) => isTonight)
  // What the whole night will ask is what is corrected for, so that no part takes for certain what the whole does not.
  const { part } = nights
  const asPart = part === undefined ? {} : { asked: part.asked, beside: coursesBeside(all) }
  const second = secondPassOf(judgeCourses(coursesOf(all), { threshold, ...asPart }), flaky)
  if (second.rounds.length === 0) return []
  const names = second.suspicious.map(({ scenario, server }) => `${scenario} on ${server}`).join(', ')
  const beside = second.controls.length === 0 ? '' : ', with others beside them to know the machine'
  say(
    `slower than before, or not always the same: ${names}; played ${plural(second.rounds.length, 'time')} more${beside}`,
  )
  return playsOfSecondPass(second, plays, (repeat) => seedOfRepeat(seed, repeat))
}

/**
 * The plays of a second pass. `plays`: all of the first; their repeats go on. `seedOf`: of a repeat, counted from 1.
 */
function playsOfSecondPass(
  { suspicious, rounds }: SecondPass,
  plays: readonly Play[],
  seedOf: (repeat: number) => number,
): Play[] {
  const counts = new Map<string, number>()
  const planned = rounds.flat().flatMap((key) =>
    [...new Set(plays.filter((play) => isOf(play, key)).map(({ scenario }) => scenario))].flatMap((scenario) => {
      const play = plays.find((one) => one.scenario === scenario && isOf(one, key))
      if (play === undefined) return []
      const own = JSON.stringify([scenario.id, scenario.params, key.server, key.platform])
      const number = (counts.get(own) ?? play.repeat?.of ?? 1) + 1
      counts.set(own, number)
      return [{ play, own, number, why: suspicious.includes(key) ? ('suspicious' as const) : ('control' as const) }]
    }),
  )
  return planned.map(({ play, own, number, why }) => ({
    ...play,
    ...(play.scenario.seed === undefined && { seed: seedOf(number) }),
    repeat: { number, of: counts.get(own) ?? number, why },
  }))
}

function isOf({ scenario, platform }: Play, key: PlayedKey): boolean {
  return scenario.id === key.scenario && platform.kind === key.platform && platform.server === key.server
}
