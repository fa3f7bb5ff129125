import type { Shard } from '../agreed-view.ts'
import { compareReplica, isCrowded } from './compare-replica.ts'
import type { ConfirmedDifference } from './confirm.ts'
import { type DataNode, Incomplete, type Scope } from './data-node.ts'
import { detailOf } from './detail.ts'
import type { FoundDifference } from './difference.ts'
import { compareFunctions } from './functions.ts'
import { type Overview, scopeOf, takeOverview } from './overview.ts'
import type { Pair } from './pair.ts'
import { awaitReplication, type ReplicationPoint } from './replication-point.ts'
import { digestSlots } from './slot-digests.ts'
import { shown, slotOf } from './wire.ts'

export interface ShardOptions {
  /** How long a replica may take to catch up, in ms. */
  syncWithinMs: number
  /** Slots on the move: their keys are not compared. */
  moving: ReadonlySet<number>
}

export interface ShardNodes {
  master: DataNode
  replicas: readonly DataNode[]
}

/** A replica that has caught up, and what it holds. */
interface CaughtUp {
  pair: Pair
  overview: Overview
  point: ReplicationPoint
}

/** The replicas of one shard and its master. */
export class ShardComparison {
  readonly shard: Shard
  /** Keys of the shard's own slots, on its master. */
  keys = 0
  /** What each node holds that could be compared. */
  readonly overviews = new Map<DataNode, Overview>()
  readonly found: FoundDifference[] = []
  /** Why replicas, or all of them, could not be compared, or not to the end. */
  readonly incomplete: string[] = []
  readonly #nodes: ShardNodes
  readonly #options: ShardOptions

  constructor(shard: Shard, nodes: ShardNodes, options: ShardOptions) {
    this.shard = shard
    this.#nodes = nodes
    this.#options = options
  }

  /** Rejects with the signal's reason only: a node that gives no answer makes the comparison incomplete. */
  async run(): Promise<void> {
    await this.#attempt(async () => {
      const { master, replicas } = this.#nodes
      const overview = await takeOverview(master, this.shard.slots)
      this.overviews.set(master, overview)
      for (const database of overview.databases.keys()) {
        for (const keys of this.#ownSlots([overview], database).values()) this.keys += keys
      }
      const caughtUp: CaughtUp[] = []
      await this.#attemptEach(replicas, async (replica) => {
        caughtUp.push(await this.#catchUp({ master, replica }))
      })
      if (caughtUp.length > 0) await this.#compareAll(overview, caughtUp)
    })
  }

  async #catchUp(pair: Pair): Promise<CaughtUp> {
    const point = await awaitReplication(pair.master, pair.replica, this.#options.syncWithinMs)
    const overview = await takeOverview(pair.replica, this.shard.slots)
    this.overviews.set(pair.replica, overview)
    return { pair, point, overview }
  }

  async #compareAll(ofMaster: Overview, replicas: readonly CaughtUp[]): Promise<void> {
    const overviews = [ofMaster, ...replicas.map(({ overview }) => overview)]
    const databases = new Set(overviews.flatMap((overview) => [...overview.databases.keys()]))
    for (const database of databases) await this.#compareDatabase(scopeOf(database, overviews), overviews, replicas)
    await this.#attemptEach(replicas, async ({ pair, overview, point }) => {
      if (ofMaster.hasFunctions && overview.hasFunctions) await this.#compareFunctions(pair, point)
    })
  }

  async #compareDatabase(scope: Scope, overviews: readonly Overview[], replicas: readonly CaughtUp[]): Promise<void> {
    const keysBySlot = this.#ownSlots(overviews, scope.database)
    const listed = [...keysBySlot].filter(([, keys]) => !isCrowded(keys)).map(([slot]) => slot)
    const ofMaster = digestSlots(this.#nodes.master, scope, listed)
    await this.#attemptEach(replicas, async ({ pair }) => {
      const slots = { keysBySlot, ofMaster }
      const confirmed = await compareReplica(pair, scope, slots, this.#options.syncWithinMs)
      this.found.push(...confirmed.map((one) => this.#foundKey(pair, scope, one)))
    })
  }

  async #compareFunctions(pair: Pair, point: ReplicationPoint): Promise<void> {
    for (const { library, detail } of await compareFunctions(pair)) {
      this.found.push({
        kind: 'function differs',
        ...this.#where(pair),
        library,
        ...point,
        explain: async () => detail,
      })
    }
  }

  #foundKey(pair: Pair, scope: Scope, difference: ConfirmedDifference): FoundDifference {
    const { key, kind, point } = difference
    return {
      kind,
      ...this.#where(pair),
      key: shown(key),
      slot: slotOf(key),
      ...(scope.database === 0 ? {} : { database: scope.database }),
      ...point,
      explain: () => detailOf(pair, scope, difference),
    }
  }

  #where({ master, replica }: Pair): Pick<FoundDifference, 'shard' | 'master' | 'replica'> {
    return { shard: this.shard.number, master: master.name, replica: replica.name }
  }

  /** Keys of each of the shard's slots that is not on the move, on the node that has the most. */
  #ownSlots(overviews: readonly Overview[], database: number): Map<number, number> {
    const own = new Map<number, number>()
    for (const { databases } of overviews) {
      for (const [slot, keys] of databases.get(database)?.keysBySlot ?? []) {
        const isOwn = this.shard.slots.some(([first, last]) => slot >= first && slot <= last)
        if (isOwn && !this.#options.moving.has(slot)) own.set(slot, Math.max(own.get(slot) ?? 0, keys))
      }
    }
    return own
  }

  async #attemptEach<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
    await Promise.all(items.map((item) => this.#attempt(() => work(item))))
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error
      this.incomplete.push(`shard ${this.shard.number}: ${error.message}`)
    }
  }
}
