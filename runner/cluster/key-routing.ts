import { onAbort } from '../base/on-abort.ts'
import type { AgreedView } from './agreed-view.ts'
import type { LiveCluster, LiveNode } from './live-cluster.ts'
import type { Command } from './node-client.ts'
import { type ErrorClass, errorClass, isIndeterminate, parseMoved, Unreachable } from './reply-errors.ts'
import { tagOfSlot } from './slot-tags.ts'
import { SLOT_COUNT, slotOfKey } from './slots.ts'

export interface KeyedCommand {
  key: string
  command: Command
}

export interface KeyedReply {
  /** Place in the commands that were given. */
  index: number
  key: string
  /** The node that gave the reply or the error; absent if no node owns the key's slot. */
  node?: string
  /** How often the command was sent: 0 (it never was), 1, or 2 (a MOVED was followed). */
  attempts: number
  reply?: unknown
  /** Present instead of `reply`. `indeterminate`: the command may have been carried out all the same. */
  error?: { class: ErrorClass; message: string; indeterminate: boolean }
}

export interface SendOptions {
  /** Called once for each command, in no particular order. */
  onReply: (reply: KeyedReply) => void
  /** Commands of one round trip. Default 500. */
  chunk?: number
  /** Limit for one round trip, in ms. Default 5000. */
  timeoutMs?: number
  /** Aborting rejects with its reason; replies still under way are dropped. */
  signal?: AbortSignal
}

/** Round trips under way at one node at once. */
const LANES_PER_NODE = 2

interface Pending extends KeyedCommand {
  index: number
}

/**
 * Sends each command to the master of its key's slot in the agreed view, in pipelines, to all masters at once; takes
 * the commands from the iterable only as fast as they are sent. One MOVED is followed, to the node it names; nothing
 * else is sent twice. When a node is silent for a whole round trip, what was still meant for it is not sent (`attempts:
 * 0`), so that one paused node does not cost a time-out for each chunk.
 */
export async function sendByKey(
  cluster: LiveCluster,
  agreed: AgreedView,
  commands: Iterable<KeyedCommand>,
  options: SendOptions,
): Promise<void> {
  const sender = new Sender(cluster, options)
  let index = 0
  for (const { key, command } of commands) {
    const owner = agreed.ownerOf(slotOfKey(key))
    const pending = { key, command, index }
    index += 1
    if (owner === undefined || !cluster.has(owner)) {
      const message = `no known node owns slot ${slotOfKey(key)}`
      options.onReply({
        index: pending.index,
        key,
        attempts: 0,
        error: { class: 'other', message, indeterminate: false },
      })
    } else if (sender.add(owner, pending)) await sender.makeRoom(owner)
  }
  await sender.finish()
}

class Sender {
  readonly #cluster: LiveCluster
  readonly #options: SendOptions
  readonly #chunk: number
  readonly #waiting = new Map<string, Pending[]>()
  readonly #lanes = new Map<string, Set<Promise<void>>>()
  readonly #silent = new Map<string, Unreachable>()

  constructor(cluster: LiveCluster, options: SendOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#chunk = options.chunk ?? 500
  }

  /** True when a chunk is full. */
  add(node: string, pending: Pending): boolean {
    const waiting = this.#waiting.get(node)
    if (waiting) waiting.push(pending)
    else this.#waiting.set(node, [pending])
    return (waiting?.length ?? 1) >= this.#chunk
  }

  /** Sends what waits for the node, when one of its lanes is free. */
  async makeRoom(name: string): Promise<void> {
    this.#options.signal?.throwIfAborted()
    const lanes = this.#lanes.get(name) ?? new Set<Promise<void>>()
    this.#lanes.set(name, lanes)
    while (lanes.size >= LANES_PER_NODE) await this.#orAborted(Promise.race(lanes))
    const batch = this.#waiting.get(name) ?? []
    this.#waiting.set(name, [])
    const lane = this.#send(name, batch).finally(() => lanes.delete(lane))
    lanes.add(lane)
  }

  async finish(): Promise<void> {
    const started = [...this.#waiting].filter(([, waiting]) => waiting.length > 0).map(([name]) => this.makeRoom(name))
    await Promise.all(started)
    await this.#orAborted(Promise.all([...this.#lanes.values()].flatMap((lanes) => [...lanes])))
  }

  async #send(name: string, batch: readonly Pending[]): Promise<void> {
    const node = this.#cluster.node(name)
    const moved = new Map<string, Pending[]>()
    for (const [pending, reply] of await this.#roundTrip(node, batch, 1)) {
      const target = this.#followed(node, reply)
      if (target === undefined) this.#report(name, pending, 1, reply)
      else moved.set(target, [...(moved.get(target) ?? []), pending])
    }
    await Promise.all(
      [...moved].map(async ([target, commands]) => {
        const replies = await this.#roundTrip(this.#cluster.node(target), commands, 2)
        for (const [pending, reply] of replies) this.#report(target, pending, 2, reply)
      }),
    )
  }

