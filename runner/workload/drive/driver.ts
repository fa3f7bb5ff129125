import { randomFractions } from '../../base/random.ts'
import type { SlotRange } from '../../cluster/view.ts'
import { type FailureClass, FLAG, FN, type FunctionName, NO_NODE } from '../../record/history-codes.ts'
import type { LoadClient, Operation, OperationListener } from '../client/operation.ts'
import type { Recording, Workload } from '../kind.ts'
import type { LoadOptions } from '../options.ts'
import type { Bins } from './bins.ts'
import { Draw, type LoadKey, weightsOf } from './keys.ts'
import { OpenOutages, type UnderWay } from './open-outages.ts'
import { Pacing } from './pacing.ts'
import { replicated } from './replicated.ts'

export interface DriverOptions {
  options: LoadOptions
  keys: readonly LoadKey[]
  workload: Workload
  history: Recording
  client: LoadClient
  bins: Bins
  /** Numbers of the nodes in the history, by their place in the client's list. */
  nodes: readonly number[]
  /** Slots of each shard when the scenario begins. */
  shards: readonly (readonly SlotRange[])[]
  seed: number
  /** Ms from the scenario's start. */
  now(): number
  /** The same without the times in which the thread stood still: nothing was due then. */
  ranMs(): number
}

/** In a closed loop, how long a client rests after an operation that failed, ms: what is down must not be stormed. */
const REST_AFTER_FAILURE_MS = 10
const TICK_MS = 1
/** What was due so short a time before the end would have been sent, had the load gone on, ms. */
const JUST_DUE_MS = 100

/** Clients that share keys and pace. */
interface Group {
  draw: Draw
  pacing: Pacing
  free: Running[]
}

/**
 * Drives the clients of one workload: each has one operation under way at a time, and every operation is recorded.
 * Clients of the direct kind are divided among the shards that have keys, so that those of one shard do not stand still
 * when another is down.
 */
