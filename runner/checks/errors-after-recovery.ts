import { formatDuration } from '../base/duration.ts'
import { listed, plural } from '../base/text.ts'
import { outcomeClass, SERVED_CLASSES } from '../record/history-codes.ts'
import type { Span } from '../results/run-facts.ts'
import { defineCheck, type Measured } from './check.ts'
import type { Evidence } from './evidence.ts'
import { afterKey, countWith, partsOf } from './limit-parts.ts'
import { atMostText, durationOf, errorClassKey, scopeText, shards } from './limits.ts'
import { isOwnOperation } from './load-count.ts'
import { serverOutages } from './outages/server-outages.ts'
import { witnessOf } from './witness.ts'
import { momentText } from './words.ts'
import { EVERY_WORKLOAD } from './workloads.ts'

/** What a client gets to notice that its servers are back, unless the limit says otherwise. */
const GRACE = '2s'

const limit = countWith({
  after: afterKey('How long after the servers of its shard took writes again an operation must begin', GRACE),
  class: errorClassKey,
  shards,
}).meta({
  title: 'Limit of errors after a recovery',
  description: 'How many there may be; or how many, how long after it, of which class and in which shards',
})

/** A time in which a shard was whole again: from its recovery on until something was done to it, or it refused again. */
interface Whole extends Span {
  shard: number
}

export const errorsAfterRecovery = defineCheck({
  name: 'errors_after_recovery',
  summary: 'Operations that failed or got no answer although the servers of their shard had been back for a while',
  examples: ['0', '{ at_most: 5, after: 500ms, class: MOVED }'],
  workloads: EVERY_WORKLOAD,
  tellsOfService: true,
  limit,
  limitText(written) {
    if (typeof written === 'number') return `${written}, from ${GRACE} on`
    const of = written.class === undefined ? '' : ` ${written.class}`
    return `${atMostText(written.at_most)}${of}, from ${written.after ?? GRACE} on${scopeText(written)}`
  },
  measure(written, evidence): Measured {
    const asked = partsOf(written)
    const graceMs = durationOf(asked.after ?? GRACE)
    const whole = wholeTimes(evidence, graceMs).filter(({ shard }) => evidence.shards.includes(asked.shards, shard))
    const { classes, rows, samples } = failuresIn(evidence, whole, asked.class)
    const failures = rows.length
    const amount = { value: String(failures), amount: failures, samples }
    const inOrder = [...whole].sort((a, b) => a.shard - b.shard || a.startMs - b.startMs)
    const details = inOrder.map(
      (one) => `shard ${one.shard}: judged from ${momentText(one.startMs)} to ${momentText(one.endMs)}`,
    )
    if (samples === 0) return { ...amount, finding: 'unknown', explanation: nothingText(evidence, graceMs), details }
    const grace = formatDuration(graceMs)
    if (failures === 0) {
      const which = asked.class === undefined ? '' : ` with ${asked.class}`
      const explanation = `None of ${plural(samples, 'operation')} that began more than ${grace} after their servers were back failed${which}.`
      return { ...amount, finding: 'holds', explanation, details }
    }
    const byClass = [...classes].sort((a, b) => b[1] - a[1]).map(([name, one]) => `${one} ${name}`)
    const lateMs = evidence.history.ops.invokeMs[rows.at(-1) ?? 0] ?? 0
    return {
      ...amount,
      finding: failures > asked.at_most ? 'violated' : 'holds',
      explanation: `${failures} of ${plural(samples, 'operation')} that began more than ${grace} after their servers were back failed: ${listed(byClass, 8)}; the last one began at ${momentText(lateMs)}.`,
      details,
      witness: witnessOf(evidence.history, 'the first operations that failed although the servers were back', rows),
    }
  },
})

/** When a shard was back for `graceMs`, until the next thing that was done to it. */
function wholeTimes({ facts }: Evidence, graceMs: number): Whole[] {
  const servers = serverOutages(facts)
  return servers.flatMap(({ shard, endMs, endErrorMs, ended }) => {
    if (!ended) return []
    const startMs = endMs + endErrorMs + graceMs
    const next = [
      ...servers.filter((one) => one.shard === shard).map((one) => one.startMs - one.startErrorMs),
      ...facts.faults.filter(({ shards }) => shards.includes(shard)).map((fault) => fault.startMs),
      ...facts.failovers.filter((failover) => failover.shard === shard).map((failover) => failover.startMs),
    ].filter((ms) => ms > endMs)
    const untilMs = Math.min(facts.durationMs, ...next)
    return untilMs > startMs ? [{ shard, startMs, endMs: untilMs }] : []
  })
}

function failuresIn(
  { history, shards: { ofKey } }: Evidence,
  whole: readonly Whole[],
  asked: string | undefined,
): { classes: Map<string, number>; rows: number[]; samples: number } {
  const { ops, rows: count } = history
  const classes = new Map<string, number>()
  const rows: number[] = []
  let samples = 0
  if (whole.length === 0) return { classes, rows, samples }
  for (let row = 0; row < count; row += 1) {
    if (!isOwnOperation(history, row)) continue
    const failure = outcomeClass(ops.outcome[row] ?? 0)
    if (failure === 'unsent' || failure === 'unfinished') continue
    const [shard, invokeMs, completeMs] = [ofKey[ops.key[row] ?? 0], ops.invokeMs[row] ?? 0, ops.completeMs[row] ?? 0]
    // What ended after the next thing was done to the shard may have met that.
    const isIn = whole.some((one) => one.shard === shard && invokeMs >= one.startMs && completeMs <= one.endMs)
    if (!isIn) continue
    samples += 1
    if (SERVED_CLASSES.has(failure) || (asked !== undefined && failure !== asked)) continue
    classes.set(failure, (classes.get(failure) ?? 0) + 1)
    rows.push(row)
  }
  return { classes, rows, samples }
}

function nothingText({ facts }: Evidence, graceMs: number): string {
  if ((facts.clients?.probed.length ?? 0) === 0) return 'Nobody looked at whether the servers took writes.'
  const recovered = serverOutages(facts).filter(({ ended }) => ended)
  if (recovered.length === 0) return 'No shard was seen to refuse writes and to take them again.'
  return `No operation began more than ${formatDuration(graceMs)} after its servers were back: let the load go on for longer, as with \`wait: 10s\`.`
}
