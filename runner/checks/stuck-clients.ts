import { formatDuration } from '../base/duration.ts'
import { listed, plural } from '../base/text.ts'
import type { UnansweredObservation, UnansweredOperation } from '../record/client-observations.ts'
import { outcomeClass } from '../record/history-codes.ts'
import { defineCheck, type Measured } from './check.ts'
import { silenceOf, silenceText } from './driver-trouble.ts'
import type { Evidence } from './evidence.ts'
import { afterKey, countWith, partsOf } from './limit-parts.ts'
import { atMostText, durationOf } from './limits.ts'
import { isOwnOperation, isUnsent } from './load-count.ts'
import { momentText } from './words.ts'
import { EVERY_WORKLOAD } from './workloads.ts'

/** Longer than any client of those that are usual waits by its own limits; shorter than a fault that is worth playing. */
const STUCK_AFTER = '10s'

const limit = countWith({
  after: afterKey('How long an operation must have been without an end when the load was over', STUCK_AFTER),
}).meta({
  title: 'Limit of stuck clients',
  description: 'How many there may be; or how many, and after how long without an end',
})

export const stuckClients = defineCheck({
  name: 'stuck_clients',
  summary: 'Clients with an operation that their client library had not ended, well or badly, when the load was over',
  examples: ['0', '{ at_most: 0, after: 3s }'],
  workloads: EVERY_WORKLOAD,
  limit,
  limitText(written) {
    if (typeof written === 'number') return `${written}, after ${STUCK_AFTER}`
    return `${atMostText(written.at_most)}, after ${written.after ?? STUCK_AFTER}`
  },
  measure(written, evidence): Measured {
    const { at_most, after = STUCK_AFTER } = partsOf(written)
    const seen = evidence.facts.clients?.unanswered[evidence.history.workload]
    const { samples, clients } = countOperations(evidence)
    if (seen === undefined) {
      const explanation = 'It was not recorded which operations the client had not ended when the load was over.'
      return { finding: 'unknown', value: 'not known', samples, explanation }
    }
    const stuck = stuckAfter(seen, durationOf(after))
    const count = new Set(stuck.map(({ client }) => client)).size
    const amount = { value: String(count), amount: count, samples }
    const late = lateText(seen)
    if (count === 0) {
      const young =
        seen.count === 0
          ? ''
          : ` ${plural(seen.count, 'operation')} had been under way for less than ${formatDuration(durationOf(after))}.`
      return { ...amount, finding: 'holds', explanation: `The client ended all that was older.${young}${late}` }
    }
    const silence = silenceOf(evidence.facts, evidence.history.workload)
    const silent = silence ? ` Its driver ${silenceText(silence)}, to no client of it.` : ''
    const texts = firstOfEach(stuck).map((one) => stuckText(evidence, one))
    return {
      ...amount,
      finding: count > at_most ? 'violated' : 'holds',
      explanation: `${count} of ${plural(clients, 'client')} had an operation that was never ended: ${listed(texts, 3)}. Nobody waited for ${stuck.length === 1 ? 'it' : 'them'} any more: a caller without a limit of its own would hang for ever.${silent}${late}`,
      details: texts.slice(0, 20),
    }
  },
})

function countOperations({ history }: Evidence): { samples: number; clients: number } {
  const clients = new Set<number>()
  let samples = 0
  for (let row = 0; row < history.rows; row += 1) {
    if (!isOwnOperation(history, row) || isUnsent(history, row)) continue
    if (outcomeClass(history.ops.outcome[row] ?? 0) === 'unfinished') continue
    samples += 1
    clients.add(history.ops.client[row] ?? 0)
  }
  return { samples, clients: clients.size }
}

function stuckAfter({ seenMs, operations }: UnansweredObservation, afterMs: number): UnansweredOperation[] {
  return operations.filter(({ sinceMs }) => seenMs - sinceMs >= afterMs)
}

/** Of each client the operation that it has been stuck in for longest. */
function firstOfEach(stuck: readonly UnansweredOperation[]): UnansweredOperation[] {
  const byClient = new Map<number, UnansweredOperation>()
  for (const one of [...stuck].sort((a, b) => a.sinceMs - b.sinceMs)) {
    if (!byClient.has(one.client)) byClient.set(one.client, one)
  }
  return [...byClient.values()]
}

/** `client 3 since 12.0 s, in shard 2`. */
function stuckText({ facts }: Evidence, { client, slot, sinceMs }: UnansweredOperation): string {
  const shard = facts.shards.find(({ slots }) => slots.some(([first, last]) => first <= slot && slot <= last))?.shard
  return `client ${client} since ${momentText(sinceMs)}, ${shard === undefined ? `in slot ${slot}` : `in shard ${shard}`}`
}

function lateText({ late, longestLateMs }: UnansweredObservation): string {
  if (late === 0) return ''
  return ` ${plural(late, 'operation')} ended only after nobody waited any more, the longest after ${formatDuration(longestLateMs)}.`
}
