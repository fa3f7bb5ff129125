import type { ComparisonVerdict } from '../../record/comparison.ts'
import { medianOf } from '../../results/samples.ts'
import { holm } from '../regression/compare.ts'
import { type Change, changeOf, goesOn, nightsAsSlow, type Sides, shiftOf, sidesOf } from './change.ts'
import { type Course, groupKey } from './course.ts'
import { machinesOf } from './machine.ts'
import { type Together, togetherOf } from './together.ts'

/** Chances of flagging anything on a night without a reason: after the first pass, and after the second. */
const ALPHA = { first: 0.001, second: 0.009 }
/** What looks so unlikely after the first pass is played again. */
const SUSPICIOUS = 0.01
/** Differences below this are the runner's own, ms: of how often it looks, and of starting a process. */
const SMALLEST_CHANGE_MS = 50

/** One measure of the night beside those of the nights before. */
export interface JudgedCourse {
  course: Course
  verdict: ComparisonVerdict
  /** Corrected for all that is asked; absent where it is missing. */
  p?: number
  change?: Change
  /** It would be a regression, and so many nights before were as slow: too many to be chance. */
  asSlow?: number
  /** Looks as if it were slower, and more plays would tell. */
  isSuspicious: boolean
}

export interface JudgedNight {
  courses: JudgedCourse[]
  /** By group, see `groupKey`. */
  together: ReadonlyMap<string, Together>
  /** How many measures the whole night asks about, of which these may be a part. */
  asked: number
}

interface JudgeOptions {
  /** What is slower by less is no regression: 0.1 is 10 %. */
  threshold: number
  /** At least so many measures are asked about in the whole of which these are a part. */
  asked?: number
  /** Of scenarios that are not judged: they help to know the machines of the nights before. */
  beside?: readonly Course[]
}

/**
 * Judges the last night of all courses. A regression is unlikely by chance (ranks of all samples since a change against
 * those before it; Holm's correction for every measure that is asked about), larger by `threshold` (0.1 is 10 %) or
 * more, and slower than nearly every night before it. What is only suspicious should be played again, and be judged anew
 * with those plays.
 */
export function judgeCourses(
  courses: readonly Course[],
  { threshold, asked: askedAtLeast = 0, beside = [] }: JudgeOptions,
): JudgedNight {
  const least = Math.log(1 + threshold)
  const together = new Map<string, Together>()
  const changes = new Map<Course, Change>()
  for (const group of new Set(courses.map(groupKey))) {
    const own = courses.filter((course) => groupKey(course) === group)
    const machines = machinesOf([...own, ...beside.filter((course) => groupKey(course) === group)])
    together.set(group, togetherOf(machines, least))
    for (const course of own) {
      const change = changeOf(course, machines)
      if (change !== undefined) changes.set(course, change)
    }
  }
  const there = courses.filter((course) => changes.has(course))
  const asked = Math.max(there.length, askedAtLeast)
  const corrected = (of: 'slower' | 'faster') => {
    const ps = holm(
      there.map((course) => changes.get(course)?.[of] ?? 1),
      asked,
    )
    return new Map(there.map((course, place) => [course, ps[place] ?? 1]))
  }
  const [slower, faster] = [corrected('slower'), corrected('faster')]
  const judged = courses.map((course): JudgedCourse => {
    const change = changes.get(course)
    if (change === undefined) return { course, verdict: 'missing', isSuspicious: false }
    const ps = { slower: slower.get(course) ?? 1, faster: faster.get(course) ?? 1 }
    const { verdict, asSlow } = verdictOf(course, change, { ...ps, least })
    const p = change.slower <= change.faster ? ps.slower : ps.faster
    const seen = asSlow === undefined ? {} : { asSlow }
    return {
      course,
      verdict,
      p,
      change,
      ...seen,
      isSuspicious: verdict === 'same' && isSuspicious(course, change, least),
    }
  })
  return { courses: judged, together, asked }
}

function verdictOf(
  course: Course,
  change: Change,
  { slower, faster, least }: { slower: number; faster: number; least: number },
): Pick<JudgedCourse, 'verdict' | 'asSlow'> {
  const alpha = wasPlayedAgain(course) ? ALPHA.second : ALPHA.first
  if (Math.min(slower, faster) < alpha) {
    const sides = sidesOf(change)
    const isMeant = (by: number) => isLarge(sides, by) && goesOn(sides, by)
    if (slower < alpha && isMeant(least)) {
      const asSlow = nightsAsSlow(change, sides, least / 2)
      return asSlow === 0 ? { verdict: 'regressed' } : { verdict: 'same', asSlow }
    }
    if (faster < alpha && isMeant(-least)) return { verdict: 'improved' }
  }
  return { verdict: change.smallest >= SUSPICIOUS ? 'too-few' : 'same' }
}

function isSuspicious(course: Course, change: Change, least: number): boolean {
  return !wasPlayedAgain(course) && change.slower < SUSPICIOUS && isLarge(sidesOf(change), least / 2)
}

function wasPlayedAgain({ nights }: Course): boolean {
  const tonight = nights.at(-1)
  return tonight !== undefined && tonight.again.length > 0 && !tonight.isControl
}

/** By `least` and more, a logarithm; and by more than what the runner itself adds. */
function isLarge(sides: Sides, least: number): boolean {
  const shift = shiftOf(sides)
  if (shift * Math.sign(least) < Math.abs(least)) return false
  const usualMs = Math.exp(medianOf(sides.before))
  return Math.abs(Math.exp(shift) - 1) * usualMs >= SMALLEST_CHANGE_MS
}
