import { z } from 'zod'
import {
  BASELINE_FORMAT,
  BaselineError,
  checked,
  NIGHTS,
  NIGHTS_VERSION,
  RUN_VERSION,
  readBaselineFile,
  whileBaselineLocked,
  writeBaselineFile,
} from './baseline-file.ts'
import { type ComparisonKey, METRIC_NAMES } from './comparison.ts'
import { type Night, type NightScenario, nightKey, nightShape } from './nights.ts'

export { BaselineError, whileBaselineLocked }

const measure = z.object({
  scenario: z.string(),
  server: z.string(),
  platform: z.string(),
  /** The client that was asked for, for workloads that name none. */
  client: z.string().optional(),
  metric: z.enum(METRIC_NAMES),
  /** The server in words, and its settings: what else may differ. */
  serverWords: z.string(),
  config: z.record(z.string(), z.string()),
  samples: z.array(z.number().nonnegative()),
})

const baseline = z.object({
  format: z.literal(BASELINE_FORMAT),
  version: z.literal(RUN_VERSION),
  /** UTC time, ISO 8601. */
  savedAt: z.string(),
  /** The runs that it was made from. */
  runs: z.array(z.string()),
  measures: z.array(measure),
})

const nightly = z.object({
  format: z.literal(BASELINE_FORMAT),
  version: z.literal(NIGHTS_VERSION),
  nights: z.array(nightShape),
})

/** What runs are compared to: the samples themselves, for a test of ranks needs them all. */
export type Baseline = Pick<z.infer<typeof baseline>, 'savedAt' | 'runs' | 'measures'>
export type BaselineMeasure = z.infer<typeof measure>

/**
 * What `--save-baseline` wrote, or all nights of `nightly` put together. Throws BaselineError: the file is not there, is
 * no baseline, or one of another version.
 */
export function readBaseline(file: string): Baseline {
  const { version, content } = readBaselineFile(file)
  return version === RUN_VERSION ? checked(file, baseline, content) : pooled(checked(file, nightly, content).nights)
}

/** Writes it whole or not at all. Throws SurroundingsError. */
export function writeBaseline(file: string, { savedAt, runs, measures }: Baseline): void {
  const content = { format: BASELINE_FORMAT, version: RUN_VERSION, savedAt, runs, measures }
  writeBaselineFile(file, `${JSON.stringify(content, null, 1)}\n`)
}

/** The nights that `nightly` kept, the oldest first; a baseline of an older runner is one night. Throws BaselineError. */
export function readNights(file: string): Night[] {
  const { version, content } = readBaselineFile(file, NIGHTS)
  return version === NIGHTS_VERSION
    ? checked(file, nightly, content, NIGHTS).nights
    : [asNight(checked(file, baseline, content, NIGHTS))]
}

/** Writes them whole or not at all, a line for each. Throws SurroundingsError. */
export function writeNights(file: string, nights: readonly Night[]): void {
  const head = JSON.stringify({ format: BASELINE_FORMAT, version: NIGHTS_VERSION }).slice(0, -1)
  const lines = nights.map((night) => `\n${JSON.stringify(night)}`)
  writeBaselineFile(file, `${head},"nights":[${lines.join(',')}\n]}\n`)
}

export function keyOf({ scenario, server, platform, client, metric }: ComparisonKey): string {
  return JSON.stringify([scenario, server, platform, client, metric])
}

function pooled(nights: readonly Night[]): Baseline {
  const measures = new Map<string, BaselineMeasure>()
  for (const { scenario, server, platform, client, serverWords, config, measures: own } of nights.flatMap(
    ({ scenarios }) => scenarios,
  )) {
    for (const { metric, first, again } of own) {
      const key = { scenario, server, platform, ...(client !== undefined && { client }), metric }
      const before = measures.get(keyOf(key))?.samples ?? []
      measures.set(keyOf(key), { ...key, serverWords, config, samples: [...before, ...first, ...again] })
    }
  }
  const savedAt = nights.at(-1)?.startedAt ?? ''
  return { savedAt, runs: nights.map(({ runId }) => runId), measures: [...measures.values()] }
}

function asNight({ savedAt, runs, measures }: Baseline): Night {
  const scenarios = new Map<string, NightScenario>()
  for (const { scenario, server, platform, client, serverWords, config, metric, samples } of measures) {
    const key = nightKey({ scenario, server, platform, client })
    const known = scenarios.get(key) ?? {
      ...{ scenario, server, platform, ...(client !== undefined && { client }), serverWords, config },
      ...{ passed: 0, failed: 0, isControl: false, measures: [] },
    }
    known.measures.push({ metric, first: samples, again: [] })
    scenarios.set(key, known)
  }
  return { runId: runs.at(-1) ?? '', startedAt: savedAt, scenarios: [...scenarios.values()] }
}
