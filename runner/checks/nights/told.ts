import { formatDuration } from '../../base/duration.ts'
import { plural } from '../../base/text.ts'
import { type Comparison, METRICS, type NightsReport } from '../../record/comparison.ts'
import type { Night } from '../../record/nights.ts'
import { medianOf } from '../../results/samples.ts'
import { differencesOf } from '../regression/measures.ts'
import { goesOn, measuredNights, shiftOf, sidesOf } from './change.ts'
import { flakyOf } from './flaky.ts'
import { type JudgedCourse, type JudgedNight, judgeCourses } from './judge.ts'
import { COMPARED, coursesOf, outcomesOf } from './night.ts'
import { flakySentence } from './sentences.ts'
import { statesOf } from './states.ts'

/** A night beside those before it, in words. */
export interface ToldNight {
  /** Empty where nothing could be judged. */
  comparisons: Comparison[]
  nights: NightsReport
}

/** Judges the last of these nights, the oldest first; `threshold`: 0.1 is 10 %. */
export function toldNight(nights: readonly Night[], threshold: number): ToldNight {
  const judged = judgeCourses(coursesOf(nights), { threshold })
  const compared = judged.courses.filter(isCompared)
  const told = new Map(compared.map((one) => [one, comparisonOf(one, nights, { asked: compared.length, threshold })]))
  const comparisons = [...togetherOf(judged), ...told.values()]
  const flaky = flakyOf(outcomesOf(nights)).map(flakySentence)
  const summary = summaryOf(judged, comparisons, nights)
  const states = statesOf(nights, judged.courses, told)
  const unsteady = compared.flatMap((one) => (one.asSlow === undefined ? [] : (told.get(one)?.sentence ?? [])))
  const more = unsteady.length === 0 ? {} : { unsteady }
  return { comparisons, nights: { before: nights.length - 1, summary, flaky, ...more, states } }
}

function isCompared({ verdict }: JudgedCourse): boolean {
  return verdict !== 'missing' && verdict !== 'too-few'
}

function summaryOf({ courses }: JudgedNight, comparisons: readonly Comparison[], nights: readonly Night[]): string {
  const before = nights.length - 1
  if (before === 0) return 'Nothing to compare with yet: this is the first night.'
  const count = (verdict: Comparison['verdict']) => courses.filter((one) => one.verdict === verdict).length
  const few = count('too-few')
  const more = [
    ...(few > 0 ? [`${few} with too few samples so far`] : []),
    ...(count('missing') > 0 ? [`${count('missing')} new`] : []),
  ]
  if (comparisons.length === 0) {
    const why = more.length === 0 ? `no scenario measured a ${measureNames(' or an ')}` : more.join(', ')
    return `Nothing could be compared with the ${plural(before, 'night')} before: ${why}.`
  }
  const asked = courses.filter(isCompared).length
  const slower = comparisons.filter(({ verdict }) => verdict === 'regressed').length
  const asSlow = courses.filter((one) => one.asSlow !== undefined).length
  const found = [
    ...(slower > 0 ? [`${slower} slower`] : []),
    ...(asSlow > 0 ? [`${asSlow} slower, as on some nights before`] : []),
    ...(slower + asSlow === 0 ? ['nothing is slower'] : []),
    ...(count('improved') > 0 ? [`${count('improved')} faster`] : []),
    ...more,
  ]
  return `Compared with the ${plural(before, 'night')} before, ${plural(asked, 'measure')} (${measureNames(', ')}): ${found.join(', ')}.`
}

function measureNames(between: string): string {
  return COMPARED.map((metric) => METRICS[metric].name).join(between)
}

