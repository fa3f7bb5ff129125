import { formatDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import { barsOf } from '../record/samples.ts'
import type { MeasureReport, RepeatReport, RunReport } from '../results/report-model.ts'
import { countVerdicts } from './verdicts.ts'

/** `failover-basic on redis:7.0, process`. */
export function repeatName({ scenario, server, platform }: RepeatReport): string {
  return `${scenario} on ${server}, ${platform}`
}

/** `5 times: 4 passed, 1 failed: flaky`. */
export function repeatVerdict({ plays, flaky }: RepeatReport, run: RunReport): string {
  const verdicts = plays.flatMap((place) => run.scenarios[place]?.verdict ?? [])
  return `${plural(plays.length, 'time')}: ${countVerdicts(verdicts)}${flaky ? ': flaky' : ''}`
}

/** A measure as texts: its name, median, 95th percentile, range, and how it is spread. */
export function measureTexts(measure: MeasureReport): {
  name: string
  median: string
  p95: string
  range: string
  spread: string
} {
  const write = (value: number) => writeMeasure(value, measure.unit)
  return {
    name: measure.name,
    median: write(measure.median),
    p95: write(measure.p95),
    range: measure.min === measure.max ? write(measure.min) : `${write(measure.min)} to ${write(measure.max)}`,
    spread: barsOf(measure.histogram),
  }
}

export function writeMeasure(value: number, unit: 'ms' | 'count'): string {
  return unit === 'ms' ? formatDuration(value) : String(Number(value.toFixed(1)))
}
