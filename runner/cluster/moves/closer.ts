import { messageOf } from '../../base/errors.ts'
import { poll } from '../../base/poll.ts'
import type { LiveCluster } from '../live-cluster.ts'
import { parseClusterNodes } from '../view-parser.ts'
import type { ClosePlan, SlotHolder } from './close-plan.ts'
import { bringKeys } from './doubled-keys.ts'
import { slotsIn } from './slot-numbers.ts'

/** Carries out what was decided about one open slot, step by step as `redis-cli --cluster fix` does it. */
export class Closer {
  readonly #slot: number
  readonly #plan: ClosePlan
  readonly #holders: readonly SlotHolder[]
  readonly #cluster: LiveCluster
  readonly #signal: AbortSignal
  readonly #haveHeard = new Set<string>()
  /** What the owner has claimed it with. */
  #epoch = 0

  constructor(
    slot: number,
    plan: ClosePlan,
    holders: readonly SlotHolder[],
    { cluster, signal }: { cluster: LiveCluster; signal: AbortSignal },
  ) {
    this.#slot = slot
    this.#plan = plan
    this.#holders = holders
    this.#cluster = cluster
    this.#signal = signal
  }

  /** Resolves with how many keys went from one node to another. Throws Error with the server's words. */
  async run(): Promise<number> {
    const { owner, claims, yield: yields, end } = this.#plan
    if (claims) await this.#claim(owner)
    for (const name of yields) await this.#yield(name, owner)
    if (end.do === 'gather') return await this.#gather(end.from, owner)
    if (end.do === 'finish') return await this.#finish(end.from, end.to, end.close)
    for (const name of end.nodes) await this.#set(name, 'STABLE')
    return 0
  }

  /**
   * Owner from now on, whatever views say: of a new epoch, so that all believe it. It has that before the slot, and not
   * afterwards as redis-cli has it do: in between, a ping of the old owner would take the slot back, and keys in it be
   * deleted (`clusterUpdateSlotsConfigWith`, cluster.c, Redis 7.0; seen with Valkey 9.1). One that owns the slot does not
   * give it up first either: a target of Valkey that hears of that moment ends its import, and the keys that the owner still
   * has are deleted as those of another's slot.
   */
  async #claim(name: string): Promise<void> {
    const { client } = this.#cluster.node(name)
    await this.#set(name, 'STABLE')
    this.#epoch = Number(/\d+/.exec(String(await client.call('CLUSTER', 'BUMPEPOCH')))?.[0])
    if (!this.#owned(name)) await this.#take(name)
  }

