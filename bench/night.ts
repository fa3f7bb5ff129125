import Table from 'cli-table3'
import { randomFractions } from '../runner/base/random.ts'
import { type Course, NO_SAMPLES, type Samples, samplesOf } from '../runner/checks/nights/course.ts'
import { NIGHT_REPEATS, WINDOW } from '../runner/checks/nights/defaults.ts'
import { flakyOf } from '../runner/checks/nights/flaky.ts'
import { type JudgedNight, judgeCourses } from '../runner/checks/nights/judge.ts'
import { secondPassOf } from '../runner/checks/nights/second-pass.ts'
import { compareAll, DEFAULT_THRESHOLD } from '../runner/checks/regression/compare.ts'
import { SEEN_FAILOVERS } from '../test/support/seen-failovers.ts'

const NIGHTS = 10_000
const TOLD_EVERY = 500
/** Scenarios of the suite, each with a failover time and an outage: what is asked about every night. */
const SCENARIOS = 80
/** How much the machine differs from night to night, and one scenario beside the others: standard deviations. */
const MACHINE = 0.02
const OF_A_SCENARIO = 0.01
/** Of a night that machines share, how many, and how much these differ from each other. */
const MACHINES = 4
const OF_A_MACHINE = 0.1
/** Such nights that are simulated: each part is judged as well, to know what it plays again. */
const SHARED_NIGHTS = 2_000
/** A night on which nothing changed is added to the nights before after so many plants. */
const PLANTS_PER_NIGHT = 10
/** Nights within which a change is to be found. */
const FEW_NIGHTS = 3
/** How often a scenario fails that fails one time in five. */
const FAILS = 0.2

const random = randomFractions(20_261_130)

/** What was asked about before, in the same words: 41 scenarios, two measures, 20 samples before and 3 repeats. */
const BEFORE = { scenarios: 41, baseline: 20, repeats: 3, slower: 10, nights: 200 }

interface Measured {
  place: number
  scenario: string
  server: string
  platform: string
  metric: 'failover' | 'outage'
}

const MEASURED: readonly Measured[] = Array.from({ length: SCENARIOS }, (_, place) =>
  (['failover', 'outage'] as const).map((metric) => ({
    ...{ place, metric, scenario: `scenario-${place}`, server: 'redis:7.0', platform: 'process' },
  })),
).flat()

/** The nights before, for each measure. */
type Past = readonly (readonly Samples[])[]

interface Night {
  judged: JudgedNight
  samples: Samples[]
  /** Plays of the second pass. */
  added: number
}

/**
 * Simulates 10,000 nights of the whole suite as `nightly` plays and judges them by default, with failover times as they
 * were seen, and prints how often it flags something without a reason, and a change that is there.
 */
export async function benchNight(): Promise<void> {
  const table = new Table({ head: ['', 'seen', 'limit'], style: { head: [], border: [] } })
  const share = (count: number, of: number) => `${((100 * count) / of).toFixed(2)} %`
  const said = (text: string) => process.stderr.write(`${text}\n`)
  said(`Every number is of up to ${NIGHTS} simulated nights, which takes many minutes.`)
  said(`${NIGHTS} nights without a change`)
  const { alarms, added } = falseAlarms(NIGHTS)
  table.push(['false alarms: nights with any, over the whole suite', share(alarms, NIGHTS), 'at most 1 %'])
  table.push(['plays added on such a night', (added / NIGHTS).toFixed(1), ''])
  said(`${SHARED_NIGHTS} nights without a change, on ${MACHINES} machines`)
  const shared = falseAlarms(SHARED_NIGHTS, MACHINES)
  table.push([`the same, of nights shared by ${MACHINES} machines`, share(shared.alarms, SHARED_NIGHTS), 'at most 1 %'])
  said('one scenario slower by 15 %')
  const little = found(1.15, FEW_NIGHTS)
  table.push(['one scenario slower by 15 %: within 3 nights', share(little.within, little.tries), 'at least 90 %'])
  table.push(['… in the first night', share(little.first, little.tries), ''])
  said('one scenario slower by 2×')
  const double = found(2, 1)
  table.push(['one scenario slower by 2×: in the first night', share(double.first, double.tries), 'at least 99 %'])
  said(`one scenario slower by 2×, on ${MACHINES} machines`)
  const one = found(2, 1, { tries: SHARED_NIGHTS, machines: MACHINES })
  table.push([`the same, of nights shared by ${MACHINES} machines`, share(one.first, one.tries), 'at least 99 %'])
  table.push(['fails one time in five: flaky within 3 nights', share(flakyFound(), NIGHTS), 'at least 95 %'])
  const { nights, slower } = BEFORE
  table.push([`${slower} times slower, by one baseline of 20 samples and 3 repeats`, share(foundBefore(), nights), ''])
  process.stdout.write(`${table.toString()}\n`)
}

