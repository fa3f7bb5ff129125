import { formatDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import type { Comparison } from '../record/comparison.ts'
import type { MeasureReport, RepeatReport, RunReport } from '../results/report-model.ts'
import type { Histogram } from '../results/samples.ts'
import { countVerdicts } from './verdicts.ts'

/** `failover-basic through glide on redis:7.0, process`. */
export function repeatName({
  scenario,
  server,
  platform,
  client,
}: Pick<Comparison, 'scenario' | 'server' | 'platform' | 'client'>): string {
  return `${scenario}${client === undefined ? '' : ` through ${client}`} on ${server}, ${platform}`
}

/** `5 times: 4 passed, 1 failed: flaky`. */
export function repeatVerdict({ plays, flaky }: RepeatReport, run: RunReport): string {
  const verdicts = plays.flatMap((place) => run.scenarios[place]?.verdict ?? [])
  return `${plural(plays.length, 'time')}: ${countVerdicts(verdicts)}${flaky ? ': flaky' : ''}`
}

/** `3 scenarios`, or `3 scenarios played 39 times` where some were played more than once. */
export function scenariosPlayed({ scenarios, repeats = [] }: RunReport): string {
  const count = repeats.reduce((sum, { plays }) => sum - plays.length + 1, scenarios.length)
  const times = count === scenarios.length ? '' : ` played ${plural(scenarios.length, 'time')}`
  return `${plural(count, 'scenario')}${times}`
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

/** A night beside those before it: a line on all, what is faster, and what fails now and then. */
export function nightLines({ comparisons, nights }: NonNullable<RunReport['baseline']>): string[] {
  const faster = comparisons.filter(({ verdict }) => verdict === 'improved').map(({ sentence }) => sentence)
  return nights === undefined ? [] : [nights.summary, ...(nights.unsteady ?? []), ...faster, ...nights.flaky]
}

export function writeMeasure(value: number, unit: 'ms' | 'count'): string {
  return unit === 'ms' ? formatDuration(value) : String(Number(value.toFixed(1)))
}

const BARS = '▁▂▃▄▅▆▇█'

/** A histogram in one line of text: `▁▃█▂`; a blank where nothing lies. */
export function barsOf({ counts }: Histogram): string {
  const most = Math.max(...counts)
  return counts.map((count) => (count === 0 ? ' ' : BARS[Math.ceil((count / most) * BARS.length) - 1])).join('')
}
