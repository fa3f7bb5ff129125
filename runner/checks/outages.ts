import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { listed, plural } from '../base/text.ts'
import { defineCheck } from './check.ts'
import { comparisonKeys, HALF_A_COMPARISON, isWholeComparison, WHOLE_COMPARISON } from './comparison.ts'
import { AT_MOST, count, durationOf, durationText, scopeText, shards, withinKey } from './limits.ts'
import { beginText, failuresText, hiddenIn, lengthText, placeText, serviceLines, servicesIn } from './outages/story.ts'
import { EVERY_WORKLOAD } from './workloads.ts'

/** Shorter ones are errors in passing, not outages, unless a scenario says otherwise. */
const DEFAULT_LONGER_THAN = '100ms'

const limit = z
  .union([
    count,
    z
      .strictObject({
        at_most: count.describe(AT_MOST),
        longer_than: durationText.optional().describe('Shorter ones do not count; 100ms unless given'),
        during: withinKey,
        shards,
        ...comparisonKeys,
      })
      .refine(isWholeComparison, HALF_A_COMPARISON)
      .meta(WHOLE_COMPARISON),
  ])
  .meta({
    title: 'Limit of outages',
    description: 'How many there may be; or how many, of what length, when and where',
  })

type OutagesLimit = z.infer<typeof limit>

function inFull(written: OutagesLimit) {
  const {
    at_most,
    longer_than = DEFAULT_LONGER_THAN,
    ...scope
  } = typeof written === 'number' ? { at_most: written } : written
  return { at_most, longerThanMs: durationOf(longer_than), scope }
}

export const outages = defineCheck<OutagesLimit>({
  name: 'outages',
  summary: 'How often clients of a range of slots were not served',
  examples: ['{ at_most: 1, longer_than: 1s }'],
  workloads: EVERY_WORKLOAD,
  tellsOfService: true,
  watchesFailovers: 'operations',
  limit,
  limitText(written) {
    const { at_most, longerThanMs, scope } = inFull(written)
    return `at most ${at_most} longer than ${formatDuration(longerThanMs)}${scopeText(scope)}`
  },
  measure(written, evidence) {
    const { at_most, longerThanMs, scope } = inFull(written)
    const services = servicesIn(evidence, scope)
    const samples = services.reduce((sum, { operations }) => sum + operations, 0)
    const counted = services.flatMap((service) => service.outages).filter(({ lengthMs }) => lengthMs > longerThanMs)
    const amount = {
      value: String(counted.length),
      amount: counted.length,
      samples,
      details: serviceLines(evidence, services),
    }
    const hidden = hiddenIn(services, longerThanMs)
    if (counted.length <= at_most && counted.length + hidden.count > at_most) {
      const explanation = `${plural(counted.length, 'outage')} longer than ${formatDuration(longerThanMs)} ${counted.length === 1 ? 'was' : 'were'} seen, but ${hidden.text}.`
      return { ...amount, finding: 'unknown', explanation }
    }
    const finding = counted.length > at_most ? 'violated' : 'holds'
    if (counted.length === 0) {
      return {
        ...amount,
        finding,
        explanation: `No outage longer than ${formatDuration(longerThanMs)} in ${plural(samples, 'operation')}.`,
      }
    }
    const texts = counted.map(
      (outage) =>
        `${placeText(outage)} for ${lengthText(outage)} ${beginText(evidence, outage)} (${failuresText(outage)})`,
    )
    const explanation = `${plural(counted.length, 'outage')}: ${listed(texts, 3)}.`
    return { ...amount, finding, isManifest: true, explanation }
  },
})
