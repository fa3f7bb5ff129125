import { isIndeterminateCode, outcomeClass, SERVED_CLASSES } from '../../record/history-codes.ts'
import type { Span } from '../../results/run-facts.ts'
import type { Evidence } from '../evidence.ts'
import { isOwnOperation } from '../load-count.ts'
import { IdleTimes } from './idle-times.ts'
import { lengthError } from './resolution.ts'
import { partsWithin, Standstill } from './standstill.ts'

/** A time in which clients were not served in a range of slots. */
export interface Outage {
  shard: number
  /** The range, a contiguous one of the shard. */
  slots: readonly [first: number, last: number]
  startMs: number
  /** Its length may be off by so much, either way. */
  errorMs: number
  lengthMs: number
  /** The length of all of it, of which this is the part within a span. */
  wholeMs?: number
  /** Operations that failed in it, or got no answer. */
  failures: number
  /** How they failed, by class. */
  classes: Map<string, number>
  /** False if it had not ended when the recording did: it lasted at least so long. */
  ended: boolean
}

/** Without a failure, only a pause as long as this in which an operation waited counts: shorter ones are latencies. */
const WAITING_MS = 1000

/** What was served and what was not, of one range of slots. */
export interface RangeService {
  shard: number
  slots: readonly [first: number, last: number]
  /** Operations that were under way in the time that was asked for. */
  operations: number
  outages: Outage[]
  /** Times in which it had no clients, because they stood still: what happened then is not known. */
  blind: Span[]
  /** Nor is it in these, in which no operation was under way there. */
  idle: Span[]
}

/**
 * The outages of each contiguous range of slots that has operations. A range is served at some moment of every
 * operation that was answered, and not served at some moment of every one that failed; so an outage lies between two
 * answered operations with a failed one, or a long wait, between them. It began between the beginning of the last
 * operation that was answered and the first failure, and it ended between the beginning of the last failure and the end
 * of the first operation that was answered again; its length is the mean of what that allows, and its error half the
 * difference.
 *
 * Times in which the clients stood still: one in which the servers stood still as well is left out of every length; one
 * that lies between two failures adds half of itself to the length and to the error.
 *
 * Where `spans` are given, only they are asked for: of an outage that reaches beyond one, the part within it.
 */
export function outagesOf(evidence: Evidence, spans?: readonly Span[]): RangeService[] {
  const trackers = rangeTrackers(evidence, spans)
  const { history } = evidence
  const { ops, rows } = history
  for (let row = 0; row < rows; row += 1) {
    if (isOwnOperation(history, row)) trackers.ofKey[ops.key[row] ?? 0]?.add(ops, row)
  }
  const busy = trackers.all.filter(({ idle }) => idle.lastMs > 0)
  const fromMs = Math.min(...busy.map(({ idle }) => idle.firstMs))
  const toMs = Math.max(...busy.map(({ idle }) => idle.lastMs))
  return busy
    .map((tracker) => tracker.service(fromMs, toMs))
    .filter(({ operations, idle }) => operations > 0 || idle.length > 0)
}

function rangeTrackers(
  { history, facts }: Evidence,
  spans: readonly Span[] | undefined,
): { all: Tracker[]; ofKey: Tracker[] } {
  const standstill = new Standstill(facts.stalls ?? [])
  const tracker = (shard: number, range: readonly [number, number]) => new Tracker(shard, range, spans, standstill)
  const all = facts.shards.flatMap(({ shard, slots }) => slots.map((range) => tracker(shard, range)))
  const elsewhere = tracker(0, [0, 16_383])
  const ofKey = Array.from(
    history.slots,
    (slot) => all.find(({ slots: [first, last] }) => first <= slot && slot <= last) ?? elsewhere,
  )
  return { all: [...all, elsewhere], ofKey }
}

/** Reads the operations of a range in the order of completion. */
class Tracker {
  readonly shard: number
  readonly slots: readonly [number, number]
  operations = 0
  readonly #outages: Outage[] = []
  /**
   * When it was served for certain, last: the latest beginning of an operation that was answered, and the latest end.
   */
  #servedFromMs = Number.NaN
  #servedMs = Number.NaN
  readonly idle = new IdleTimes(WAITING_MS)
  #gap = emptyGap()
  readonly #spans: readonly Span[] | undefined
  readonly #standstill: Standstill

  constructor(
    shard: number,
    slots: readonly [number, number],
    spans: readonly Span[] | undefined,
    standstill: Standstill,
  ) {
    this.#standstill = standstill
    this.shard = shard
    this.slots = slots
    this.#spans = spans
  }