/** A line every so many nights. */
function tellProgress(done: number, of: number): void {
  if (done > 0 && done < of && done % TOLD_EVERY === 0) process.stderr.write(`  ${done} of ${of}\n`)
}

function falseAlarms(nights: number, machines = 1): { alarms: number; added: number } {
  let past = usualNights(machines)
  let [alarms, added] = [0, 0]
  for (let count = 0; count < nights; count += 1) {
    const one = nightAfter(past, { machines })
    past = withNight(past, one)
    tellProgress(count + 1, nights)
    added += one.added
    const isSlower = [...one.judged.together.values()].some(({ span }) => span > 0)
    if (isSlower || regressed(one).length > 0) alarms += 1
  }
  return { alarms, added }
}

/** How often one scenario is flagged that is slower from one night on: in the first night, and within `nights`. */
function found(
  slower: number,
  nights: number,
  { tries = Math.ceil(NIGHTS / nights), machines = 1 } = {},
): { tries: number; first: number; within: number } {
  let past = usualNights(machines)
  let [first, within] = [0, 0]
  for (let count = 0; count < tries; count += 1) {
    if (count % PLANTS_PER_NIGHT === 0) past = withNight(past, nightAfter(past, { machines }))
    let own = past
    let since = 0
    tellProgress(count, tries)
    for (let time = 1; time <= nights && since === 0; time += 1) {
      const one = nightAfter(own, { slower, machines })
      own = withNight(own, one)
      if (regressed(one).includes('scenario-0')) since = time
    }
    if (since === 1) first += 1
    if (since > 0) within += 1
  }
  return { tries, first, within }
}

/** How often repeats of a scenario that fails now and then are called flaky within three nights. */
function flakyFound(): number {
  const key = { scenario: 'scenario-0', server: 'redis:7.0', platform: 'process' }
  const passed = { passed: NIGHT_REPEATS, failed: 0 }
  let called = 0
  for (let count = 0; count < NIGHTS; count += 1) {
    const nights = Array.from({ length: WINDOW }, () => passed)
    for (let time = 1; time <= FEW_NIGHTS; time += 1) {
      const failed = Array.from({ length: NIGHT_REPEATS }, random).filter((chance) => chance < FAILS).length
      nights.push({ passed: NIGHT_REPEATS - failed, failed })
      if (flakyOf([{ ...key, nights }]).length === 0) continue
      called += 1
      break
    }
  }
  return called
}

function foundBefore(): number {
  const times = (count: number, slower = 1) => Array.from({ length: count }, () => drawn(0, slower))
  let flagged = 0
  for (let night = 0; night < BEFORE.nights; night += 1) {
    const compared = MEASURED.slice(0, 2 * BEFORE.scenarios).map(({ place, ...key }) => ({
      ...key,
      baseline: times(BEFORE.baseline),
      samples: times(BEFORE.repeats, place === 0 ? BEFORE.slower : 1),
    }))
    if (compareAll(compared).some(({ verdict }) => verdict === 'regressed')) flagged += 1
  }
  return flagged
}

function usualNights(machines: number): Past {
  let past: Past = []
  for (let count = 0; count < WINDOW; count += 1) past = withNight(past, nightAfter(past, { machines }))
  return past
}

function withNight(past: Past, { samples }: Night): Past {
  return samples.map((own, place) => [...(past[place] ?? []), own].slice(-WINDOW))
}

