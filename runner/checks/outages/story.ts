import { formatDuration } from '../../base/duration.ts'
import { listed, plural } from '../../base/text.ts'
import type { Span } from '../../results/run-facts.ts'
import type { Evidence } from '../evidence.ts'
import { besideIntervention, interventionNear } from '../faults.ts'
import type { ShardChoice } from '../limits.ts'
import { momentText, rangesText } from '../words.ts'
import { type Outage, outagesOf, type RangeService } from './outages.ts'

/** The ranges of slots that a limit asks for, each with what of its outages lies in the phase that it asks for. */
export function servicesIn(
  evidence: Evidence,
  { during, shards }: { during?: string | undefined; shards?: ShardChoice | undefined },
): RangeService[] {
  const phases = during === undefined ? undefined : evidence.facts.phases.filter(({ name }) => name === during)
  return outagesOf(evidence, phases).filter(({ shard }) => evidence.shards.includes(shards, shard))
}

/** `6.42 s ± 12 ms`, `at least 3 s ± 1 ms`, `200 ms ± 1 ms (of 6.42 s)`. */
export function lengthText({ lengthMs, errorMs, ended, wholeMs = lengthMs }: Outage): string {
  const part = wholeMs > lengthMs ? ` (of ${formatDuration(wholeMs)})` : ''
  return `${ended ? '' : 'at least '}${formatDuration(lengthMs)} ± ${formatDuration(errorMs)}${part}`
}

/** `slots 5461–10922 (shard 2)`. */
export function placeText({ shard, slots }: Pick<Outage, 'shard' | 'slots'>): string {
  return shard === 0 ? `slots ${rangesText([slots])}` : `slots ${rangesText([slots])} (shard ${shard})`
}

/** `1204 operations failed in it: 900 CLUSTERDOWN and 304 refused`. */
export function failuresText({ failures, classes }: Outage): string {
  if (failures === 0) return 'operations waited through it, and none failed'
  const byClass = [...classes].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${count} ${name}`)
  return `${plural(failures, 'operation')} failed in it: ${listed(byClass)}`
}

/** When it began, beside the fault of its shard. */
export function beginText({ facts }: Evidence, { startMs, errorMs, shard }: Outage): string {
  const near = interventionNear(facts, shard, startMs)
  // Of what began before it by less than its error nobody knows that.
  if (near && startMs < near.startMs && near.startMs - startMs <= errorMs)
    return `from ${momentText(startMs)} on, as \`${near.verb}\` in step ${near.step} began`
  return `from ${momentText(startMs)} on${near ? `, ${besideIntervention(near, startMs)}` : ''}`
}

/** One line for each range: `slots 0–5460 (shard 1, untouched): no outage in 12034 operations`. */
export function serviceLines({ shards }: Evidence, services: readonly RangeService[]): string[] {
  return services.map(({ shard, slots, operations, outages }) => {
    const touched = shards.touched.has(shard) ? 'touched by a fault' : 'untouched'
    const range = `slots ${rangesText([slots])} (${shard === 0 ? touched : `shard ${shard}, ${touched}`})`
    if (outages.length === 0) return `${range}: no outage in ${plural(operations, 'operation')}`
    const shown = outages.map((outage) => `${lengthText(outage)} from ${momentText(outage.startMs)}`)
    return `${range}: ${plural(outages.length, 'outage')} in ${plural(operations, 'operation')}: ${listed(shown, 4)}`
  })
}

/** Times longer than `ms` of which nobody knows whether clients were served: how many, and which, in words. */
export function hiddenIn(services: readonly RangeService[], ms: number): { count: number; text: string } {
  const isLong = ({ startMs, endMs }: Span) => endMs - startMs > ms
  const spanText = ({ startMs, endMs }: Span) => `for ${formatDuration(endMs - startMs)} from ${momentText(startMs)} on`
  const blind = services.flatMap((service) => service.blind.filter(isLong).map(spanText))
  const idle = services.flatMap((service) =>
    service.idle.filter(isLong).map((span) => `${placeText(service)} had no operation ${spanText(span)}`),
  )
  // Each range of slots has its own.
  const stalls = [...new Set(blind)]
  const stoodStill = stalls.length === 0 ? [] : [`the load stood still with this runner ${listed(stalls, 3)}`]
  return {
    count: blind.length + idle.length,
    text: `${listed([...stoodStill, ...idle], 3)}, and nobody knows whether clients were served then`,
  }
}
