import { plural } from '../base/text.ts'
import { OUTCOME_OK } from '../record/history-codes.ts'
import type { Span } from '../results/run-facts.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { type RateLimit, rateLimit, rateOf, scopeText } from './limits.ts'
import { isOwnOperation, isUnsent } from './load-count.ts'
import { overlapMs } from './outages/standstill.ts'
import { momentText } from './words.ts'
import { EVERY_WORKLOAD } from './workloads.ts'

export const throughput = defineCheck<RateLimit>({
  name: 'throughput',
  summary: 'Operations carried out each second',
  examples: ['400/s', '{ at_least: 450/s, during: recovery }'],
  workloads: EVERY_WORKLOAD,
  tellsOfService: true,
  limit: rateLimit,
  limitText: (limit) =>
    typeof limit === 'string' ? `at least ${limit}` : `at least ${limit.at_least}${scopeText(limit)}`,
  measure(limit, evidence) {
    const { at_least, during } = typeof limit === 'string' ? { at_least: limit } : limit
    const { count, failed, spanMs } = servedIn(evidence, during)
    if (spanMs === 0) {
      const explanation = during === undefined ? 'There was no operation.' : `There was no phase \`${during}\`.`
      return { finding: 'unknown', value: 'none', samples: 0, explanation }
    }
    const perSecond = (count * 1000) / spanMs
    const isTooFew = perSecond < rateOf(at_least)
    // What was not asked for was not refused: servers that served most of what they got are not to blame.
    const excuse = isTooFew && count > failed ? evidence.starved : undefined
    return {
      finding: excuse !== undefined ? 'unknown' : isTooFew ? 'violated' : 'holds',
      isManifest: true,
      value: `${Math.round(perSecond)}/s`,
      amount: perSecond,
      // Nothing served in a phase that took place is a result, and no lack of one.
      samples: Math.max(count, 1),
      explanation: `${plural(count, 'operation')} ${count === 1 ? 'was' : 'were'} carried out in ${momentText(spanMs)}${during === undefined ? '' : ` of ${during}`}: ${Math.round(perSecond)} a second.${excuse === undefined ? '' : ` Yet ${excuse}.`}`,
    }
  },
})

/**
 * Operations that were carried out: in a phase those that ended while it lasted, else all, from the first that began to
 * the last that ended, without times in which the clients stood still. And those that were sent and not carried out, or of which nobody knows.
 */
function servedIn(
  { history, facts }: Evidence,
  during: string | undefined,
): { count: number; failed: number; spanMs: number } {
  const { ops, rows } = history
  const phases = facts.phases.filter(({ name }) => name === during)
  let [count, failed, firstMs, lastMs] = [0, 0, Number.POSITIVE_INFINITY, 0]
  for (let row = 0; row < rows; row += 1) {
    if (!isOwnOperation(history, row) || isUnsent(history, row)) continue
    const endMs = ops.completeMs[row] ?? 0
    firstMs = Math.min(firstMs, ops.invokeMs[row] ?? 0)
    if (endMs !== Number.POSITIVE_INFINITY) lastMs = Math.max(lastMs, endMs)
    if (during !== undefined && !phases.some((phase) => phase.startMs <= endMs && endMs < phase.endMs)) continue
    if (ops.outcome[row] === OUTCOME_OK) count += 1
    else failed += 1
  }
  const spans = during === undefined ? [{ startMs: Math.min(firstMs, lastMs), endMs: lastMs }] : phases
  const loadMs = ({ startMs, endMs }: Span) => endMs - startMs - overlapMs(facts.stalls ?? [], startMs, endMs)
  return { count, failed, spanMs: spans.reduce((sum, span) => sum + loadMs(span), 0) }
}