  add(ops: Evidence['history']['ops'], row: number): void {
    const outcome = ops.outcome[row] ?? 0
    const failure = outcomeClass(outcome)
    // What was still under way when the recording was ended had no time to fail; what was never sent met nobody.
    if (failure === 'unfinished' || failure === 'unsent') return
    const [beganMs, endedMs] = [ops.invokeMs[row] ?? 0, ops.completeMs[row] ?? 0]
    const isAsked = this.#spans?.some(({ startMs, endMs }) => beganMs < endMs && startMs < endedMs) ?? true
    if (isAsked) this.operations += 1
    const invokeMs = this.#standstill.shortened(beganMs)
    const completeMs = this.#standstill.shortened(endedMs)
    this.idle.add(invokeMs, completeMs)
    if (SERVED_CLASSES.has(failure)) this.#served(invokeMs, completeMs)
    else this.#failed(invokeMs, completeMs, failure, isIndeterminateCode(outcome))
  }

  /** What was seen of it between the beginning and the end of all operations, of whatever range. */
  service(fromMs: number, toMs: number): RangeService {
    if (this.#gap.failures > 0) this.#close(this.idle.lastMs, false)
    const { shard, slots, operations } = this
    const spans = this.#spans
    const outages = spans
      ? this.#outages.flatMap((outage) => spans.flatMap((span) => partWithin(outage, span) ?? []))
      : this.#outages
    const idle = this.#standstill.watched(this.idle.between(fromMs, toMs), WAITING_MS)
    return {
      ...{ shard, slots, operations, outages, blind: this.#standstill.blindIn(spans) },
      idle: spans ? partsWithin(idle, spans) : idle,
    }
  }

  #served(invokeMs: number, completeMs: number): void {
    const waitingFromMs = Math.max(invokeMs, this.#servedMs)
    if (completeMs - waitingFromMs - this.#standstill.blindMs(waitingFromMs, completeMs) >= WAITING_MS) {
      this.#gap.downByMs = Math.min(this.#gap.downByMs, waitingFromMs)
      this.#gap.downFromMs = completeMs
      this.#close(completeMs, true)
    } else if (this.#gap.failures > 0) {
      this.#close(completeMs, true)
    }
    this.#servedFromMs = Number.isNaN(this.#servedFromMs) ? invokeMs : Math.max(this.#servedFromMs, invokeMs)
    this.#servedMs = completeMs
    this.#gap = emptyGap()
  }

  #failed(invokeMs: number, completeMs: number, failure: string, indeterminate: boolean): void {
    if (invokeMs < this.#servedMs) {
      // Others were served after it had begun: it tells of an outage that is over, if of any.
      const last = this.#outages.at(-1)
      const lastStartMs = last ? this.#standstill.shortened(last.startMs) : 0
      if (last && invokeMs < lastStartMs + last.lengthMs) count(last, failure)
      return
    }
    const gap = this.#gap
    count(gap, failure)
    // What was sent and not answered met a server that was gone when it was sent, or went before it answered.
    gap.downByMs = Math.min(gap.downByMs, indeterminate ? invokeMs : completeMs)
    gap.downFromMs = Math.max(gap.downFromMs, invokeMs)
  }

  #close(servedAgainMs: number, ended: boolean): void {
    const { failures, classes, downByMs, downFromMs } = this.#gap
    const earliestMs = Number.isNaN(this.#servedFromMs) ? this.idle.firstMs : this.#servedFromMs
    const latestMs = within(downByMs, earliestMs, servedAgainMs)
    const begin = middle(earliestMs, latestMs)
    const endsFromMs = ended ? within(downFromMs, latestMs, servedAgainMs) : servedAgainMs
    const end = middle(endsFromMs, servedAgainMs)
    const halfBlindMs = this.#standstill.blindMs(latestMs, endsFromMs) / 2
    this.#outages.push({
      shard: this.shard,
      slots: this.slots,
      failures,
      classes,
      ended,
      startMs: this.#standstill.restored(begin.ms),
      lengthMs: end.ms - begin.ms - halfBlindMs,
      errorMs: lengthError(begin.errorMs + end.errorMs + halfBlindMs),
    })
  }
}

function count(of: Pick<Outage, 'failures' | 'classes'>, failure: string): void {
  of.failures += 1
  of.classes.set(failure, (of.classes.get(failure) ?? 0) + 1)
}

function within(ms: number, fromMs: number, toMs: number): number {
  return Math.min(Math.max(ms, fromMs), toMs)
}

function middle(fromMs: number, toMs: number): { ms: number; errorMs: number } {
  return { ms: (fromMs + toMs) / 2, errorMs: (toMs - fromMs) / 2 }
}

function emptyGap() {
  return {
    failures: 0,
    classes: new Map<string, number>(),
    downByMs: Number.POSITIVE_INFINITY,
    downFromMs: Number.NEGATIVE_INFINITY,
  }
}

/** The part of an outage that lies in a span; undefined if none does. What came after the span is no matter to it. */
function partWithin(outage: Outage, span: Span): Outage | undefined {
  const startMs = Math.max(outage.startMs, span.startMs)
  const outageEndMs = outage.startMs + outage.lengthMs
  const endMs = Math.min(outageEndMs, span.endMs)
  if (startMs >= endMs) return undefined
  const lengthMs = endMs - startMs
  return { ...outage, startMs, lengthMs, ended: outage.ended || span.endMs < outageEndMs, wholeMs: outage.lengthMs }
}
