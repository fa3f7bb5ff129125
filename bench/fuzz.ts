import Table from 'cli-table3'
import { BrokenRuns, placeInRun } from '../test/support/fuzz/broken-runs.ts'
import { BrokenScenarios, placeInScenario } from '../test/support/fuzz/broken-scenarios.ts'
import { type Fuzzed, fuzz } from '../test/support/fuzz/fuzz.ts'

const SCENARIOS = 20_000
const RUNS = 5000
const LIMIT_MS = 1000
/** Of each kind of finding. */
const MOST_SHOWN = 20

/**
 * Loads thousands of broken scenarios, and reports and judges thousands of broken stored runs. `FUZZ_SEED` draws others;
 * `FUZZ_COUNT` says how many of each. Exit code 1: one of them ended in a bug, took over a second of processor time, or
 * was refused without a place.
 */
export async function benchFuzz(): Promise<void> {
  const seed = Number(process.env.FUZZ_SEED ?? 1)
  const count = (usual: number) => Number(process.env.FUZZ_COUNT ?? usual)
  const table = new Table({
    head: [`seed ${seed}`, 'inputs', 'refused', 'bugs', 'over 1 s', 'without a place', 'most CPU ms'],
    style: { head: [], border: [] },
  })
  const row = (name: string, found: Fuzzed) => {
    const { inputs, refused, crashes, slow, placeless, mostCpuMs } = found
    table.push([name, inputs, refused, crashes.length, slow.length, placeless.length, Math.round(mostCpuMs)])
    for (const list of [crashes, slow, placeless]) {
      for (const text of list.slice(0, MOST_SHOWN)) process.stderr.write(`${name}: ${text}\n`)
      if (list.length > 0) process.exitCode = 1
    }
  }
  const scenarios = new BrokenScenarios()
  row(
    'scenarios',
    await fuzz({
      seed,
      count: count(SCENARIOS),
      limitMs: LIMIT_MS,
      input: (dice) => scenarios.input(dice),
      hasPlace: placeInScenario,
    }),
  )
  const runs = await BrokenRuns.make()
  try {
    row(
      'stored runs',
      await fuzz({
        seed,
        count: count(RUNS),
        limitMs: LIMIT_MS,
        input: (dice) => runs.input(dice),
        hasPlace: placeInRun,
      }),
    )
  } finally {
    runs.remove()
  }
  process.stdout.write(`${table.toString()}\n`)
}
