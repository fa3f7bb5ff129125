import { formatDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import { isIndeterminateCode, OUTCOME_OK } from '../record/history-codes.ts'
import { sentPercent } from '../results/load-sent.ts'
import { type Check, defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { partsOf, timeText } from './limit-parts.ts'
import { type DurationLimit, durationLimit, durationOf } from './limits.ts'
import { isOwnOperation } from './load-count.ts'
import { overlapMs } from './outages/standstill.ts'
import { momentText } from './words.ts'
import { EVERY_WORKLOAD } from './workloads.ts'

const QUANTILES: readonly (readonly [name: string, quantile: number])[] = [
  ['p50', 0.5],
  ['p75', 0.75],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p999', 0.999],
  ['max', 1],
]

/** `p50` … `p999` and `max`. */
export const latencies: readonly Check[] = QUANTILES.map(([name, quantile]) =>
  defineCheck<DurationLimit>({
    name,
    summary: `${quantile === 1 ? 'The longest time that an operation took' : `The time within which ${Number((quantile * 100).toFixed(1))}% of operations were answered`}; with a rate, from when they were due`,
    examples: ['20ms', '{ at_most: 50ms, during: recovery }'],
    workloads: EVERY_WORKLOAD,
    tellsOfService: true,
    limit: durationLimit,
    limitText: timeText,
    measure(limit, evidence) {
      const { at_most, during } = partsOf(limit)
      const { sorted, unanswered, worst } = latenciesOf(evidence, evidence.phase(during))
      // The nearest rank: the smallest latency that so large a share of all does not exceed.
      const valueMs = sorted[Math.max(Math.ceil(quantile * sorted.length) - 1, 0)] ?? 0
      const lost = unanswered === 0 ? '' : `; ${unanswered} without an answer count as long as they were waited for`
      return {
        finding: valueMs > durationOf(at_most) ? 'violated' : 'holds',
        value: formatDuration(valueMs),
        amount: valueMs,
        samples: sorted.length,
        explanation: `${name} of ${plural(sorted.length, 'operation')} was ${formatDuration(valueMs)}${lost}${worstText(evidence, worst)}.${valueMs > durationOf(at_most) ? busyText(evidence) : ''}`,
        details: [spreadText(sorted)],
      }
    },
  }),
)

/** A few operations may find no client free at the end, or for a moment. */
const ALL_BUT_SENT = 0.99
/** Percent: of one node that alone keeps clients busy. */
const MOST_OF_TIME = 50

interface Latencies {
  phase: number | undefined
  /** In ms; single precision is a ten-millionth. */
  sorted: Float32Array
  unanswered: number
  /** The row of the slowest; -1 without any. */
  worst: number
}

/** The last that were asked for: limits of several quantiles mostly ask for the same. */
const remembered = new WeakMap<Evidence, Latencies>()

function latenciesOf(evidence: Evidence, phase: number | undefined): Latencies {
  const known = remembered.get(evidence)
  if (known && known.phase === phase) return known
  const latencies = measuredLatencies(evidence, phase)
  remembered.set(evidence, latencies)
  return latencies
}

/**
 * How long operations took, from when they were due. Those without an answer took at least as long as they were waited
 * for; times in which the clients stood still count for none of them. Those that were refused are left out, for a quick refusal is no quick answer.
 */
function measuredLatencies({ history, facts }: Evidence, phase: number | undefined): Latencies {
  const { ops, rows } = history
  const stalls = facts.stalls ?? []
  const all = new Float32Array(rows)
  let count = 0
  let unanswered = 0
  let worst = -1
  let worstMs = -1
  for (let row = 0; row < rows; row += 1) {
    const outcome = ops.outcome[row] ?? 0
    if (!isOwnOperation(history, row)) continue
    if (phase !== undefined && ops.phase[row] !== phase) continue
    const isLost = isIndeterminateCode(outcome)
    const completeMs = ops.completeMs[row] ?? 0
    if ((outcome !== OUTCOME_OK && !isLost) || completeMs === Number.POSITIVE_INFINITY) continue
    const invokeMs = ops.invokeMs[row] ?? 0
    const tookMs = completeMs - invokeMs + (ops.lateMs[row] ?? 0) - overlapMs(stalls, invokeMs, completeMs)
    all[count] = tookMs
    count += 1
    if (isLost) unanswered += 1
    if (tookMs > worstMs) {
      worst = row
      worstMs = tookMs
    }
  }
  return { phase, sorted: all.subarray(0, count).sort(), unanswered, worst }
}

function worstText({ history }: Evidence, worst: number): string {
  if (worst < 0) return ''
  const node = history.nodes[history.ops.node[worst] ?? -1]
  return `; the slowest ended at ${momentText(history.ops.completeMs[worst] ?? 0)}${node === undefined ? '' : ` on ${node}`}`
}

/** A load of which less is sent than was due has too few clients for how long answers take: the rest waits for them. */
function busyText({ history, load }: Evidence): string {
  if (load === undefined || load.sent >= ALL_BUT_SENT * load.due) return ''
  const { ops, rows, nodes } = history
  const waited = new Float64Array(nodes.length)
  for (let row = 0; row < rows; row += 1) {
    const node = ops.node[row] ?? -1
    const ms = (ops.completeMs[row] ?? 0) - (ops.invokeMs[row] ?? 0)
    if (isOwnOperation(history, row) && node >= 0 && node < nodes.length && Number.isFinite(ms))
      waited[node] = (waited[node] ?? 0) + ms
  }
  const all = waited.reduce((sum, ms) => sum + ms, 0)
  const most = waited.indexOf(Math.max(...waited))
  const share = Math.round((100 * (waited[most] ?? 0)) / all)
  const where = share > MOST_OF_TIME ? `, ${share}% of their time for ${nodes[most]}` : ''
  return ` All clients were busy waiting${where}, and only ${sentPercent(load)} of the operations that were due were sent; those that waited for a free client took longer by that. More \`clients\` would leave some free.`
}

function spreadText(sorted: Float32Array): string {
  const at = (quantile: number) => formatDuration(sorted[Math.max(Math.ceil(quantile * sorted.length) - 1, 0)] ?? 0)
  return QUANTILES.map(([name, quantile]) => `${name} ${at(quantile)}`).join(', ')
}
