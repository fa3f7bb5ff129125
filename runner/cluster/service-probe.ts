import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { ServiceObservation } from '../record/observations.ts'
import type { NodeClient } from './node-client.ts'
import { errorClass, parseMoved } from './reply-errors.ts'
import { slotOfKey } from './slots.ts'
import type { SlotRange } from './view.ts'

/** A shard as it is when probing begins. */
interface ProbedShard {
  /** 1-based. */
  number: number
  slots: readonly SlotRange[]
  /** Its members, the master first. */
  nodes: readonly string[]
}

/** A connection to a node. */
export type ProbeClient = Pick<NodeClient, 'name' | 'callWithin' | 'close'>

export interface ServiceProbeOptions {
  shards: readonly ProbedShard[]
  /** A connection of its own to every node that there is at the time: writes that hang must not hold up anything else. */
  clients: readonly ProbeClient[]
  clock: Clock
  /** The runner's name for an address of a MOVED that `asked` gave; an empty host is the one that was asked. */
  nameOfAddress(host: string, port: number, asked: string): string | undefined
  /** Pause between two writes to a shard, in ms, asked after each. */
  everyMs(): number
  /** Called with the first outcome of each shard and with each change. Times are of the clock itself. */
  onChange(change: ServiceObservation): void
}

/**
 * A write without an answer within this time counts as refused: long for a server on the same machine, short for an
 * outage.
 */
const ANSWER_WITHIN_MS = 500
/** A node that could not be connected to is left alone this long, ms: connecting in vain costs more than any write. */
const IN_VAIN_EVERY_MS = 100

/**
 * Tries a write on one slot of each shard again and again, as a client would that knows every node, and tells when it
 * begins to be refused, to be served again, or to be served by another node. The write is a SET … XX of a key that is
 * not there: servers check, pause, redirect and refuse it as any write, and it changes nothing: no key, no replication
 * offset, no append to a file. The returned function ends the probing and closes the connections.
 */
export function probeService(options: ServiceProbeOptions): () => void {
  const stopped = new AbortController()
  for (const shard of options.shards) void new ShardProbe(shard, options, stopped.signal).run()
  return () => {
    stopped.abort()
    for (const client of options.clients) client.close()
  }
}

interface Outcome {
  node: string
  sentMs: number
  doneMs: number
  /** Absent when it was served. */
  error?: unknown
}

class ShardProbe {
  readonly #options: ServiceProbeOptions
  readonly #stopped: AbortSignal
  readonly #shard: number
  readonly #key: string
  /** Nodes that may serve the slot. */
  readonly #members: Set<string>
  /** Nodes that have not answered yet. */
  readonly #asked = new Set<string>()
  /** Until when nodes that could not be connected to are left alone, on the clock. */
  readonly #leftUntilMs = new Map<string, number>()
  #owner: string
  /** Where the next node that is none of these is taken from. */
  #nextOther = 0
  /** Undefined before the first outcome. */
  #served: boolean | undefined
  /** When the last write was over: when its answer came; without one, when it was sent. */
  #lastMs: number
  /** Since when nobody serves, and when each node's own last write of that time was over. */
  #refusedFromMs = 0
  readonly #refusedMs = new Map<string, number>()

  constructor(shard: ProbedShard, options: ServiceProbeOptions, stopped: AbortSignal) {
    this.#options = options
    this.#stopped = stopped
    this.#shard = shard.number
    this.#key = probeKey(shard.slots)
    this.#members = new Set(shard.nodes)
    this.#owner = shard.nodes[0] ?? ''
    this.#lastMs = options.clock.nowMs()
  }

