import { seedFor } from '../../base/random.ts'
import type { Play } from '../../engine/play-run.ts'
import type { Platform } from '../../platforms/platform.ts'
import type { Scenario } from '../../scenario/model.ts'

interface Plan {
  /** Times that each scenario is played on each server. */
  repeat: number
  /** Of the run. */
  seed: number
  /** The command line says which: it wins over a scenario's own. */
  isSeedGiven: boolean
}

/**
 * Every scenario on every server, server by server. Repeats go round: a machine that slows down over time slows down
 * all of them alike. Each repeat draws its own random choices, unless the scenario states a seed.
 */
export function playsOf(scenarios: readonly Scenario[], platforms: readonly Platform[], plan: Plan): Play[] {
  const { repeat: times, seed, isSeedGiven } = plan
  const rounds = Array.from({ length: times }, (_, round) => ({ number: round + 1, of: times }))
  return platforms.flatMap((platform) =>
    rounds.flatMap((repeat) =>
      scenarios.map((scenario): Play => {
        const own = isSeedGiven ? undefined : scenario.seed
        return { scenario, platform, seed: own ?? seedOfRepeat(seed, repeat.number), ...(times > 1 && { repeat }) }
      }),
    ),
  )
}

/** The seed of a repeat, counted from 1; the first has the run's own. `--seed` with it plays that repeat again alone. */
function seedOfRepeat(seed: number, number: number): number {
  return number === 1 ? seed : seedFor(seed, `repeat ${number}`) >>> 0
}
