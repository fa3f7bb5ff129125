import { existsSync } from 'node:fs'
import path from 'node:path'
import { UsageError } from '../../base/errors.ts'
import { plural } from '../../base/text.ts'
import { readEvents } from '../../record/event-log.ts'
import { readTrends, TrendsError } from '../../record/trends.ts'
import { KnownPlays } from '../../results/known-plays.ts'
import type { RunReport } from '../../results/report-model.ts'
import { reduceRun } from '../../results/run-model.ts'
import { findScenario } from '../../scenario/library.ts'
import type { Scenario } from '../../scenario/model.ts'
import type { CommandContext } from '../command.ts'
import { libraryEntries } from '../load-scenarios.ts'
import { findRun, shown } from '../project.ts'
import type { Choice } from './choice-flags.ts'
import { assertTags, chosenAmong } from './choose.ts'
import { inShard, type PlayedHow, planOf, playedOn, type ShardPlan, type Weighed } from './shard.ts'

/** What a run is narrowed down by, beside its flags. */
interface Narrowing {
  /** The folder of reports. */
  reports: string
  how: PlayedHow
  known: KnownPlays
}

/** The scenarios that are left, and which part of which whole they are: a part may have none. */
export interface Narrowed {
  scenarios: Scenario[]
  shard?: ShardPlan
}

/**
 * Those of the scenarios that the choice leaves, in their order. None where
 * the machines of a matrix are more than the scenarios. Throws UsageError if a choice leaves none.
 */
export async function narrowed(
  scenarios: readonly Scenario[],
  choice: Choice,
  { reports, how, known }: Narrowing,
  context: CommandContext,
): Promise<Narrowed> {
  if (choice.notTags.length > 0) assertTags(choice.notTags, [...scenarios, ...(await libraryEntries(context))])
  const chosen = chosenAmong(scenarios, choice, () => lastRun(reports), context.out.progress)
  const { shard } = choice
  if (shard === undefined) return { scenarios: chosen }
  const weigh = weigher(chosen, how.servers, known)
  const plan = { ...shard, plan: planOf(chosen.map(weigh), shard, how), on: playedOn(how) }
  const own = inShard(chosen, shard, weigh)
  if (own.length === 0)
    context.out.progress(`${plural(chosen.length, 'scenario')} in ${shard.of} parts: part ${shard.number} has none`)
  return { scenarios: own, shard: plan }
}

/** A scenario is played on all servers by the same part, so that its repeats stay together. */
function weigher(
  scenarios: readonly Scenario[],
  servers: readonly string[],
  known: KnownPlays,
): (scenario: Scenario) => Weighed {
  const places = new Map(scenarios.map((scenario, place) => [scenario, place]))
  return (scenario) => {
    const times = servers.map((server) => known.tookMs({ id: scenario.id, server }))
    const told = times.filter((tookMs) => tookMs !== undefined)
    const tookMs = told.length === times.length ? told.reduce((sum, one) => sum + one, 0) : undefined
    // One that is asked for twice is played twice.
    return { name: `${scenario.id} ${places.get(scenario)}`, tookMs, with: openParams(scenario) }
  }
}

/** No trace of a secret is left in a record. */
function openParams({ params, secretParams = [] }: Scenario): [string, unknown][] {
  return Object.entries(params)
    .filter(([name]) => !secretParams.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function lastRun(reports: string): RunReport {
  if (!existsSync(path.join(reports, 'latest', 'events.jsonl')))
    throw new UsageError(`--last-failed: there is no run in ${shown(reports)} yet`)
  const folder = findRun(undefined, reports)
  return reduceRun(readEvents(path.join(folder, 'events.jsonl')), shown(folder))
}

/**
 * What the trends of these reports tell. Where nothing is decided by it (`lenient`), a file that cannot be read tells
 * nothing; else throws TrendsError.
 */
export function knownPlays(reports: string, { lenient }: { lenient: boolean }): KnownPlays {
  try {
    return new KnownPlays(readTrends(reports))
  } catch (error) {
    if (lenient && error instanceof TrendsError) return new KnownPlays([])
    throw error
  }
}

/** What a user types for a scenario: its name where that finds it, else its file. */
export function wordFor({ id, file }: Scenario, library: readonly string[]): string {
  const found = findScenario(id, ...library)
  return 'file' in found && path.resolve(found.file) === path.resolve(file) ? id : file
}
