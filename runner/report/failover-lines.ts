import { formatDuration } from '../base/duration.ts'
import { oneLine, plural, wrap } from '../base/text.ts'
import type { Suspicion } from '../results/failovers/suspicions.ts'
import type { FailoverReport, ScenarioReport } from '../results/report-model.ts'
import { toldFailovers } from './failover-tries.ts'
import type { OutputStyle, Paint } from './style.ts'

/** A soak run has hundreds of failovers: the console tells the first ones, report.json has them all. */
const MOST = 12

/** The failovers of a scenario for the console: two lines or a few each. No lines if there were none. */
export function failoverLines(
  { failovers, suspicions = [] }: Pick<ScenarioReport, 'failovers' | 'suspicions'>,
  style: OutputStyle,
  paint: Paint,
): string[] {
  if (failovers.length === 0 && suspicions.length === 0) return []
  const told = toldFailovers(failovers)
  const more = told.length - MOST
  const hanging = (text: string) =>
    wrap(oneLine(text), style.width - 4).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`)
  return [
    '',
    ...hanging(failoverCount(failovers)).map((line) => paint('bold', line)),
    ...told.slice(0, MOST).flatMap((failover) => linesOf(failover, style, paint)),
    ...(more > 0 ? [`  … and ${more} more, in report.json`] : []),
    ...suspicions.slice(0, MOST).flatMap((one) => hanging(suspicionText(one)).map((line) => paint('dim', line))),
    ...(suspicions.length > MOST ? [`  … and ${suspicions.length - MOST} more suspicions, in report.json`] : []),
  ]
}

/** `2 failovers, 1 promotion undone`: what gave no new master for good is no failover of its own. */
function failoverCount(failovers: readonly FailoverReport[]): string {
  const count = (wanted: FailoverReport['outcome']) => failovers.filter(({ outcome }) => outcome === wanted).length
  const [undone, givenUp, kept] = [count('undone'), count('given up'), count('not promoted')]
  return [
    plural(count('promoted'), 'failover'),
    ...(undone === 0 ? [] : [`${plural(undone, 'promotion')} undone`]),
    ...(givenUp === 0 ? [] : [`${plural(givenUp, 'CLUSTER FAILOVER')} given up`]),
    ...(kept === 0 ? [] : [`${plural(kept, 'master')} not replaced`]),
  ].join(', ')
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
export function failoverTitle(failover: FailoverReport): string {
  const { shard, cause, outcome } = failover
  const took = outcome === 'not promoted' ? formatDuration(failover.totalMs) : failoverTime(failover)
  return `shard ${shard}: ${mastersText(failover)} · ${cause} · ${took}`
}

/** Who was followed by whom: `redis-node0 → redis-node1`, `nobody took over from redis-node0`. */
export function mastersText({ from, to, outcome, open }: FailoverReport): string {
  if (outcome === 'not promoted')
    return `nobody ${open ? 'has taken' : 'took'} over from ${from || 'its master'}${open ? ' yet' : ''}`
  // Who gave up had asked for it: the master was there, and stayed.
  if (outcome === 'given up') return `${from || 'its master'} kept its shard`
  return from === '' ? `${to} became master` : `${from} → ${to}`
}

/** How long a failover took, or that it came to nothing. */
export function failoverTime({ outcome, totalMs }: FailoverReport): string {
  return outcome === 'promoted' ? formatDuration(totalMs) : outcome
}

/** `shards 2, 3: redis-node2, redis-node4 · partition in step 2 · suspected by …; no failover needed`. */
export function suspicionText({ shards, nodes, cause, summary }: Suspicion): string {
  return `${shards.length === 1 ? 'shard' : 'shards'} ${shards.join(', ')}: ${nodes.join(', ')} · ${cause} · ${summary}`
}
