import { type Baseline, type BaselineMeasure, keyOf } from '../../record/baseline.ts'
import { measuresOf, playedGroups } from '../../results/repeats.ts'
import type { RunReport } from '../../results/report-model.ts'
import type { Compared } from './compare.ts'

/** What a run measured, as a baseline holds it. */
export function baselineMeasures(run: RunReport): BaselineMeasure[] {
  return playedGroups(run).flatMap((group) => {
    const { scenario, server, platform, client, serverWords, config } = group
    return measuresOf(run, group).map(({ metric, samples }) => ({
      scenario,
      server,
      platform,
      ...(client !== undefined && { client }),
      metric,
      serverWords,
      config,
      samples,
    }))
  })
}

/** Every measure of a run beside that of the baseline, and what else differs between the two. */
export function comparedTo({ measures }: Baseline, run: RunReport): Compared[] {
  const own = baselineMeasures(run)
  return own.map((one) => {
    const found = counterpart(one, own, measures)
    const { scenario, server, platform, client, metric, samples } = one
    return {
      scenario,
      server,
      platform,
      ...(client !== undefined && { client }),
      metric,
      samples,
      baseline: found?.samples ?? [],
      differences: found === undefined ? [] : differencesOf(found, one),
    }
  })
}

/** The same measure of the same server; of another server, where the baseline has one alone and so has the run. */
function counterpart(
  one: BaselineMeasure,
  own: readonly BaselineMeasure[],
  measures: readonly BaselineMeasure[],
): BaselineMeasure | undefined {
  const exact = measures.find((other) => keyOf(other) === keyOf(one))
  if (exact !== undefined) return exact
  const alike = (other: BaselineMeasure) => keyOf({ ...other, server: one.server }) === keyOf(one)
  const [only, ...others] = measures.filter(alike)
  return others.length === 0 && own.filter(alike).length === 1 ? only : undefined
}

/** What else differs between two nights or runs: the server, its settings. */
export function differencesOf(
  before: Pick<BaselineMeasure, 'serverWords' | 'config'>,
  now: Pick<BaselineMeasure, 'serverWords' | 'config'>,
): string[] {
  const names = [...new Set([...Object.keys(before.config), ...Object.keys(now.config)])]
  return [
    ...(before.serverWords === now.serverWords
      ? []
      : [`the server was ${before.serverWords} and is ${now.serverWords}`]),
    ...names
      .filter((name) => before.config[name] !== now.config[name])
      .map((name) => `${name} was ${before.config[name] ?? 'not set'} and is ${now.config[name] ?? 'not set'}`),
  ]
}
