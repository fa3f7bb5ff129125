import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { ChaosError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { readPlainFile, replaceFile } from '../base/plain-file.ts'
import { reasonOf, SurroundingsError } from '../base/surroundings.ts'
import { type ComparisonKey, METRIC_NAMES } from './comparison.ts'

/** A baseline cannot be read or written. Told before anything is played. */
export class BaselineError extends ChaosError {
  override name = 'BaselineError'
  override readonly exitCode = EXIT.usage
}

const FORMAT = 'redis-chaos baseline'
const BASELINE_VERSION = 1
const MOST_BYTES = 50_000_000

const measure = z.object({
  scenario: z.string(),
  server: z.string(),
  platform: z.string(),
  metric: z.enum(METRIC_NAMES),
  /** The server in words, and its settings: what else may differ. */
  serverWords: z.string(),
  config: z.record(z.string(), z.string()),
  samples: z.array(z.number().nonnegative()),
})

const baseline = z.object({
  format: z.literal(FORMAT),
  version: z.literal(BASELINE_VERSION),
  /** UTC time, ISO 8601. */
  savedAt: z.string(),
  /** The runs that it was made from. */
  runs: z.array(z.string()),
  measures: z.array(measure),
})

/** What runs are compared to: the samples themselves, for a test of ranks needs them all. */
export type Baseline = z.infer<typeof baseline>
export type BaselineMeasure = z.infer<typeof measure>

/** Throws BaselineError: the file is not there, is no baseline, or one of another version. */
export function readBaseline(file: string): Baseline {
  const found = parse(file, readText(file))
  const head = z.object({ format: z.literal(FORMAT), version: z.number() }).safeParse(found)
  if (!head.success) throw new BaselineError(`${file} is no baseline: --save-baseline FILE makes one`)
  if (head.data.version !== BASELINE_VERSION) {
    throw new BaselineError(
      `${file} is a baseline of version ${head.data.version}, and this runner reads version ${BASELINE_VERSION}: make it anew with --save-baseline ${file}`,
    )
  }
  const whole = baseline.safeParse(found)
  if (whole.success) return whole.data
  const [issue] = whole.error.issues
  throw new BaselineError(
    `${file} is a damaged baseline: ${issue?.path.join('.')}: ${issue?.message}; make it anew with --save-baseline ${file}`,
  )
}

/** Writes it whole or not at all. Throws BaselineError. */
export function writeBaseline(
  file: string,
  { savedAt, runs, measures }: Pick<Baseline, 'savedAt' | 'runs' | 'measures'>,
): void {
  const text = `${JSON.stringify({ format: FORMAT, version: BASELINE_VERSION, savedAt, runs, measures }, null, 1)}\n`
  try {
    mkdirSync(dirname(file), { recursive: true })
    replaceFile(file, text)
  } catch (cause) {
    throw new SurroundingsError(`the baseline ${file} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}

/**
 * The measures of both, samples put together up to `most` for each; what has that many already stays as it is. So a
 * baseline grows over the first runs, and then is fixed: one that crept along would hide a slow decline.
 */
export function grown(
  old: readonly BaselineMeasure[],
  added: readonly BaselineMeasure[],
  most: number,
): BaselineMeasure[] {
  const left = new Map(added.map((one) => [keyOf(one), one]))
  const all = old.map((one) => {
    const more = left.get(keyOf(one))
    left.delete(keyOf(one))
    if (more === undefined || one.samples.length >= most) return one
    return { ...one, samples: [...one.samples, ...more.samples].slice(0, most) }
  })
  return [...all, ...[...left.values()].map((one) => ({ ...one, samples: one.samples.slice(0, most) }))]
}

export function keyOf({ scenario, server, platform, metric }: ComparisonKey): string {
  return JSON.stringify([scenario, server, platform, metric])
}

function readText(file: string): string {
  if (!existsSync(file)) throw new BaselineError(`there is no baseline ${file}: --save-baseline ${file} makes one`)
  try {
    return readPlainFile(file, { most: MOST_BYTES, links: 'follow' }).toString()
  } catch (cause) {
    throw new BaselineError(`the baseline ${file} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BaselineError(`${file} is no baseline: it is not JSON; --save-baseline FILE makes one`)
  }
}
