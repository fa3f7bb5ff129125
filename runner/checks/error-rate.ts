import { listed, plural } from '../base/text.ts'
import { isIndeterminateCode, outcomeClass } from '../record/history-codes.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { atMostText, type ShareLimit, scopeText, shareLimit, shareOf } from './limits.ts'
import { isOwnOperation, isUnsent } from './load-count.ts'
import { EVERY_WORKLOAD } from './workloads.ts'

/** So many kinds of failure one sentence tells. */
const MOST_CLASSES = 8

export const errorRate = defineCheck<ShareLimit>({
  name: 'error_rate',
  summary: 'The share of operations that failed or got no answer; by class of error if one is given',
  examples: ['1%', '{ at_most: 0%, class: CLUSTERDOWN, during: recovery }'],
  workloads: EVERY_WORKLOAD,
  tellsOfService: true,
  limit: shareLimit,
  limitText(limit) {
    if (typeof limit === 'string') return atMostText(limit)
    const of = limit.class === undefined ? '' : ` ${limit.class}`
    return `${atMostText(limit.at_most)}${of}${scopeText(limit)}`
  },
  measure(limit, evidence) {
    const { at_most, during, class: asked } = typeof limit === 'string' ? { at_most: limit } : limit
    const { classes, operations, unknown } = failuresOf(evidence, evidence.phase(during))
    const failures = [...classes].reduce(
      (sum, [name, count]) => (asked === undefined || name === asked ? sum + count : sum),
      0,
    )
    const share = operations === 0 ? 0 : failures / operations
    const byClass = [...classes].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${count} ${name}`)
    const all = asked === undefined ? '' : 'with whatever error: '
    const open =
      unknown === 0 ? '' : `; of ${unknown} nobody knows whether ${unknown === 1 ? 'it was' : 'they were'} carried out`
    const told = classes.size === 0 ? 'none failed' : `${all}${listed(byClass, MOST_CLASSES)}${open}`
    return {
      finding: share > shareOf(at_most) ? 'violated' : 'holds',
      value: percentText(share),
      amount: share,
      samples: operations,
      explanation: `${failures} of ${plural(operations, 'operation')} failed or got no answer${asked === undefined ? '' : ` with ${asked}`} (${percentText(share)}); ${told}.`,
      ...(byClass.length > MOST_CLASSES && { details: byClass }),
    }
  },
})

function failuresOf(
  { history }: Evidence,
  phase: number | undefined,
): { classes: Map<string, number>; operations: number; unknown: number } {
  const { ops, rows } = history
  const byOutcome = new Uint32Array(256)
  let operations = 0
  for (let row = 0; row < rows; row += 1) {
    if (!isOwnOperation(history, row) || isUnsent(history, row)) continue
    if (phase !== undefined && ops.phase[row] !== phase) continue
    const outcome = ops.outcome[row] ?? 0
    operations += 1
    byOutcome[outcome] = (byOutcome[outcome] ?? 0) + 1
  }
  const classes = new Map<string, number>()
  let unknown = 0
  for (const [outcome, count] of byOutcome.entries()) {
    const name = outcomeClass(outcome)
    // A compare-and-set that finds another value has done its work.
    if (count === 0 || name === 'ok' || name === 'mismatch') continue
    classes.set(name, (classes.get(name) ?? 0) + count)
    if (isIndeterminateCode(outcome)) unknown += count
  }
  return { classes, operations, unknown }
}

/** `0%`, `0.03%`, `12.5%`. */
function percentText(share: number): string {
  const percent = share * 100
  return `${Number(percent.toFixed(percent < 1 ? 3 : 1))}%`
}
