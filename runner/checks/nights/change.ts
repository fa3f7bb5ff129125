import { medianOf } from '../../results/samples.ts'
import { shiftBetween } from '../regression/effect.ts'
import { type Course, NO_SAMPLES, type Samples } from './course.ts'
import type { Machine } from './machine.ts'
import { rankTails, smallestTail } from './rank-tails.ts'

/** Of a change, how many nights ago it may have begun; what is older is what is usual. */
const SPANS = [1, 2, 3, 4, 5, 7, 10] as const
/** Of the chance of a false alarm, what goes to a change that began tonight; the other spans share the rest. */
const SHARE_OF_TONIGHT = 0.5
/**
 * Of the earlier nights, how many may have been as slow and still say nothing of this one: chance has such nights. The
 * count is rounded: one of five to fourteen.
 */
const EXCEPTIONS = 0.1
/** Logarithms that differ by less than a billionth are the same. */
const STEPS = 1_000_000_000
/** More than there are nights in a window. */
const MOST_NIGHTS = 64

/** The moment in a course after which it looks most unlike before. */
export interface Change {
  /** Its nights with samples, and how much slower the machine was that played it in each, as logarithms. */
  course: Course
  machine: Adjustment
  /** Nights since then, with the one that is judged. */
  span: number
  /** Chances of being so much slower, and so much faster, without a reason: one-sided, corrected for the spans. */
  slower: number
  faster: number
  /** The smallest that this could have been. */
  smallest: number
}

interface Adjustment {
  first: readonly number[]
  again: readonly number[]
}

/** `machines`: of each part. Undefined where the last night, or all before it, have no samples. Nights without samples count for nothing. */
export function changeOf(wholeCourse: Course, machines: readonly Machine[]): Change | undefined {
  const own = measuredNights(wholeCourse)
  if (own.at(-1) !== wholeCourse.nights.length - 1) return undefined
  const course = { ...wholeCourse, nights: own.map((night) => wholeCourse.nights[night] ?? NO_SAMPLES) }
  const factors = (of: keyof Adjustment) =>
    own.map((night, place) => machines[course.nights[place]?.part ?? 0]?.[of][night] ?? 0)
  const machine = { first: factors('first'), again: factors('again') }
  const { counts, sums, tied } = ranked(course, machine)
  const last = course.nights.length - 1
  const all = counts.reduce((sum, count) => sum + count, 0)
  const tonight = counts[last] ?? 0
  if (tonight === 0 || tonight === all) return undefined
  const spans = spansOf(course)
  let best = { span: 1, slower: 1, faster: 1 }
  let [count, doubledSum, from] = [0, 0, last + 1]
  for (const span of spans) {
    for (; from > last - span + 1; from -= 1) {
      count += counts[from - 1] ?? 0
      doubledSum += sums[from - 1] ?? 0
    }
    const [up, down] = rankTails({ count, all, doubledSum, ...(tied && { tied }) })
    const weight = weightOf(span, spans.length)
    const [slower, faster] = [Math.min(up * weight, 1), Math.min(down * weight, 1)]
    if (Math.min(slower, faster) < Math.min(best.slower, best.faster)) best = { span, slower, faster }
  }
  const smallest = smallestTail(all - tonight, tonight) * weightOf(1, spans.length)
  return { course, machine, ...best, smallest }
}

/** The places of the nights that have samples. */
export function measuredNights({ nights }: Course): number[] {
  return nights.flatMap(({ first, again }, night) => (first.length + again.length > 0 ? [night] : []))
}

/** The samples on both sides of a change, adjusted for the machine, as logarithms. */
export interface Sides {
  before: number[]
  since: number[]
  tonight: number[]
}

export function sidesOf({ course: { nights }, machine, span }: Change): Sides {
  const from = nights.length - span
  const adjusted = nights.map((samples, night) => adjust(samples, machine, night))
  return { before: adjusted.slice(0, from).flat(), since: adjusted.slice(from).flat(), tonight: adjusted.at(-1) ?? [] }
}

