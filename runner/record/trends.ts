import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { METRIC_NAMES, type Metric } from './comparison.ts'

/** The file of trends cannot be written, or holds what is no line of it. */
export class TrendsError extends Error {
  override name = 'TrendsError'
}

const trendLine = z.object({
  /** UTC time, ISO 8601. */
  startedAt: z.string(),
  id: z.string(),
  verdict: z.string(),
  /** In words: `redis 7.0.15`. */
  server: z.string(),
  /** As it was asked for: `redis:7.0`. */
  asked: z.string().optional(),
  platform: z.string(),
  seed: z.number(),
  durationMs: z.number(),
  setupMs: z.number(),
  /** By step name, how long each step took to become true, in ms; several values if it was played several times. */
  trueAfterMs: z.record(z.string(), z.array(z.number())),
  /** What was measured, in the unit of each metric. */
  measures: z.partialRecord(z.enum(METRIC_NAMES), z.number()).optional(),
})

/** A line of `trends.jsonl`: one scenario, played once. */
export type TrendLine = Omit<z.infer<typeof trendLine>, 'asked' | 'measures'> & {
  asked?: string | undefined
  measures?: Partial<Record<Metric, number>> | undefined
}

export function trendsFile(reports: string): string {
  return join(reports, 'trends.jsonl')
}

/** Appends one line for each scenario played to `<reports>/trends.jsonl`. Throws TrendsError. */
export function appendTrends(reports: string, lines: readonly TrendLine[]): void {
  if (lines.length === 0) return
  const file = trendsFile(reports)
  try {
    // One write: lines of runs that end at the same time do not mix.
    appendFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  } catch (cause) {
    throw new TrendsError(`${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}

/** All lines, in their order; none if there is no file. A last line that was cut off is left out. Throws TrendsError. */
export function readTrends(reports: string): TrendLine[] {
  const file = trendsFile(reports)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line, place) => {
    if (line.trim() === '') return []
    const found = trendLine.safeParse(parsed(line))
    if (found.success) return [found.data]
    if (place === lines.length - 1) return []
    throw new TrendsError(
      `${file}, line ${place + 1}: expected a scenario that was played, found: ${line.slice(0, 80)}`,
    )
  })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
