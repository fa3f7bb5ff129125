import { formatDuration } from '../../base/duration.ts'
import { plural } from '../../base/text.ts'
import { type Comparison, METRICS } from '../../record/comparison.ts'
import { summaryOf } from '../../results/samples.ts'

/** A comparison in words, with both distributions: what an engineer is told who asked for a verdict. */
export function sentenceOf(
  comparison: Omit<Comparison, 'sentence'>,
  differences: readonly string[],
  comparisons: number,
): string {
  const { scenario, server, platform, client, metric, verdict, samples, baseline, needed } = comparison
  const through = client === undefined ? '' : ` through ${client}`
  const head = `${scenario}${through} on ${server}, ${platform}: ${METRICS[metric].name}`
  const now = distribution(samples, metric)
  if (verdict === 'missing') return `${head} is not in the baseline; now ${now}.`
  const both = `now ${now}, baseline ${distribution(baseline, metric)}`
  const also = differences.length === 0 ? '' : ` Also, ${differences.join(', ')}.`
  if (verdict === 'too-few') {
    return `${head}: too few samples to tell anything: ${both}; with ${plural(comparisons, 'comparison')} each side needs ${needed} or more.`
  }
  const chance = `p ${pText(comparison.p)} over ${plural(comparisons, 'comparison')}`
  if (verdict === 'same') {
    const power = needed === undefined ? '' : `; to find a slowdown of 15 % in 8 of 10 tries each side needs ${needed}`
    return `${head} has not regressed (${changeText(comparison)}, ${chance}): ${both}${power}.`
  }
  return `${head} is ${changeText(comparison)} (${chance}): ${both}.${also}`
}

function distribution(samples: readonly number[], metric: Comparison['metric']): string {
  const summary = summaryOf(samples)
  if (summary === undefined) return 'none'
  const write = METRICS[metric].unit === 'ms' ? formatDuration : String
  const { count, min, median, p95, max } = summary
  return `median ${write(median)}, p95 ${write(p95)}, ${write(min)} to ${write(max)}, ${plural(count, 'sample')}`
}

function changeText({ metric, change = 0 }: Omit<Comparison, 'sentence'>): string {
  const size = Math.abs(change)
  if (METRICS[metric].unit === 'count') return `${Number(size.toFixed(1))} ${change < 0 ? 'fewer' : 'more'}`
  return `${(size * 100).toFixed(1)} % ${change < 0 ? 'faster' : 'slower'}`
}

function pText(p = 1): string {
  return p < 0.0001 ? '< 0.0001' : `= ${p.toPrecision(2)}`
}
