import { formatDuration } from '../base/duration.ts'
import { listed, plural } from '../base/text.ts'
import type { Span } from '../results/run-facts.ts'
import { defineCheck, type Measured } from './check.ts'
import { untilTrouble } from './driver-trouble.ts'
import type { Evidence } from './evidence.ts'
import { besideIntervention, interventionNear } from './faults.ts'
import { partsOf, timeText } from './limit-parts.ts'
import { durationOf } from './limits.ts'
import { outageLimit } from './outage-limit.ts'
import { type ClientOutage, clientOutagesOf } from './outages/client-outages.ts'
import { hiddenIn, servicesIn } from './outages/story.ts'
import { mostTelling, shownOf, type Telling, type Uncertain } from './outages/telling.ts'
import { momentText } from './words.ts'
import { EVERY_WORKLOAD } from './workloads.ts'

export const clientOutage = defineCheck({
  name: 'client_outage',
  summary: 'The longest time in which one client was not served in one shard, until its first success, with its error',
  examples: ['15s', '{ at_most: 2s, shards: untouched }'],
  workloads: EVERY_WORKLOAD,
  tellsOfService: true,
  watchesFailovers: 'operations',
  limit: outageLimit,
  limitText: timeText,
  measure(written, evidence): Measured {
    const scope = partsOf(written)
    const mostMs = durationOf(scope.at_most)
    const isAsked = (shard: number) => evidence.shards.includes(scope.shards, shard)
    const { outages, shards } = clientOutagesOf(evidence)
    const phases =
      scope.during === undefined ? undefined : evidence.facts.phases.filter(({ name }) => name === scope.during)
    const asked = within(
      outages.filter(({ shard }) => isAsked(shard)),
      phases,
    )
    const services = servicesIn(evidence, scope)
    const samples = services.reduce((sum, { operations }) => sum + operations, 0)
    const telling = mostTelling(asked, mostMs, uncertain)
    const worst = telling && shownOf(telling)
    const details = [...shards]
      .filter(([shard]) => isAsked(shard))
      .sort(([a], [b]) => a - b)
      .map(([shard, { clients }]) => shardLine(shard, clients, asked))
    const hidden = hiddenIn(services, mostMs)
    if (hidden.count > 0 && (telling === undefined || telling.finding === 'holds')) {
      const explanation = `No client was seen to be out for longer than ${formatDuration(mostMs)} in ${plural(samples, 'operation')}, but ${hidden.text}.`
      return { finding: 'unknown', value: worst ? lengthOf(worst) : 'none seen', samples, explanation, details }
    }
    if (telling === undefined || worst === undefined) {
      const explanation = `Every client was served without a break${untilTrouble(evidence)}: no outage in ${plural(samples, 'operation')}.`
      return { finding: 'holds', value: 'none', amount: 0, samples, explanation, details }
    }
    return {
      finding: telling.finding,
      isManifest: true,
      value: lengthOf(worst),
      amount: worst.lengthMs,
      samples,
      explanation: `${outageText(evidence, telling, mostMs)}${openText(asked, telling)}`,
      details,
    }
  },
})

/** `client 3 in shard 2`. */
export function clientText({ client, shard }: Pick<ClientOutage, 'client' | 'shard'>): string {
  return `client ${client} in ${shard === 0 ? 'slots of no shard' : `shard ${shard}`}`
}

/** `8.41 s ± 12 ms`, `at least 3 s ± 1 ms`. */
export function lengthOf({ lengthMs, errorMs, ended }: Pick<ClientOutage, 'lengthMs' | 'errorMs' | 'ended'>): string {
  return `${ended ? '' : 'at least '}${formatDuration(lengthMs)} ± ${formatDuration(errorMs)}`
}

function longestOf(outages: readonly ClientOutage[]): ClientOutage | undefined {
  return outages.reduce<ClientOutage | undefined>(
    (best, outage) => (best && best.lengthMs >= outage.lengthMs ? best : outage),
    undefined,
  )
}

/** Of outages the parts that lie in one of the spans; all of them without. */
function within(outages: readonly ClientOutage[], spans: readonly Span[] | undefined): ClientOutage[] {
  if (spans === undefined) return [...outages]
  return outages.flatMap((outage) =>
    spans.flatMap((span) => {
      const startMs = Math.max(outage.startMs, span.startMs)
      const endMs = Math.min(outage.endMs, span.endMs)
      if (startMs >= endMs) return []
      return [
        { ...outage, startMs, endMs, lengthMs: endMs - startMs, ended: outage.ended || span.endMs < outage.endMs },
      ]
    }),
  )
}

function uncertain({ lengthMs, errorMs, ended, failures }: ClientOutage): Uncertain {
  return { ms: lengthMs, errorMs, ended, isSingle: failures === 1 }
}

/** `shard 2: 3 of 8 clients were out; client 5 longest, for 8.41 s ± 12 ms from 10.0 s`. */
function shardLine(shard: number, clients: number, outages: readonly ClientOutage[]): string {
  const its = outages.filter((one) => one.shard === shard)
  const name = shard === 0 ? 'slots of no shard' : `shard ${shard}`
  const longest = longestOf(its)
  if (longest === undefined) return `${name}: none of ${plural(clients, 'client')} was out`
  const out = new Set(its.map(({ client }) => client)).size
  return `${name}: ${out} of ${plural(clients, 'client')} ${out === 1 ? 'was' : 'were'} out; client ${longest.client} longest, for ${lengthOf(longest)} from ${momentText(longest.startMs)}`
}

function outageText({ facts }: Evidence, telling: Telling<ClientOutage>, mostMs: number): string {
  const { one, finding, longest } = telling
  const outage = shownOf(telling)
  const near = interventionNear(facts, outage.shard, outage.startMs)
  const beside = near ? `, ${besideIntervention(near, outage.startMs)}` : ''
  const which = outage === longest ? 'The longest was that of' : 'The one that decides was that of'
  const text = `${which} ${clientText(outage)}: ${lengthOf(outage)}, from ${momentText(outage.startMs)} on${beside}; ${failuresIn(outage)}.`
  if (finding !== 'unknown') return text
  const what =
    outage === one ? 'it' : `that of ${clientText(one)}, ${lengthOf(one)} from ${momentText(one.startMs)} on,`
  const why = one.ended
    ? 'which its error does not tell from the limit: more operations a second for each client would'
    : `and ${what} had not ended when the recording did`
  return `${text} The limit is ${formatDuration(mostMs)}, ${why}.`
}

/** Of outages that had not ended beside those that are told; empty without. */
function openText(outages: readonly ClientOutage[], { one, longest }: Telling<ClientOutage>): string {
  const others = outages.filter((other) => other !== one && other !== longest && !other.ended)
  const worst = longestOf(others)
  if (worst === undefined) return ''
  const which = others.length === 1 ? '1 other' : `${others.length} others`
  return ` ${which} had not ended when the recording did: ${others.length === 1 ? '' : 'the longest, '}${clientText(worst)}, out for ${lengthOf(worst)}.`
}

function failuresIn({ failures, classes }: ClientOutage): string {
  if (failures === 0) return 'an operation waited through it, and none failed'
  const byClass = [...classes].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${count} ${name}`)
  return `${plural(failures, 'operation')} failed in it: ${listed(byClass)}`
}
