import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ChaosError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { parseJson } from '../base/json.ts'
import { appendLines, readPlainFile, replaceFile } from '../base/plain-file.ts'
import { reasonOf } from '../base/surroundings.ts'
import { METRIC_NAMES, type Metric } from './comparison.ts'

/** The file of trends cannot be written, or holds what is no line of it. */
export class TrendsError extends ChaosError {
  override name = 'TrendsError'
  override readonly exitCode = EXIT.usage
}

/** Some hundred thousand scenarios. */
const MOST_BYTES = 100_000_000

const trendLine = z.object({
  /** UTC time, ISO 8601. */
  startedAt: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
  id: z.string(),
  /** The suite it was played in: `nightly`. Absent where it was played alone, and in lines of earlier versions. */
  suite: z.string().optional(),
  verdict: z.string(),
  /** In words: `redis 7.0.15`. */
  server: z.string(),
  /** As it was asked for: `redis:7.0`. */
  asked: z.string().optional(),
  platform: z.string(),
  /** The client that was asked for, for workloads that name none: `--client`. */
  client: z.string().optional(),
  seed: z.number(),
  durationMs: z.number(),
  setupMs: z.number(),
  /** By step name, how long each step took to become true, in ms; several values if it was played several times. */
  trueAfterMs: z.record(z.string(), z.array(z.number())),
  /** What was measured, in the unit of each metric. */
  measures: z.partialRecord(z.enum(METRIC_NAMES), z.number()).optional(),
  /** Where it was played in a night: what that says of the scenario (`NIGHT_STATES`), and why. */
  state: z.string().optional(),
  why: z.string().optional(),
})

/** A line of `trends.jsonl`: one scenario, played once. */
export type TrendLine = Omit<z.infer<typeof trendLine>, 'suite' | 'asked' | 'client' | 'measures' | 'state' | 'why'> & {
  suite?: string | undefined
  asked?: string | undefined
  client?: string | undefined
  measures?: Partial<Record<Metric, number>> | undefined
  state?: string | undefined
  why?: string | undefined
}

export function trendsFile(reports: string): string {
  return join(reports, 'trends.jsonl')
}

/** Appends one line for each scenario played to `<reports>/trends.jsonl`. Throws TrendsError. */
export function appendTrends(reports: string, lines: readonly TrendLine[]): void {
  if (lines.length === 0) return
  const file = trendsFile(reports)
  try {
    appendLines(file, textOfLines(lines))
  } catch (cause) {
    throw new TrendsError(`${file} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}

/**
 * Appends the lines of plays that the file does not have. What a night says of a play takes the place of what the file
 * has of it: parts of a night that wrote there did not know yet. Throws TrendsError.
 */
export function putTrends(reports: string, lines: readonly TrendLine[]): void {
  const there = readTrends(reports)
  const judged = new Map(lines.filter(({ state }) => state !== undefined).map((line) => [playOf(line), line]))
  const told = there.map((line) => judged.get(playOf(line)) ?? line)
  if (told.some((line, place) => JSON.stringify(line) !== JSON.stringify(there[place]))) rewrite(reports, told)
  const known = new Set(there.map(playOf))
  appendTrends(
    reports,
    lines.filter((line) => !known.has(playOf(line))),
  )
}

function playOf({ startedAt, id, server, client, seed }: TrendLine): string {
  return JSON.stringify([startedAt, id, server, client, seed])
}

function rewrite(reports: string, lines: readonly TrendLine[]): void {
  const file = trendsFile(reports)
  try {
    replaceFile(file, textOfLines(lines))
  } catch (cause) {
    throw new TrendsError(`${file} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}

function textOfLines(lines: readonly TrendLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

/**
 * All lines, in their order; none if there is no file. A beginning of a line, cut off, is left out. Throws TrendsError.
 */
export function readTrends(reports: string): TrendLine[] {
  const file = trendsFile(reports)
  if (!existsSync(file)) return []
  return textOf(file)
    .split('\n')
    .flatMap((line, place, lines) => {
      if (line.trim() === '') return []
      const found = trendLine.safeParse(parseJson(line))
      if (found.success) return [found.data]
      if (place === lines.length - 1 || isCutOff(line)) return []
      throw new TrendsError(
        `${file}, line ${place + 1}: expected a scenario that was played, found: ${line.slice(0, 80)}; take this line out of the file`,
      )
    })
}

/** Whether it begins as a line of a run does, and does not come to its end. */
function isCutOff(line: string): boolean {
  return parseJson(line) === undefined && line.startsWith('{"startedAt":"') && !line.endsWith('}')
}

function textOf(file: string): string {
  try {
    return readPlainFile(file, { most: MOST_BYTES, links: 'refuse' }).toString()
  } catch (cause) {
    throw new TrendsError(`${file} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}