/** By how much larger it is since the change than before, as a logarithm. */
export function shiftOf({ before, since }: Sides): number {
  return shiftBetween(before, since)
}

/** Whether the change is still there tonight: at least half of `least`, a logarithm. */
export function goesOn({ before, tonight }: Sides, least: number): boolean {
  return (medianOf(tonight) - medianOf(before)) * Math.sign(least) >= Math.abs(least) / 2
}

/**
 * How many nights before the change were as slow, give or take `margin`, a logarithm; 0 where they are so few that they
 * say nothing. Samples of one night have more in common than those of different nights, which ranks of samples do not
 * know.
 */
export function nightsAsSlow({ course: { nights }, machine, span }: Change, { since }: Sides, margin: number): number {
  const levels = nights
    .slice(0, nights.length - span)
    .map(({ level }, night) => level - (machine.first[night] ?? 0))
    .filter((level) => !Number.isNaN(level))
  const level = medianOf(since)
  const count = levels.filter((one) => level - one <= margin).length
  return count > Math.round(levels.length * EXCEPTIONS) ? count : 0
}

function adjust({ first, again }: Samples, machine: Adjustment, night: number): number[] {
  const [ofFirst, ofAgain] = [machine.first[night] ?? 0, machine.again[night] ?? 0]
  return [...first.map((log) => log - ofFirst), ...again.map((log) => log - ofAgain)]
}

/** Samples of each night, and the doubled sum of their ranks among all; `tied`: all doubled ranks, where some are. */
function ranked(course: Course, machine: Adjustment): { counts: number[]; sums: number[]; tied?: number[] } {
  const values = sortedValues(course, machine)
  const counts = course.nights.map(() => 0)
  const sums = course.nights.map(() => 0)
  const stepOf = (place: number) => Math.floor((values[place] ?? Number.NaN) / MOST_NIGHTS)
  const ranks = new Uint32Array(values.length)
  let isTied = false
  for (let first = 0; first < values.length; ) {
    const step = stepOf(first)
    let last = first
    while (stepOf(last + 1) === step) last += 1
    isTied ||= last > first
    for (const rank = first + last + 2; first <= last; first += 1) {
      const night = (values[first] ?? 0) - step * MOST_NIGHTS
      ranks[first] = rank
      counts[night] = (counts[night] ?? 0) + 1
      sums[night] = (sums[night] ?? 0) + rank
    }
  }
  return { counts, sums, ...(isTied && { tied: [...ranks] }) }
}

/** A sample and its night in one number, for such sort fast: a night sorts some hundred courses. */
function sortedValues({ nights }: Course, machine: Adjustment): Float64Array {
  const values = new Float64Array(nights.reduce((sum, { first, again }) => sum + first.length + again.length, 0))
  let place = 0
  const add = (logs: readonly number[], factor: number, night: number) => {
    for (const log of logs) {
      values[place] = Math.round((log - factor) * STEPS) * MOST_NIGHTS + night
      place += 1
    }
  }
  for (const [night, { first, again }] of nights.entries()) {
    add(first, machine.first[night] ?? 0, night)
    add(again, machine.again[night] ?? 0, night)
  }
  return values.sort()
}

/** Those before which a night has samples, and that are no longer than what was before them. */
function spansOf({ nights }: Course): number[] {
  const measured = nights.filter(({ first }) => first.length > 0).length
  const oldest = nights.findIndex(({ first }) => first.length > 0)
  return SPANS.filter((span) => span === 1 || (2 * span <= measured && nights.length - span > oldest))
}

function weightOf(span: number, count: number): number {
  if (count === 1) return 1
  return span === 1 ? 1 / SHARE_OF_TONIGHT : (count - 1) / (1 - SHARE_OF_TONIGHT)
}
