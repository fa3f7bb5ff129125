import { METRICS, type Metric } from '../record/comparison.ts'
import type { ScenarioVerdict } from '../record/events.ts'
import { type Histogram, histogramOf, type SampleSummary, summaryOf } from '../record/samples.ts'
import { measuresOf, playedGroups } from './measures.ts'
import type { RunReport } from './report-model.ts'

const BINS = 8

/** What came of a scenario that a run played several times. */
export interface RepeatReport {
  scenario: string
  server: string
  platform: string
  /** Places in the run's list of scenarios. */
  plays: number[]
  /** What most of them say; of equally many, the worse. */
  verdict: ScenarioVerdict
  /** They do not all say the same. */
  flaky: boolean
  /** Those that say otherwise than most. */
  minority: number[]
  measures: MeasureReport[]
}

export interface MeasureReport extends SampleSummary {
  metric: Metric
  /** In words: `failover time`. */
  name: string
  unit: 'ms' | 'count'
  samples: number[]
  histogram: Histogram
}

/** From good to bad. */
const RANK: readonly ScenarioVerdict[] = ['skipped', 'passed', 'inconclusive', 'error', 'failed', 'interrupted']

/** A line for each scenario and server that the run played more than once. */
export function repeatsOf(run: RunReport): RepeatReport[] {
  return playedGroups(run)
    .filter(({ plays }) => plays.length > 1)
    .map((group) => {
      const { scenario, server, platform, plays } = group
      const verdictOf = (place: number) => run.scenarios[place]?.verdict ?? 'interrupted'
      const verdict = mostGiven(plays.map(verdictOf))
      const minority = plays.filter((place) => verdictOf(place) !== verdict)
      const measures = measuresOf(run, group).map(({ metric, samples }) => measureReport(metric, samples))
      return { ...{ scenario, server, platform, plays, verdict, minority, measures }, flaky: minority.length > 0 }
    })
}

/** The verdict that was given most often; of equally many, the worse. */
export function mostGiven(verdicts: readonly ScenarioVerdict[]): ScenarioVerdict {
  const counts = RANK.map((verdict) => verdicts.filter((one) => one === verdict).length)
  return RANK[counts.lastIndexOf(Math.max(...counts))] ?? 'interrupted'
}

function measureReport(metric: Metric, samples: number[]): MeasureReport {
  const summary = summaryOf(samples) ?? { count: 0, min: 0, median: 0, p95: 0, max: 0 }
  const histogram = histogramOf(samples, BINS) ?? { from: 0, to: 0, counts: [] }
  return { metric, ...METRICS[metric], ...summary, samples, histogram }
}