  /** Pairs of command and reply; commands for a node known to be silent are reported and left out. */
  async #roundTrip(node: LiveNode, batch: readonly Pending[], attempt: number): Promise<[Pending, unknown][]> {
    const silent = this.#silent.get(node.name)
    if (silent) {
      const error = { class: errorClass(silent), message: `not sent: ${silent.message}`, indeterminate: false }
      for (const { index, key } of batch) {
        this.#options.onReply({ index, key, node: node.name, attempts: attempt - 1, error })
      }
      return []
    }
    const replies = await node.data.pipeline(
      batch.map((pending) => pending.command),
      this.#options.timeoutMs ?? 5000,
    )
    const timeout = replies.find((reply) => reply instanceof Unreachable && reply.kind === 'timeout')
    if (timeout instanceof Unreachable) this.#silent.set(node.name, timeout)
    return batch.map((pending, index) => [pending, replies[index]])
  }

  #followed(asked: LiveNode, reply: unknown): string | undefined {
    const moved = parseMoved(reply)
    return moved && this.#cluster.nameOfAddress(moved.host === '' ? asked.host : moved.host, moved.port)
  }

  #report(node: string, { index, key }: Pending, attempts: number, reply: unknown): void {
    if (this.#options.signal?.aborted) return
    if (!(reply instanceof Error)) this.#options.onReply({ index, key, node, attempts, reply })
    else {
      const error = { class: errorClass(reply), message: reply.message, indeterminate: isIndeterminate(reply) }
      this.#options.onReply({ index, key, node, attempts, error })
    }
  }

  async #orAborted(work: Promise<unknown>): Promise<void> {
    const { signal } = this.#options
    if (!signal) {
      await work
      return
    }
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const stopListening = onAbort(signal, () => reject(signal.reason))
      work.then(() => resolve(), reject).finally(stopListening)
    })
  }
}

/** So many names are tried for plain keys, at most about: under two seconds. */
const MOST_TRIES = 4_000_000

/**
 * `count` keys `<prefix>:<number>` (numbers ascending, not always without gaps) that give every shard its share: in
 * proportion to its slots, and at least one key each when there are as many keys as shards. Where the slots are so few
 * that such keys would have to be searched for long, keys are put there by hash tags: `<prefix>:{<tag>}:<number>`.
 * Deterministic for the same shards.
 */
export function* spreadKeys(
  prefix: string,
  count: number,
  shards: readonly Pick<AgreedView['shards'][number], 'slots'>[],
): Generator<string> {
  const slots = slotsOf(shards)
  if (count * SLOT_COUNT > MOST_TRIES * slots.length) yield* taggedKeys(prefix, count, slots)
  else yield* plainKeys(prefix, count, shards)
}

function slotsOf(shards: readonly Pick<AgreedView['shards'][number], 'slots'>[]): number[] {
  return shards.flatMap(({ slots }) =>
    slots.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, place) => first + place)),
  )
}

/** Keys in each slot in turn. */
function* taggedKeys(prefix: string, count: number, slots: readonly number[]): Generator<string> {
  if (slots.length === 0) return
  for (let number = 0; number < count; number += 1) {
    yield `${prefix}:{${tagOfSlot(slots[number % slots.length] ?? 0)}}:${number}`
  }
}

function* plainKeys(
  prefix: string,
  count: number,
  shards: readonly Pick<AgreedView['shards'][number], 'slots'>[],
): Generator<string> {
  const left = shares(
    count,
    shards.map(({ slots }) => slots.reduce((sum, [first, last]) => sum + last - first + 1, 0)),
  )
  const shardOfSlot = new Int16Array(SLOT_COUNT).fill(-1)
  shards.forEach(({ slots }, index) => {
    for (const [first, last] of slots) shardOfSlot.fill(index, first, last + 1)
  })
  let remaining = left.reduce((sum, share) => sum + share, 0)
  for (let number = 0; remaining > 0; number += 1) {
    const key = `${prefix}:${number}`
    const shard = shardOfSlot[slotOfKey(key)] ?? -1
    const share = left[shard] ?? 0
    if (share > 0) {
      left[shard] = share - 1
      remaining -= 1
      yield key
    }
  }
}

/**
 * Splits `count` in proportion to the weights (largest remainder), with 1 as the least for each weight above 0 where
 * there is enough.
 */
function shares(count: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total === 0) return weights.map(() => 0)
  const owners = weights.filter((weight) => weight > 0).length
  const least = count >= owners ? 1 : 0
  const spare = count - least * owners
  const exact = weights.map((weight) => (spare * weight) / total)
  const split = exact.map((share, index) => Math.floor(share) + ((weights[index] ?? 0) > 0 ? least : 0))
  const byRest = exact.map((share, index) => ({ index, rest: share % 1 })).sort((a, b) => b.rest - a.rest)
  const missing = count - split.reduce((sum, share) => sum + share, 0)
  for (const { index } of byRest.slice(0, missing)) split[index] = (split[index] ?? 0) + 1
  return split
}
