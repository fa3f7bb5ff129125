import { isIndeterminateCode, outcomeClass, SERVED_CLASSES } from '../../record/history-codes.ts'
import type { Evidence } from '../evidence.ts'
import { isOwnOperation } from '../load-count.ts'
import { lengthError, momentError } from './resolution.ts'
import { type ServerOutage, serverOutages } from './server-outages.ts'
import { Standstill } from './standstill.ts'

/** A time in which one client of a workload was not served in one shard. Times are ms from the scenario's start. */
export interface ClientOutage {
  client: number
  /** 1-based; 0: slots that belonged to none. */
  shard: number
  startMs: number
  /** How far `startMs` may be off: between the last operation that was served and the first that was not. */
  startErrorMs: number
  /** When the first operation that succeeded had done so; when the last one failed, if none did. */
  endMs: number
  /** How far `endMs` may be off: the client may have been able to before, had it been asked to. */
  endErrorMs: number
  lengthMs: number
  errorMs: number
  /** Operations that failed in it, or got no answer. */
  failures: number
  classes: Map<string, number>
  /** False if it was not over when the recording was: it lasted at least so long. */
  ended: boolean
}

export interface ClientService {
  outages: ClientOutage[]
  /** Operations of each shard that has any, and how many clients they were of. */
  shards: Map<number, { operations: number; clients: number }>
}

/** Without a failure, only a wait as long as this counts: shorter ones are latencies, ms. */
const WAITING_MS = 1000
/** Clients are numbered in 16 bits. */
const CLIENTS = 0x1_0000

/**
 * The outages of each client of a workload in each shard: from the moment at which it was served last until its first
 * operation that succeeds again. Where a fault of the shard began between the last that was served and the first that
 * was not, it counts from there. What the servers did is known besides: no client can have been served before they took
 * writes again, and an operation that waited across that moment was kept waiting, however short that was.
 */
export function clientOutagesOf(evidence: Evidence): ClientService {
  const service = known.get(evidence) ?? serviceOf(evidence)
  known.set(evidence, service)
  return service
}

/** Several checks ask for it. */
const known = new WeakMap<Evidence, ClientService>()

function serviceOf(evidence: Evidence): ClientService {
  const { history, facts } = evidence
  const servers = serverOutages(facts).filter(({ ended }) => ended)
  const { ops, rows } = history
  const standstill = new Standstill(facts.stalls ?? [])
  const trackers = new Map<number, Tracker>()
  for (let row = 0; row < rows; row += 1) {
    if (!isOwnOperation(history, row)) continue
    const outcome = ops.outcome[row] ?? 0
    const failure = outcomeClass(outcome)
    // What was never sent was no client's, and what was still under way had no time to fail.
    if (failure === 'unsent' || failure === 'unfinished') continue
    const shard = evidence.shards.ofKey[ops.key[row] ?? 0] ?? 0
    const client = ops.client[row] ?? 0
    const place = shard * CLIENTS + client
    let tracker = trackers.get(place)
    if (tracker === undefined) {
      const faultsMs = facts.faults.filter(({ shards }) => shards.includes(shard)).map(({ startMs }) => startMs)
      const backs = servers.filter((one) => one.shard === shard)
      tracker = new Tracker(client, shard, { faultsMs, backs, standstill })
      trackers.set(place, tracker)
    }
    const [invokeMs, completeMs] = [ops.invokeMs[row] ?? 0, ops.completeMs[row] ?? 0]
    if (SERVED_CLASSES.has(failure)) tracker.served(invokeMs, completeMs)
    else tracker.failed(invokeMs, completeMs, failure, isIndeterminateCode(outcome))
  }
  const shards = new Map<number, { operations: number; clients: number }>()
  for (const { shard, operations } of trackers.values()) {
    const sum = shards.get(shard) ?? { operations: 0, clients: 0 }
    shards.set(shard, { operations: sum.operations + operations, clients: sum.clients + 1 })
  }
  const outages = [...trackers.values()].flatMap((tracker) => tracker.end())
  return { outages: outages.sort((a, b) => a.startMs - b.startMs), shards }
}

interface Surroundings {
  faultsMs: readonly number[]
  /** The outages of its servers that were over in the end. */
  backs: readonly ServerOutage[]
  standstill: Standstill
}

interface Gap {
  failures: number
  classes: Map<string, number>
  /** It was out by then: the first failure had begun (without an answer), or was told. */
  outByMs: number
  /** The last failure was told. */
  lastFailedMs: number
}

/** Reads what one client did in one shard, in the order of completion: it has one operation under way at a time. */
class Tracker {
  readonly client: number
  readonly shard: number
  operations = 0
  readonly #around: Surroundings
  readonly #outages: ClientOutage[] = []
  /** The beginning of the last operation that was served, or of the first of all. */
  #servedFromMs = Number.NaN
  #gap: Gap | undefined

