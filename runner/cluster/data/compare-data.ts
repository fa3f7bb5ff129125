import { messageOf } from '../../base/errors.ts'
import type { LiveCluster, Snapshot } from '../live-cluster.ts'
import type { SlotRange } from '../view.ts'
import { ShardComparison } from './compare-shard.ts'
import { DataNode, Incomplete } from './data-node.ts'
import type { DataDifference, FoundDifference } from './difference.ts'
import { findHiddenKeys, findMisplacedKeys, type Holder } from './misplaced-keys.ts'
import { takeOverview } from './overview.ts'

export interface CompareOptions {
  /** How long all of it may take, in ms. What is not compared then is incomplete. */
  withinMs: number
  /** How long a replica may take to apply what its master has written, in ms. Default 5000. */
  syncWithinMs?: number
  /** How many differences are named; all are counted. Default 100. */
  limit?: number
  /** Nodes that are down on purpose: the others are compared without them. */
  absent?: readonly string[]
  /** Aborting rejects the comparison with the signal's reason. */
  signal?: AbortSignal
}

export interface DataComparison {
  /** On the masters, in slots of their own. */
  keys: number
  /** All of them, also those that could not be compared. */
  shards: number
  tookMs: number
  /** By shard, node and slot. */
  differences: DataDifference[]
  /** Differences beyond the limit, which are not named. */
  unnamed: number
  /** What could not be compared and why, a sentence each: that no difference was found there means nothing. */
  incomplete: string[]
}

const SYNC_WITHIN_MS = 5000
const LIMIT = 100

/**
 * Compares the data of each replica with its master's, and looks for keys on nodes that do not own their slots: all
 * types, the times at which keys and hash fields expire, and functions. Servers digest their own slots; only what
 * differs is looked at key by key, and counts once two looks in a row have found it the same. It is meant for a time
 * when nobody writes: keys that go on changing make it incomplete. It only reads, on connections of its own. Rejects
 * with the signal's reason only.
 */
export async function compareData(
  cluster: LiveCluster,
  snapshot: Snapshot,
  options: CompareOptions,
): Promise<DataComparison> {
  const comparison = new Comparison(cluster, snapshot, options)
  try {
    return await comparison.run()
  } finally {
    comparison.close()
  }
}

class Comparison {
  readonly #cluster: LiveCluster
  readonly #snapshot: Snapshot
  readonly #options: CompareOptions
  readonly #limit: number
  readonly #startMs: number
  /** Slots on the move, whose keys may be on either node. */
  readonly #moving: ReadonlySet<number>
  readonly #connections: { close(): void }[] = []
  readonly #incomplete = new Set<string>()
  readonly #found: FoundDifference[] = []
  #unnamed = 0

  constructor(cluster: LiveCluster, snapshot: Snapshot, options: CompareOptions) {
    this.#cluster = cluster
    this.#snapshot = snapshot
    this.#options = options
    this.#limit = options.limit ?? LIMIT
    this.#startMs = cluster.clock.ranMs()
    this.#moving = movingSlots(snapshot)
  }

