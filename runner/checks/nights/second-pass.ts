import { sidesOf } from './change.ts'
import { groupKey } from './course.ts'
import type { JudgedCourse, JudgedNight } from './judge.ts'
import { smallestTail } from './rank-tails.ts'

/**
 * Plays that a suspicious scenario gets: enough to tell 15 % at the noise that failovers have. Where there are few
 * earlier samples, it takes more to be certain.
 */
const FEWEST = 8
const MOST = 25
/** Suspicious scenarios that are played again; if more are suspicious, it is no single one. */
const MOST_SCENARIOS = 6
/** Scenarios beside them that are played again, in turn, to know the machine as it is now. */
const MOST_CONTROLS = 6
const CONTROLS_PER_ROUND = 2
/** A share of the chance of a false alarm that the smallest possible one should stay below. */
const CERTAIN = 0.003

/** A scenario on one server. */
export interface PlayedKey {
  scenario: string
  server: string
  platform: string
}

/** What is played after the first pass: rounds, each with every suspicious scenario and some controls. */
export interface SecondPass {
  suspicious: PlayedKey[]
  controls: PlayedKey[]
  rounds: PlayedKey[][]
}

/** Whom to play again; nothing where nothing is suspicious. `flaky`: whose repeats disagree. */
export function secondPassOf({ courses, asked }: JudgedNight, flaky: readonly PlayedKey[] = []): SecondPass {
  const doubtful = courses
    .filter(({ isSuspicious }) => isSuspicious)
    .sort((a, b) => (a.change?.slower ?? 1) - (b.change?.slower ?? 1))
  const slow = distinct(doubtful.map(({ course }) => keyOf(course))).slice(0, MOST_SCENARIOS)
  const suspicious = distinct([...slow, ...flaky])
  const groups = new Set(slow.map(groupOf))
  const controls = distinct(
    courses.filter((one) => isSteady(one) && groups.has(groupKey(one.course))).map(({ course }) => keyOf(course)),
  )
    .filter((one) => !suspicious.some((other) => isSame(one, other)))
    .slice(0, MOST_CONTROLS)
  const count =
    suspicious.length === 0
      ? 0
      : Math.max(...doubtful.map((one) => roundsFor(one, Math.max(asked, courses.length))), FEWEST)
  const rounds = Array.from({ length: count }, (_, round) => [
    ...suspicious,
    ...turnsOf(controls, round * CONTROLS_PER_ROUND, CONTROLS_PER_ROUND),
  ])
  return { suspicious, controls, rounds }
}

/** So many that the largest possible difference could be certain. */
function roundsFor({ change }: JudgedCourse, asked: number): number {
  if (change === undefined) return FEWEST
  let rounds = FEWEST
  const { before, tonight } = sidesOf(change)
  const enough = () => smallestTail(before.length, tonight.length + rounds) * 2 * asked < CERTAIN
  while (rounds < MOST && !enough()) rounds += 1
  return rounds
}

function isSteady({ verdict, isSuspicious, p }: JudgedCourse): boolean {
  return verdict === 'same' && !isSuspicious && p !== undefined && p > 0.5
}

function turnsOf<Item>(items: readonly Item[], from: number, count: number): Item[] {
  const turns = Math.min(count, items.length)
  return Array.from({ length: turns }, (_, place) => items[(from + place) % items.length]).filter(
    (item): item is Item => item !== undefined,
  )
}

function keyOf({ scenario, server, platform }: PlayedKey): PlayedKey {
  return { scenario, server, platform }
}

function groupOf({ server, platform }: PlayedKey): string {
  return `${server}, ${platform}`
}

function distinct(keys: readonly PlayedKey[]): PlayedKey[] {
  return keys.filter((one, place) => keys.findIndex((other) => isSame(one, other)) === place)
}

function isSame(one: PlayedKey, other: PlayedKey): boolean {
  return one.scenario === other.scenario && one.server === other.server && one.platform === other.platform
}
