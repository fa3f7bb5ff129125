import { listed, plural } from '../base/text.ts'
import { FN, OUTCOME_OK, UNKNOWN } from '../record/history-codes.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { besideIntervention, interventionNear } from './faults.ts'
import { type CountLimit, countLimit, countOf, countText } from './limits.ts'
import { witnessOf } from './witness.ts'
import { momentText, valueText } from './words.ts'

/** So long a message may take to a subscriber, ms; what was published later before the end is not judged. */
const DELIVERY_MS = 1000

/** A message that was published while a subscriber was subscribed, and did not come to it. */
interface LostMessage {
  row: number
  subscriber: number
}

export const lostMessages = defineCheck<CountLimit>({
  name: 'lost_messages',
  summary: 'Messages that were published and did not come to a subscriber that was subscribed all the while',
  examples: ['{ at_most: 50, during: outage }'],
  workloads: ['pubsub'],
  watchesFailovers: 'writes',
  limit: countLimit,
  limitText: countText,
  measure(limit, evidence) {
    const { at_most, during } = countOf(limit)
    const { lost, samples } = lostMessagesOf(evidence, evidence.counts(during))
    const amount = { value: `${lost.length} of ${samples}`, amount: lost.length, samples }
    const finding = lost.length > at_most ? 'violated' : 'holds'
    const [first] = lost
    if (!first)
      return {
        ...amount,
        finding,
        explanation: `All ${plural(samples, 'message')} that subscribers were due came to them (each subscriber counts).`,
      }
    return {
      ...amount,
      finding,
      explanation: lostText(evidence, lost, samples),
      details: byChannel(evidence, lost),
      witness: witnessOf(
        evidence.history,
        `a message that never came to subscriber ${first.subscriber}`,
        [first.row],
        lost.length - 1,
      ),
    }
  },
})

/** When a subscriber was subscribed to a channel, ms. */
interface Subscription {
  fromMs: number
  toMs: number
}

function lostMessagesOf(
  { history }: Evidence,
  counts: ((row: number) => boolean) | undefined,
): { lost: LostMessage[]; samples: number } {
  const { ops, rows } = history
  const subscriptions = subscriptionsOf(history)
  const delivered = deliveredTo(history)
  const lost: LostMessage[] = []
  let samples = 0
  for (let row = 0; row < rows; row += 1) {
    if (ops.fn[row] !== FN.publish || ops.outcome[row] !== OUTCOME_OK) continue
    if (counts?.(row) === false) continue
    const key = ops.key[row] ?? 0
    const [beganMs, dueMs] = [ops.invokeMs[row] ?? 0, (ops.completeMs[row] ?? 0) + DELIVERY_MS]
    for (const [subscriber, spans] of subscriptions[key] ?? []) {
      if (!spans.some(({ fromMs, toMs }) => fromMs < beganMs && dueMs < toMs)) continue
      samples += 1
      if (!delivered[key]?.get(subscriber)?.has(ops.a[row] ?? UNKNOWN)) lost.push({ row, subscriber })
    }
  }
  return { lost, samples }
}

/** Of each channel, the messages that came to each subscriber. */
function deliveredTo({ ops, rows, keys }: Evidence['history']): Map<number, Set<number>>[] {
  const delivered = keys.map(() => new Map<number, Set<number>>())
  for (let row = 0; row < rows; row += 1) {
    if (ops.fn[row] !== FN.deliver) continue
    const its = delivered[ops.key[row] ?? 0]
    const subscriber = ops.client[row] ?? 0
    const messages = its?.get(subscriber) ?? new Set<number>()
    its?.set(subscriber, messages.add(ops.a[row] ?? UNKNOWN))
  }
  return delivered
}

/**
 * Of each channel, the subscriptions of each subscriber. One that was not ended lasts to the end of what was recorded.
 */
function subscriptionsOf({ ops, rows, keys }: Evidence['history']): Map<number, Subscription[]>[] {
  const subscriptions = keys.map(() => new Map<number, Subscription[]>())
  let endMs = 0
  for (let row = 0; row < rows; row += 1) {
    const atMs = ops.completeMs[row] ?? 0
    if (Number.isFinite(atMs)) endMs = atMs
    const subscriber = ops.client[row] ?? 0
    const its = subscriptions[ops.key[row] ?? 0]
    const open = its?.get(subscriber)?.find(({ toMs }) => toMs === Number.POSITIVE_INFINITY)
    if (ops.fn[row] === FN.subscribe && !open) {
      its?.set(subscriber, [...(its.get(subscriber) ?? []), { fromMs: atMs, toMs: Number.POSITIVE_INFINITY }])
    }
    if (ops.fn[row] === FN.unsubscribe && open) open.toMs = atMs
  }
  for (const spans of subscriptions.flatMap((its) => [...its.values()]).flat()) spans.toMs = Math.min(spans.toMs, endMs)
  return subscriptions
}

function lostText({ history, facts, shards }: Evidence, lost: readonly LostMessage[], samples: number): string {
  const { ops } = history
  const first = lost[0]?.row ?? 0
  const atMs = ops.completeMs[first] ?? 0
  const near = interventionNear(facts, shards.ofKey[ops.key[first] ?? 0] ?? 0, atMs)
  const when = near ? besideIntervention(near, atMs) : `${momentText(atMs)} after the start`
  const nowhere = lost.filter(({ row }) => ops.r[row] === 0).length
  const none = nowhere === 0 ? '' : ` Of ${nowhere} the server itself said that nobody received them.`
  const [were, published] = lost.length === 1 ? ['was', 'it was published'] : ['were', 'the first was published']
  return (
    `${lost.length} of ${plural(samples, 'message')} due to subscribers ${were} never delivered, although they were subscribed from before ` +
    `the message was published; ${published} ${when}.${none}`
  )
}

function byChannel({ history }: Evidence, lost: readonly LostMessage[]): string[] {
  const byKey = new Map<number, LostMessage[]>()
  for (const message of lost) {
    const key = history.ops.key[message.row] ?? 0
    byKey.set(key, [...(byKey.get(key) ?? []), message])
  }
  return [...byKey].slice(0, 10).map(([key, messages]) => {
    const shown = messages.map(
      ({ row, subscriber }) => `${valueText(history, history.ops.a[row] ?? UNKNOWN)} to subscriber ${subscriber}`,
    )
    return `${history.keys[key]} (slot ${history.slots[key]}): ${messages.length}: ${listed(shown, 5)}`
  })
}
