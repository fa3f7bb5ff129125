import { seededRandom, seedFor } from '../../base/random.ts'
import type { Play } from '../../engine/play.ts'
import type { Platform } from '../../platforms/platform.ts'
import type { KnownPlays } from '../../results/known-plays.ts'
import type { Scenario } from '../../scenario/model.ts'

interface Plan {
  /** Times that each scenario is played on each server. */
  repeat: number
  /** Of the run. */
  seed: number
  /** The command line says which: it wins over a scenario's own. */
  isSeedGiven: boolean
  /** In each round in an order of its own, which is drawn from the seed. */
  shuffle?: boolean
  /** First what most likely fails for the time that it takes, by what is known. */
  mostWorthBy?: KnownPlays
}

/**
 * Every scenario on every server, server by server. Repeats go round: a machine that slows down over time slows down
 * all of them alike. Each repeat draws its own random choices, unless the scenario states a seed.
 */
export function playsOf(scenarios: readonly Scenario[], platforms: readonly Platform[], plan: Plan): Play[] {
  const { repeat: times, seed, isSeedGiven, shuffle = false, mostWorthBy } = plan
  const rounds = Array.from({ length: times }, (_, round) => ({ number: round + 1, of: times }))
  const plays = platforms.flatMap((platform) =>
    rounds.flatMap((repeat) => {
      const order = shuffle ? shuffled(scenarios, seedFor(seed, `order ${repeat.number}`)) : scenarios
      return order.map((scenario): Play => {
        const own = isSeedGiven ? undefined : scenario.seed
        return { scenario, platform, seed: own ?? seedOfRepeat(seed, repeat.number), ...(times > 1 && { repeat }) }
      })
    }),
  )
  return mostWorthBy === undefined ? plays : byWorth(plays, mostWorthBy)
}

/** The seed of a repeat, counted from 1; the first has the run's own. `--seed` with it plays that repeat again alone. */
export function seedOfRepeat(seed: number, number: number): number {
  return number === 1 ? seed : seedFor(seed, `repeat ${number}`) >>> 0
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed)
  const all = [...items]
  for (let last = all.length - 1; last > 0; last -= 1) {
    const [moved] = all.splice(random(last + 1), 1)
    if (moved !== undefined) all.push(moved)
  }
  return all
}

/** Each scenario once before any comes again; what is worth the same keeps its order. */
function byWorth(plays: readonly Play[], known: KnownPlays): Play[] {
  const worthOf = ({ scenario, platform }: Play) => {
    const asked = { id: scenario.id, server: platform.server }
    return known.failureChance(asked) / Math.max(known.expectedMs(asked), 1)
  }
  return plays
    .map((play) => ({ play, round: play.repeat?.number ?? 1, worth: worthOf(play) }))
    .sort((a, b) => a.round - b.round || b.worth - a.worth)
    .map(({ play }) => play)
}