  constructor(client: number, shard: number, around: Surroundings) {
    this.client = client
    this.shard = shard
    this.#around = around
  }

  served(invokeMs: number, completeMs: number): void {
    this.operations += 1
    const gap = this.#gap
    if (gap !== undefined) {
      // Between the last failure and this operation nobody asked: it may have been able to since its servers were back
      // from the outage that the failure fell into, even if they had another one after that.
      const unaskedMs = Math.max(invokeMs - gap.lastFailedMs, 0)
      const backMs = this.#around.backs
        .filter(({ startMs, startErrorMs }) => startMs - startErrorMs <= gap.lastFailedMs)
        .map(({ endMs, endErrorMs }) => endMs - endErrorMs)
        .find((ms) => gap.lastFailedMs < ms && ms < completeMs)
      this.#add(gap, Math.max(completeMs - unaskedMs, backMs ?? 0), completeMs, true)
    } else if (this.#hasWaited(invokeMs, completeMs)) {
      const waited = { failures: 0, classes: new Map<string, number>(), outByMs: invokeMs, lastFailedMs: completeMs }
      this.#servedFromMs = this.#waitedFromMs(invokeMs, completeMs)
      this.#add(waited, completeMs, completeMs, true)
    }
    this.#gap = undefined
    this.#servedFromMs = invokeMs
  }

  failed(invokeMs: number, completeMs: number, failure: string, isIndeterminate: boolean): void {
    this.operations += 1
    if (Number.isNaN(this.#servedFromMs)) this.#servedFromMs = invokeMs
    this.#gap ??= {
      failures: 0,
      classes: new Map(),
      outByMs: isIndeterminate ? invokeMs : completeMs,
      lastFailedMs: completeMs,
    }
    this.#gap.failures += 1
    this.#gap.lastFailedMs = Math.max(this.#gap.lastFailedMs, completeMs)
    this.#gap.classes.set(failure, (this.#gap.classes.get(failure) ?? 0) + 1)
  }

  /** No more operations come. */
  end(): readonly ClientOutage[] {
    const gap = this.#gap
    if (gap !== undefined) this.#add(gap, gap.lastFailedMs, gap.lastFailedMs, false)
    this.#gap = undefined
    return this.#outages
  }

  /**
   * Since when a client may have been out whose operation waited: since it was served last, or since what was done to the
   * shard after that. Where that began while the operation waited, the client was served until it sent it.
   */
  #waitedFromMs(invokeMs: number, completeMs: number): number {
    const { faultsMs, backs } = this.#around
    const causesMs = [...faultsMs, ...backs.map(({ startMs, startErrorMs }) => startMs - startErrorMs)]
    const isWithin = causesMs.some((ms) => invokeMs < ms && ms < completeMs)
    if (isWithin || Number.isNaN(this.#servedFromMs)) return invokeMs
    return Math.max(this.#servedFromMs, ...causesMs.filter((ms) => ms <= invokeMs))
  }

  #hasWaited(invokeMs: number, completeMs: number): boolean {
    const { standstill, backs } = this.#around
    const lengthMs = standstill.shortened(completeMs) - standstill.shortened(invokeMs)
    if (lengthMs - standstill.blindMs(standstill.shortened(invokeMs), standstill.shortened(completeMs)) >= WAITING_MS)
      return true
    return backs.some(({ endMs }) => invokeMs < endMs && endMs < completeMs)
  }

  #add(gap: Gap, endsFromMs: number, endMs: number, ended: boolean): void {
    const { standstill, faultsMs } = this.#around
    const fault = faultsMs.findLast((ms) => ms > this.#servedFromMs && ms <= gap.outByMs)
    const begins = spanOf(standstill, fault ?? Math.min(this.#servedFromMs, gap.outByMs), gap.outByMs)
    const ends = spanOf(standstill, endsFromMs, endMs)
    const halfBlindMs = standstill.blindMs(begins.ms, ends.ms) / 2
    const lengthMs = Math.max(ends.ms - begins.ms - halfBlindMs, 0)
    this.#outages.push({
      ...{ client: this.client, shard: this.shard, failures: gap.failures, classes: gap.classes, ended },
      startMs: standstill.restored(begins.ms),
      startErrorMs: begins.errorMs,
      endMs: standstill.restored(ends.ms),
      endErrorMs: ends.errorMs,
      lengthMs,
      errorMs: lengthError(begins.errorMs + ends.errorMs + halfBlindMs),
    })
  }
}

/** The middle of what is possible, without the times that passed for nobody, and how far it may be off. */
function spanOf(standstill: Standstill, fromMs: number, toMs: number): { ms: number; errorMs: number } {
  const [from, to] = [standstill.shortened(fromMs), standstill.shortened(toMs)]
  return { ms: (from + to) / 2, errorMs: momentError((to - from) / 2) }
}