/** A night as it is played: a first pass, and a second where that leaves a suspicion. */
function nightAfter(past: Past, { slower = 1, machines = 1 } = {}): Night {
  const speed = Array.from({ length: machines }, () => {
    const ofMachine = machines === 1 ? 1 : factor(OF_A_MACHINE)
    return { first: ofMachine * factor(MACHINE), again: ofMachine * factor(MACHINE) }
  })
  // Each night the scenarios are dealt out anew.
  const parts = Array.from({ length: SCENARIOS }, () => (machines === 1 ? 0 : Math.floor(random() * machines)))
  const partOf = (place: number) => (machines === 1 ? 0 : (parts[place] ?? 0) + 1)
  const own = Array.from({ length: SCENARIOS }, (_, place) => factor(OF_A_SCENARIO) * (place === 0 ? slower : 1))
  const times = (place: number, pass: 'first' | 'again', count: number) =>
    Array.from({ length: count }, () => drawn(place, (speed[parts[place] ?? 0]?.[pass] ?? 1) * (own[place] ?? 1)))
  const first = MEASURED.map(({ place }) => times(place, 'first', NIGHT_REPEATS))
  const samples = first.map((one, number) => samplesOf(one, [], false, partOf(MEASURED[number]?.place ?? 0)))
  const looked = machines === 1 ? [judged(past, samples)] : lookedAtInParts(past, samples, machines)
  const seconds = looked.map((one) => secondPassOf(one))
  const plays = seconds.flatMap(({ rounds }) => rounds.flat())
  const controls = new Set(seconds.flatMap((one) => one.controls.map(({ scenario }) => scenario)))
  const [alone] = machines === 1 ? looked : []
  if (plays.length === 0) return { judged: alone ?? judged(past, samples), samples, added: 0 }
  const more = MEASURED.map(({ place, scenario }, number) => {
    const count = plays.filter((one) => one.scenario === scenario).length
    if (count === 0) return samples[number] ?? NO_SAMPLES
    return samplesOf(first[number] ?? [], times(place, 'again', count), controls.has(scenario), partOf(place))
  })
  return { judged: judged(past, more), samples: more, added: plays.length }
}

function judged(past: Past, tonight: readonly Samples[]): JudgedNight {
  return judgeCourses(coursesOf(past, tonight), { threshold: DEFAULT_THRESHOLD })
}

/** As each machine sees the night after its first pass: its own scenarios, and of the others the nights before. */
function lookedAtInParts(past: Past, tonight: readonly Samples[], machines: number): JudgedNight[] {
  return Array.from({ length: machines }, (_, machine) => {
    const isOwn = tonight.map(({ part }) => part === machine + 1)
    const seen = coursesOf(
      past,
      tonight.map((samples, place) => (isOwn[place] ? samples : NO_SAMPLES)),
    )
    const options = { threshold: DEFAULT_THRESHOLD, asked: MEASURED.length }
    return judgeCourses(
      seen.filter((__, place) => isOwn[place]),
      { ...options, beside: seen.filter((__, place) => !isOwn[place]) },
    )
  })
}

function coursesOf(past: Past, tonight: readonly Samples[]): Course[] {
  return MEASURED.map(({ scenario, server, platform, metric }, place) => {
    const nights = [...(past[place] ?? []), tonight[place] ?? NO_SAMPLES]
    return { scenario, server, platform, metric, nights }
  })
}

function regressed({ judged: { courses } }: Night): string[] {
  return courses.filter(({ verdict }) => verdict === 'regressed').map(({ course }) => course.scenario)
}

/** A time as it was seen, on processes for half of the scenarios and on Docker for the others: CV 5.6 and 6.5 %. */
function drawn(scenario: number, slower: number): number {
  const seen = SEEN_FAILOVERS[scenario % 2 === 0 ? 'process' : 'docker']
  return ((seen[Math.floor(random() * seen.length)] ?? 0) + (random() - 0.5) * 100) * slower
}

/** Log-normal around 1: Box and Muller (1958). */
function factor(spread: number): number {
  return Math.exp(spread * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))
}
