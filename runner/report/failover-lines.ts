import { formatDuration } from '../base/duration.ts'
import { oneLine, plural, wrap } from '../base/text.ts'
import type { FailoverReport } from '../results/report-model.ts'
import type { OutputStyle, Paint } from './style.ts'

/** A soak run has hundreds of failovers: the console tells the first ones, report.json has them all. */
const MOST = 12

/** The failovers of a scenario for the console: two lines or a few each. No lines if there were none. */
export function failoverLines(failovers: readonly FailoverReport[], style: OutputStyle, paint: Paint): string[] {
  if (failovers.length === 0) return []
  const more = failovers.length - MOST
  return [
    '',
    `  ${paint('bold', plural(failovers.length, 'failover'))}`,
    ...failovers.slice(0, MOST).flatMap((failover) => linesOf(failover, style, paint)),
    ...(more > 0 ? [`  … and ${more} more, in report.json`] : []),
  ]
}

function linesOf(failover: FailoverReport, style: OutputStyle, paint: Paint): string[] {
  const inside = (text: string) => wrap(oneLine(text), style.width - 4).map((line) => `    ${line}`)
  return [
    ...wrap(oneLine(failoverTitle(failover)), style.width - 4).map(
      (line, index) => `${index === 0 ? '  ' : '    '}${line}`,
    ),
    ...inside(failover.summary).map((line) => paint('dim', line)),
    ...failover.incidents.flatMap(inside).map((line) => paint('yellow', line)),
  ]
}

/** `shard 1: redis-node0 → redis-node1 · stop in step 2 · 4.40 s`. */
export function failoverTitle({ shard, from, to, cause, outcome, totalMs }: FailoverReport): string {
  const who = outcome === 'promoted' ? `${from || '?'} → ${to}` : `${from || '?'} kept its shard`
  const what = outcome === 'promoted' ? formatDuration(totalMs) : outcome
  return `shard ${shard}: ${who} · ${cause} · ${what}`
}
