import { formatDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import { formatRange } from '../results/failovers/summary.ts'
import { defineCheck } from './check.ts'
import { untilTrouble } from './driver-trouble.ts'
import type { Evidence } from './evidence.ts'
import { partsOf, timeText } from './limit-parts.ts'
import { durationOf } from './limits.ts'
import { outageLimit } from './outage-limit.ts'
import type { Outage } from './outages/outages.ts'
import { beginText, failuresText, hiddenIn, lengthText, placeText, serviceLines, servicesIn } from './outages/story.ts'
import { mostTelling, shownOf, type Telling, type Uncertain } from './outages/telling.ts'
import { momentText } from './words.ts'
import { EVERY_WORKLOAD } from './workloads.ts'

export const longestOutage = defineCheck({
  name: 'longest_outage',
  summary: 'The longest time in which clients of a range of slots were not served, with its error',
  examples: ['12s', '{ at_most: 500ms, shards: untouched }'],
  workloads: EVERY_WORKLOAD,
  tellsOfService: true,
  watchesFailovers: 'operations',
  limit: outageLimit,
  limitText: timeText,
  measure(written, evidence) {
    const scope = partsOf(written)
    const mostMs = durationOf(scope.at_most)
    const services = servicesIn(evidence, scope)
    const samples = services.reduce((sum, { operations }) => sum + operations, 0)
    const details = serviceLines(evidence, services)
    const all = services.flatMap(({ outages }) => outages)
    const telling = mostTelling(all, mostMs, uncertain)
    const shown = telling && shownOf(telling)
    const hidden = hiddenIn(services, mostMs)
    if (hidden.count > 0 && (telling === undefined || telling.finding === 'holds')) {
      const explanation = `No outage longer than ${formatDuration(mostMs)} was seen in ${plural(samples, 'operation')}, but ${hidden.text}.`
      return { finding: 'unknown', value: shown ? lengthText(shown) : 'none seen', samples, explanation, details }
    }
    if (telling === undefined || shown === undefined) {
      const explanation = `Clients were served without a break${untilTrouble(evidence)}: no outage in ${plural(samples, 'operation')}.`
      return { finding: 'holds', value: 'none', amount: 0, samples, explanation, details }
    }
    return {
      finding: telling.finding,
      isManifest: true,
      value: lengthText(shown),
      amount: shown.lengthMs,
      samples,
      explanation: outageText(evidence, telling, mostMs),
      details,
    }
  },
})

/** That the settings of the cluster let expect no less of a failover that lay in it; empty if they do. */
function expectedText({ facts }: Evidence, { shard, startMs, lengthMs }: Outage, mostMs: number): string {
  const expected = facts.failovers.find(
    (one) => one.shard === shard && one.startMs <= startMs + lengthMs && startMs <= one.startMs + one.totalMs,
  )?.expected?.time
  if (expected === undefined || expected.maxMs <= mostMs) return ''
  const often = expected.minMs > mostMs ? 'never keeps' : 'keeps by luck alone'
  return ` With these settings a failover after a fault takes ${formatRange(expected)}, which ${often} to ${formatDuration(mostMs)}: allow more, or set a shorter cluster-node-timeout.`
}

function uncertain({ lengthMs, errorMs, ended, failures }: Outage): Uncertain {
  return { ms: lengthMs, errorMs, ended, isSingle: failures === 1 }
}

function outageText(evidence: Evidence, telling: Telling<Outage>, mostMs: number): string {
  const { one, finding } = telling
  const outage = shownOf(telling)
  const text = `Clients of ${placeText(outage)} were out for ${lengthText(outage)}, ${beginText(evidence, outage)}; ${failuresText(outage)}.`
  if (finding === 'violated') return `${text}${expectedText(evidence, outage, mostMs)}`
  if (finding === 'holds') return text
  const which =
    outage === one ? 'it' : `that of ${placeText(one)}, ${lengthText(one)} from ${momentText(one.startMs)} on,`
  const why = one.ended
    ? 'which its error does not tell from the limit'
    : `and ${which} had not ended when the recording did`
  return `${text} The limit is ${formatDuration(mostMs)}, ${why}.`
}