export class Driver {
  readonly #options: DriverOptions
  readonly #groups: readonly Group[]
  readonly #functions: Draw
  readonly #clients: Running[] = []
  readonly #outages: OpenOutages
  readonly #random: () => number
  #timer: NodeJS.Timeout | undefined
  #running = 0
  #stopping = false
  #stopped: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  constructor(options: DriverOptions) {
    this.#options = options
    this.#random = randomFractions(options.seed)
    this.#functions = drawOfFunctions(options.options.mix)
    this.#outages = new OpenOutages(options.shards)
    this.#groups = this.#divide()
  }

  /** Begins; `stop` ends it. */
  begin(): void {
    const ranMs = this.#options.ranMs()
    for (const group of this.#groups) group.pacing.begin(ranMs)
    const serveAll = () => {
      for (const group of this.#groups) this.#serve(group, true)
    }
    if (this.#options.options.perSecond !== undefined) this.#timer = setInterval(serveAll, TICK_MS)
    serveAll()
  }

  /**
   * Sends nothing more, and resolves when nothing is under way. What was due and never sent is recorded as such.
   * Idempotent.
   */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    await this.#stopped
  }

  async #stop(): Promise<void> {
    this.halt()
    for (const group of this.#groups) this.#recordUnsent(group)
    if (this.#running === 0) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
  }

  /** As `OpenOutages.sinceMs` has it. */
  outSinceMs(waitedMs: number): number | undefined {
    const underWay = this.#clients.filter((client) => client.isUnderWay)
    return this.#outages.sinceMs(underWay, this.#options.now(), waitedMs)
  }

  /** Sends nothing more, and waits for nothing. */
  halt(): void {
    this.#stopping = true
    clearInterval(this.#timer)
  }

  #divide(): Group[] {
    const { options, keys } = this.#options
    const weights = weightsOf(options.distribution, keys.length)
    const shards = [...new Set(keys.map(({ shard }) => shard))]
    // With fewer clients than shards, one group for all: a shard without a client would see no load.
    const divided = options.client === 'direct' && options.clients >= shards.length
    return (divided ? shards : [undefined]).map((shard, place, all) => {
      const items = [...keys.keys()].filter((key) => shard === undefined || keys[key]?.shard === shard)
      const draw = new Draw(items, weights)
      const pacing = new Pacing(options.perSecond === undefined ? undefined : options.perSecond * draw.weight)
      const group: Group = { draw, pacing, free: [] }
      for (let client = place; client < options.clients; client += all.length) {
        const onEnd = (running: Running, failed: boolean) => this.#onEnd(running, group, failed)
        group.free.push(new Running(client, this.#options, this.#outages, onEnd))
      }
      this.#clients.push(...group.free)
      return group
    })
  }

  /** Lets free clients begin what is due. `clientsWaited`: they were free before it was. */
  #serve(group: Group, clientsWaited: boolean): void {
    const { pacing, free } = group
    while (free.length > 0 && !this.#stopping) {
      const ranMs = this.#options.ranMs()
      if (pacing.isOpen && pacing.nextMs > ranMs) return
      const running = free.shift()
      if (!running) return
      this.#running += 1
      const nowMs = this.#options.now()
      const dueMs = nowMs - ranMs + pacing.take(ranMs, clientsWaited)
      running.begin(this.#next(group, running.client), nowMs, dueMs)
    }
  }

  #next(group: Group, client: number): Operation {
    const fn = this.#functions.at(this.#random())
    const operation = this.#options.workload.operation(fn, group.draw.at(this.#random()), client)
    return fn === FN.read ? operation : replicated(operation, this.#options.options)
  }

  #onEnd(running: Running, group: Group, failed: boolean): void {
    this.#running -= 1
    if (this.#stopping) {
      if (this.#running === 0) this.#onIdle?.()
    } else if (failed && !group.pacing.isOpen) {
      setTimeout(() => {
        group.free.push(running)
        this.#serve(group, false)
      }, REST_AFTER_FAILURE_MS)
    } else {
      group.free.push(running)
      this.#serve(group, false)
    }
  }

  #recordUnsent(group: Group): void {
    const { history, now, ranMs } = this.#options
    const nowMs = now()
    const stoodStillMs = nowMs - ranMs()
    for (;;) {
      const dueMs = group.pacing.takeUnsent(nowMs - stoodStillMs - JUST_DUE_MS)
      if (dueMs === undefined) return
      const { fn, key, a, b } = this.#next(group, 0)
      history.failed(history.begin(fn, 0, key, a, b, nowMs, dueMs + stoodStillMs), 'unsent', NO_NODE, nowMs)
    }
  }
}

function drawOfFunctions(mix: LoadOptions['mix']): Draw {
  const weights = new Float64Array(Object.keys(FN).length)
  for (const [name, weight] of Object.entries(mix)) weights[FN[name as FunctionName]] = weight
  const used = [...weights.keys()].filter((fn) => (weights[fn] ?? 0) > 0)
  return new Draw(used, weights)
}

/** One client: what it has under way, and the record of it. */
class Running implements OperationListener, UnderWay {
  readonly client: number
  readonly #options: DriverOptions
  readonly #outages: OpenOutages
  readonly #onEnd: (running: Running, failed: boolean) => void
  isUnderWay = false
  slot = 0
  beganMs = 0
  #handle = 0
  #dueMs = 0

  constructor(
    client: number,
    options: DriverOptions,
    outages: OpenOutages,
    onEnd: (running: Running, failed: boolean) => void,
  ) {
    this.client = client
    this.#options = options
    this.#outages = outages
    this.#onEnd = onEnd
  }

  begin(operation: Operation, nowMs: number, dueMs: number): void {
    const { history, client } = this.#options
    const { fn, key, a, b } = operation
    this.isUnderWay = true
    this.slot = operation.slot
    this.beganMs = nowMs
    this.#dueMs = dueMs
    this.#handle = history.begin(fn, this.client, key, a, b, nowMs, dueMs)
    client.send(operation, this.client, this)
  }

  attempted(node: number, failure: FailureClass, indeterminate: boolean, startMs: number, endMs: number): void {
    this.#options.history.attempt(this.#handle, this.#numberOf(node), failure, indeterminate, startMs, endMs)
  }

  ok(r: number, node: number, atMs: number, fromReplica: boolean): void {
    const { history, bins } = this.#options
    history.ok(this.#handle, r, this.#numberOf(node), atMs, fromReplica ? FLAG.replica : 0)
    bins.ok(atMs - this.#dueMs, atMs)
    this.isUnderWay = false
    this.#outages.served(this, atMs)
    this.#onEnd(this, false)
  }

  failed(failure: FailureClass, indeterminate: boolean, node: number, atMs: number, r: number): void {
    const { history, bins } = this.#options
    if (indeterminate) history.indeterminate(this.#handle, failure, this.#numberOf(node), atMs, r)
    else history.failed(this.#handle, failure, this.#numberOf(node), atMs, r)
    bins.failed(failure, indeterminate, atMs)
    this.isUnderWay = false
    this.#outages.failed(this, failure, indeterminate, atMs)
    // A compare-and-set that found another value is a client's daily life.
    this.#onEnd(this, failure !== 'mismatch')
  }

  #numberOf(node: number): number {
    return this.#options.nodes[node] ?? NO_NODE
  }
}