  async run(): Promise<void> {
    while (!this.#stopped.aborted) {
      if (this.#served === false) this.#askAll()
      else this.#learn(await this.#write(this.#owner))
      await this.#options.clock.sleep(this.#options.everyMs(), this.#stopped).catch(() => undefined)
    }
  }

  /** Every node for itself: one that hangs must not keep the probe from seeing that another serves. */
  #askAll(): void {
    for (const node of this.#members) this.#ask(node, (outcome) => this.#learn(outcome))
    const other = this.#otherNode()
    // It has no say in whether the shard is served: it is asked who has the slot.
    if (other !== undefined) this.#ask(other, (outcome) => outcome.error === undefined && this.#learn(outcome))
  }

  #ask(node: string, learn: (outcome: Outcome) => void): void {
    const { clock } = this.#options
    if (this.#asked.has(node) || (this.#leftUntilMs.get(node) ?? 0) > clock.nowMs()) return
    this.#asked.add(node)
    void this.#write(node).then((outcome) => {
      this.#asked.delete(node)
      if (errorClass(outcome.error) === 'refused') this.#leftUntilMs.set(node, clock.nowMs() + IN_VAIN_EVERY_MS)
      // Shard is served again by another since: what this one says of the past is no news.
      if (this.#served !== false) return
      learn(outcome)
      if (outcome.error !== undefined) this.#refusedMs.set(node, overAt(outcome))
    })
  }

  /** One after the other: the shard may have been taken over by a replica that joined it later, from elsewhere. */
  #otherNode(): string | undefined {
    const others = this.#options.clients.map(({ name }) => name).filter((name) => !this.#members.has(name))
    this.#nextOther += 1
    return others[this.#nextOther % Math.max(others.length, 1)]
  }

  #learn(outcome: Outcome): void {
    if (this.#stopped.aborted) return
    const served = outcome.error === undefined
    const isNews = served !== this.#served || (served && outcome.node !== this.#owner)
    const overMs = overAt(outcome)
    if (isNews) {
      this.#options.onChange({
        shard: this.#shard,
        slot: slotOfKey(this.#key),
        served,
        ...(served ? { node: outcome.node } : { error: errorClass(outcome.error), text: messageOf(outcome.error) }),
        afterMs: Math.min(this.#ofBefore(outcome.node, served), overMs),
        seenMs: overMs,
      })
    }
    if (!served && this.#served !== false) {
      this.#refusedFromMs = overMs
      this.#refusedMs.clear()
    }
    this.#served = served
    this.#lastMs = Math.max(this.#lastMs, overMs)
    if (served) this.#owner = outcome.node
  }

  /**
   * When the last write ended that went the other way. Where nobody served, all nodes were asked side by side: that
   * others refused a moment before says nothing of the one that serves, which may have done so since its own refusal.
   */
  #ofBefore(node: string, served: boolean): number {
    if (!served || this.#served !== false) return this.#lastMs
    return this.#refusedMs.get(node) ?? this.#refusedFromMs
  }

  /** Follows one redirection to a node that is not asked anyway. */
  async #write(name: string, followed = false): Promise<Outcome> {
    const { clock } = this.#options
    const sentMs = clock.nowMs()
    const outcome = (error?: unknown): Outcome => ({
      node: name,
      sentMs,
      doneMs: clock.nowMs(),
      ...(error === undefined ? {} : { error }),
    })
    const client = this.#options.clients.find((one) => one.name === name)
    if (!client) return outcome(new Error(`no connection to ${name}`))
    try {
      await client.callWithin(ANSWER_WITHIN_MS, 'SET', this.#key, 'probe', 'XX')
      return outcome()
    } catch (error) {
      // The slot is being moved, and clients are sent on: it is served.
      if (errorClass(error) === 'ASK') return outcome()
      const target = this.#redirection(error, name)
      if (target === undefined) return outcome(error)
      this.#members.add(target)
      return followed || this.#served === false ? outcome(error) : this.#write(target, true)
    }
  }

  #redirection(error: unknown, asked: string): string | undefined {
    const moved = parseMoved(error)
    const target = moved && this.#options.nameOfAddress(moved.host, moved.port, asked)
    return target === asked ? undefined : target
  }
}

/** When a write was over: when its answer came; without one, when it was sent. */
function overAt({ error, sentMs, doneMs }: Outcome): number {
  return errorClass(error) === 'timeout' ? sentMs : doneMs
}

/** A key of the runner's own in one of the slots. */
function probeKey(slots: readonly SlotRange[]): string {
  for (let number = 0; ; number += 1) {
    const key = `redis-chaos:probe:${number}`
    const slot = slotOfKey(key)
    if (slots.some(([first, last]) => slot >= first && slot <= last)) return key
  }
}