  async run(): Promise<DataComparison> {
    if (this.#moving.size > 0) {
      this.#incomplete.add(`keys of slots on the move were not compared: ${[...this.#moving].join(', ')}`)
    }
    const { shards } = this.#snapshot.agreed
    const [keys] = await Promise.all([
      Promise.all(shards.map((shard) => this.#compareShard(shard))),
      ...this.#mastersWithoutSlots().map((name) => this.#checkMasterWithoutSlots(name)),
    ])
    const found = this.#found.sort(byPlace)
    return {
      keys: keys.reduce((sum, ofShard) => sum + ofShard, 0),
      shards: shards.length,
      differences: await this.#describe(found.slice(0, this.#limit)),
      unnamed: this.#unnamed + Math.max(found.length - this.#limit, 0),
      incomplete: [...this.#incomplete],
      tookMs: this.#cluster.clock.ranMs() - this.#startMs,
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  /** Resolves with how many keys it has. */
  async #compareShard(shard: Snapshot['agreed']['shards'][number]): Promise<number> {
    const names = [shard.master, ...shard.replicas]
    for (const name of names.filter((one) => !this.#cluster.has(one))) {
      this.#incomplete.add(`shard ${shard.number}: ${name} is no node of this run`)
    }
    const absent = this.#options.absent ?? []
    const isThere = (name: string) => this.#cluster.has(name) && !absent.includes(name)
    if (!isThere(shard.master)) return 0
    const replicas = shard.replicas.filter(isThere)
    const comparison = new ShardComparison(
      shard,
      { master: this.#node(shard.master), replicas: replicas.map((name) => this.#node(name)) },
      { syncWithinMs: this.#options.syncWithinMs ?? SYNC_WITHIN_MS, moving: this.#moving },
    )
    await comparison.run()
    this.#found.push(...comparison.found)
    for (const reason of comparison.incomplete) this.#incomplete.add(reason)
    for (const [node, overview] of comparison.overviews) {
      await this.#addMisplaced({ node, overview, shard }, shard.slots)
    }
    return comparison.keys
  }

  #mastersWithoutSlots(): string[] {
    const { agreed, reports } = this.#snapshot
    const owners = new Set(agreed.shards.map(({ master }) => master))
    return [...reports.keys()].filter((name) => agreed.roleOf(name) === 'master' && !owners.has(name))
  }

  async #checkMasterWithoutSlots(name: string): Promise<void> {
    const node = this.#node(name)
    await this.#orIncomplete(async () => {
      const overview = await takeOverview(node, [])
      await this.#addMisplaced({ node, overview, shard: { number: 0, master: name } }, [])
    })
  }

  async #addMisplaced(holder: Holder, own: readonly SlotRange[]): Promise<void> {
    const isFine = (slot: number) =>
      this.#moving.has(slot) || own.some(([first, last]) => slot >= first && slot <= last)
    await this.#orIncomplete(async () => {
      const { named, unnamed } = await findMisplacedKeys(holder, isFine, this.#limit)
      this.#found.push(...named)
      this.#unnamed += unnamed
      await this.#addHidden(holder)
    })
  }

  /** While slots are on the move, a server may hide keys that it is to serve soon. */
  async #addHidden(holder: Holder): Promise<void> {
    const hidden = this.#moving.size > 0 ? [] : findHiddenKeys(holder)
    if (hidden.length === 0) return
    const { name } = holder.node
    if (await this.#isTrimming(name)) {
      throw new Incomplete(`${name} was still removing keys of slots that it had given away`)
    }
    this.#found.push(...hidden)
  }

  /** CLUSTER INFO of Redis 8.4 and later. Throws Incomplete. */
  async #isTrimming(name: string): Promise<boolean> {
    const info = await this.#cluster
      .node(name)
      .client.call('CLUSTER', 'INFO')
      .catch((error: unknown) => {
        throw new Incomplete(`${name} does not say whether it is removing keys: ${messageOf(error)}`)
      })
    return /^cluster_slot_migration_active_trim_running:[1-9]/m.test(String(info))
  }

  async #describe(found: readonly FoundDifference[]): Promise<DataDifference[]> {
    const differences: DataDifference[] = []
    for (const { explain, ...difference } of found) {
      let detail = 'it could not be read again'
      await this.#orIncomplete(async () => {
        detail = await explain()
      })
      differences.push({ ...difference, detail })
    }
    return differences
  }

  async #orIncomplete(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error
      this.#incomplete.add(error.message)
    }
  }

  #node(name: string): DataNode {
    const client = this.#cluster.connectReader(name)
    this.#connections.push(client)
    const deadlineMs = this.#startMs + this.#options.withinMs
    return new DataNode({ client, clock: this.#cluster.clock, deadlineMs, signal: this.#options.signal })
  }
}

/** `[77->-id]` and `[77-<-id]` in the views of any node. */
function movingSlots({ reports }: Snapshot): Set<number> {
  const open = [...reports.values()].flatMap(({ view }) => view.nodes.flatMap((node) => node.openSlots))
  return new Set(open.map((text) => Number(/^\[(\d+)-/.exec(text)?.[1])).filter((slot) => !Number.isNaN(slot)))
}

function byPlace(one: FoundDifference, other: FoundDifference): number {
  return (
    one.shard - other.shard ||
    (one.replica ?? '').localeCompare(other.replica ?? '') ||
    (one.slot ?? -1) - (other.slot ?? -1) ||
    (one.key ?? one.library ?? '').localeCompare(other.key ?? other.library ?? '')
  )
}