function togetherOf({ together, courses }: JudgedNight): Comparison[] {
  return [...together].flatMap(([group, { span, before, shift }]) => {
    const one = courses.find(({ course }) => `${course.server}, ${course.platform}` === group)?.course
    if (span === 0 || one === undefined) return []
    const change = Math.exp(shift) - 1
    const since = span === 1 ? '' : `, for ${span} nights now`
    const sentence = `all scenarios on ${group} together are ${percent(change)} slower than on ${plural(before - span + 1, 'night')} before${since}: the server is slower, or the machine is; each scenario is compared beside that.`
    const { server, platform, metric } = one
    return [
      {
        scenario: 'all scenarios',
        server,
        platform,
        metric,
        verdict: 'regressed',
        samples: [],
        baseline: [],
        change,
        sentence,
      },
    ]
  })
}

function comparisonOf(
  judged: JudgedCourse,
  nights: readonly Night[],
  { asked, threshold }: { asked: number; threshold: number },
): Comparison {
  const { course, verdict, change, asSlow } = judged
  const { scenario, server, platform, metric } = course
  const p = judged.p ?? 1
  const tonight = course.nights.at(-1)
  const samples = [...(tonight?.first ?? []), ...(tonight?.again ?? [])].map(msOf)
  const from = measuredNights(course).at(-(change?.span ?? 1)) ?? nights.length - 1
  const baseline = course.nights
    .slice(0, from)
    .map(({ level }) => level)
    .filter((level) => !Number.isNaN(level))
    .map(msOf)
  const sides = change && sidesOf(change)
  const shift = sides === undefined ? 0 : shiftOf(sides)
  const factor = Math.exp(shift)
  const head = `${scenario} on ${server}, ${platform}: ${METRICS[metric].name}`
  const now = `now median ${formatDuration(medianOf(samples))} of ${plural(samples.length, 'play')}`
  const range = `, ${formatDuration(Math.min(...baseline))} to ${formatDuration(Math.max(...baseline))}`
  const before = `before median ${formatDuration(medianOf(baseline))} of ${plural(baseline.length, 'night')}${baseline.length > 1 ? range : ''}`
  const by = `${percent(Math.abs(factor - 1))} ${factor < 1 ? 'faster' : 'slower'}`
  const since = change !== undefined && change.span > 1 ? ` since ${nights[from]?.startedAt ?? ''}` : ''
  const chance = `p ${p < 0.0001 ? '< 0.0001' : `= ${p.toPrecision(2)}`} of ${plural(asked, 'measure')}`
  const also = differences(judged, nights, from)
  const isSmall = sides === undefined || Math.abs(shift) < Math.log(1 + threshold) || !goesOn(sides, shift)
  const same =
    asSlow !== undefined
      ? `is ${by}${since}, but ${asSlow} of ${plural(baseline.length, 'night')} before ${asSlow === 1 ? 'was' : 'were'} as slow`
      : isSmall
        ? 'is as before'
        : `is ${by}${since}, which may be chance`
  const sentence =
    verdict === 'same'
      ? `${head} ${same}: ${now}, ${before}.`
      : `${head} is ${by}${since} (${chance}): ${now}, ${before}.${also.length === 0 ? '' : ` Also, ${also.join(', ')}.`}`
  return { scenario, server, platform, metric, verdict, samples, baseline, p, change: factor - 1, sentence }
}

/** What else differs between the last night before the change and tonight. */
function differences({ course }: JudgedCourse, nights: readonly Night[], from: number): string[] {
  const playedIn = (night: Night | undefined) =>
    night?.scenarios.find(
      (one) => one.scenario === course.scenario && one.server === course.server && one.platform === course.platform,
    )
  const now = playedIn(nights.at(-1))
  const before = nights.slice(0, from).findLast((night) => playedIn(night) !== undefined)
  const then = playedIn(before)
  return now === undefined || then === undefined ? [] : differencesOf(then, now)
}

function percent(change: number): string {
  return `${(100 * change).toFixed(1)} %`
}

/** To a tenth of a millisecond: what is more exact says nothing. */
function msOf(log: number): number {
  return Math.round(10 * Math.exp(log)) / 10
}