  /** A ping of the old owner may come between: then the slot is taken from it once more. */
  async #take(name: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#giveUp(name)
      try {
        await this.#cluster.node(name).client.call('CLUSTER', 'ADDSLOTS', this.#slot)
        return
      } catch (error) {
        if (attempt === TAKES || !messageOf(error).includes('already busy')) throw error
      }
    }
  }

  /**
   * Only one that owns it has to give it up, to be told of another owner while it has keys: while a node knows no owner of a
   * slot, what it says of the real one lacks that slot. A replica that believes it still does so when it is elected, and may
   * give the slot back to the master that it has replaced (owner_not_claiming_slot, cluster.c, Redis 7.0).
   */
  async #yield(name: string, owner: string): Promise<void> {
    if (this.#owned(name)) await this.#giveUp(name)
    await this.#set(name, 'NODE', owner)
    await this.#openWhereKeys(name, owner)
  }

  /**
   * Opens the slot on a node that has keys of it: they are seen to be there for as long as they are, and MIGRATE may take
   * them away. One that has none stays closed.
   */
  async #openWhereKeys(name: string, owner: string): Promise<void> {
    const { client } = this.#cluster.node(name)
    const planned = this.#holders.find((one) => one.name === name)?.keys ?? 0
    if (planned === 0 && Number(await client.call('CLUSTER', 'COUNTKEYSINSLOT', this.#slot)) === 0) return
    await this.#import(name, owner)
  }

  /**
   * Where the owner has only just claimed the slot, the node must have heard of that first: Valkey takes a slot that it
   * imports from somebody whose packet does not claim it, with a new epoch, and the keys of the other are deleted. A
   * packet from before the claim may come late (8.1, seen).
   */
  async #import(name: string, owner: string): Promise<void> {
    if (this.#plan.claims) await this.#hear(name, owner)
    await this.#set(name, 'IMPORTING', owner)
  }

  async #hear(name: string, owner: string): Promise<void> {
    if (this.#haveHeard.has(name)) return
    await this.#set(name, 'STABLE')
    const hasTaken = !this.#owned(owner)
    // A slot that has no owner goes to who claims it in a packet; of another owner, any packet of the new epoch will do.
    if (hasTaken) await this.#giveUp(name)
    const look = async () => ({ ok: await this.#hasHeard(name, owner), seen: '' })
    const waits = { clock: this.#cluster.clock, signal: this.#signal, withinMs: HEARS_WITHIN_MS, everyMs: TRY_EVERY_MS }
    const heard = await poll(look, waits).catch(async (error: unknown) => {
      await this.#set(name, 'NODE', owner)
      throw error
    })
    if (!heard.ok) {
      await this.#set(name, 'NODE', owner)
      throw new Error(`${name} did not hear within ${HEARS_WITHIN_MS / 1000} s that ${owner} owns it`)
    }
    this.#haveHeard.add(name)
  }

  async #hasHeard(name: string, owner: string): Promise<boolean> {
    const view = parseClusterNodes(String(await this.#cluster.node(name).client.call('CLUSTER', 'NODES')), name)
    const id = this.#holders.find((one) => one.name === owner)?.id
    const seen = view.nodes.find((node) => node.id === id)
    return seen !== undefined && seen.configEpoch >= this.#epoch && slotsIn(seen.slots).includes(this.#slot)
  }

  /** Before any of this was done. */
  #owned(name: string): boolean {
    return this.#holders.some((one) => one.name === name && one.owns)
  }

  /** A node that knows no owner of the slot says so; it then has nothing to give up. */
  async #giveUp(name: string): Promise<void> {
    await this.#cluster
      .node(name)
      .client.call('CLUSTER', 'DELSLOTS', this.#slot)
      .catch((error: Error) => {
        if (!error.message.includes('already unassigned')) throw error
      })
  }

  async #gather(from: readonly string[], owner: string): Promise<number> {
    let keys = 0
    for (const name of from) {
      await this.#set(name, 'NODE', owner)
      await this.#openWhereKeys(name, owner)
      keys += await this.#bring(name, owner)
      await this.#set(name, 'STABLE')
    }
    await this.#tellOthers(owner, [owner])
    return keys
  }

  async #finish(from: string, to: string, close: readonly string[]): Promise<number> {
    await this.#set(to, 'NODE', from)
    await this.#import(to, from)
    await this.#set(from, 'MIGRATING', to)
    const keys = await this.#bring(from, to)
    await this.#set(to, 'NODE', to)
    await this.#set(from, 'NODE', to)
    await this.#tellOthers(to, [from, to])
    for (const name of close) await this.#set(name, 'STABLE')
    return keys
  }

  async #bring(from: string, to: string): Promise<number> {
    const { clock } = this.#cluster
    const untilMs = clock.nowMs() + SERVES_WITHIN_MS
    for (;;) {
      try {
        return await bringKeys(this.#cluster, this.#slot, from, to)
      } catch (error) {
        if (!messageOf(error).includes('CLUSTERDOWN') || clock.nowMs() >= untilMs) throw error
        await clock.sleep(TRY_EVERY_MS)
      }
    }
  }

  async #tellOthers(owner: string, known: readonly string[]): Promise<void> {
    for (const { name } of this.#holders) if (!known.includes(name)) await this.#set(name, 'NODE', owner)
  }

  /** NODE before anything else: who waits for a slot from one that was replaced since knows no owner of it. */
  async #set(name: string, state: 'STABLE' | 'NODE' | 'IMPORTING' | 'MIGRATING', peer?: string): Promise<void> {
    const id = this.#holders.find((one) => one.name === peer)?.id
    const words = [this.#slot, state, ...(id === undefined ? [] : [id])]
    await this.#cluster.node(name).client.callWithin(ANSWER_WITHIN_MS, 'CLUSTER', 'SETSLOT', ...words)
  }
}

/**
 * A master that gave a slot up serves no keys while nobody owns that slot, and up to 5 s longer where it had lost sight of
 * others just before (clusterUpdateState, cluster.c, Redis 7.0), ms.
 */
const SERVES_WITHIN_MS = 8000
const TRY_EVERY_MS = 50

/** A node is pinged after half its node timeout at the latest (clusterCron, cluster.c, Redis 7.0), which is 15 s by default. */
const HEARS_WITHIN_MS = 15_000

/** So often a slot is taken that another owner's ping had just given back to it. */
const TAKES = 5

/** Valkey waits up to 2 s until its replicas know of a SETSLOT (cluster_legacy.c, Valkey 8.0), ms. */
const ANSWER_WITHIN_MS = 10_000
