import { slotOfKey } from '../../cluster/slots.ts'
import { type Anchor, parseTarget, type TargetPhrase } from '../../cluster/target-phrase.ts'
import { type PlannedNode, planNodes, shardsWithSlots, type Topology } from '../../cluster/topology.ts'
import { replicaCount, replicasOf } from '../../record/cluster-shape.ts'

/** A node, as far as it is known before anything is played. */
export interface KnownNode {
  /** Its name; a word of its own where that is not known. Two with one id are one node. */
  id: string
  role?: 'master' | 'replica'
  shard?: number
  /** The id of its master. */
  replicaOf?: string
}

/** What a phrase stands for, as far as it is known. */
export interface Meaning {
  /** How many nodes; undefined: not known. */
  count?: number
  role?: 'master' | 'replica'
  /** Empty where it is not known which. */
  nodes: readonly KnownNode[]
}

/** Shards whose roles may no longer be those that the cluster was formed with. */
export type Changed = ReadonlySet<number> | 'all'

export interface Knowledge {
  formed: Formed
  /** What `let` has bound. */
  bound: Bound
  changed: Changed
  /** Nobody is known to be away: `all` and `random` count those that answer. */
  allThere: boolean
}

/** Of more nodes than this it is not told which they are: nobody writes a scenario that turns on it. */
export const MOST_KNOWN = 100

const DEFAULT_PREFIX = 'redis-node'

/** The cluster as it is formed. */
export class Formed {
  readonly topology: Topology
  readonly nodes: readonly PlannedNode[]
  /** How many shards have a vote: those with slots. */
  readonly votes: number
  readonly #byShard = new Map<number, PlannedNode[]>()

  constructor(topology: Topology) {
    this.topology = topology
    this.nodes = planNodes(topology, DEFAULT_PREFIX)
    this.votes = shardsWithSlots(topology).length
    for (const node of this.nodes) this.#byShard.set(node.shard, [...(this.#byShard.get(node.shard) ?? []), node])
  }

  named(name: string): PlannedNode | undefined {
    const index = name.startsWith(DEFAULT_PREFIX) ? Number(name.slice(DEFAULT_PREFIX.length)) : Number.NaN
    return this.nodes[index]?.name === name ? this.nodes[index] : undefined
  }

  ofShard(shard: number): readonly PlannedNode[] {
    return this.#byShard.get(shard) ?? []
  }

  /** The shard that owns a slot, from 1. */
  shardOfSlot(slot: number): number | undefined {
    const index = this.topology.slots.findIndex((ranges) => ranges.some(([from, to]) => from <= slot && slot <= to))
    return index < 0 ? undefined : index + 1
  }
}

/** Names and what `let` has bound them to; each binding knows those before it. */
export class Bound {
  readonly #own = new Map<string, Meaning>()
  readonly #before: Bound | undefined

  constructor(before?: Bound) {
    this.#before = before
  }

  get(name: string): Meaning | undefined {
    for (let bound: Bound | undefined = this; bound; bound = bound.#before) {
      const meaning = bound.#own.get(name)
      if (meaning) return meaning
    }
    return undefined
  }

  set(name: string, meaning: Meaning): void {
    this.#own.set(name, meaning)
  }
}

const NOTHING: Meaning = { nodes: [] }

/** What a phrase stands for at a step. `here` makes words for nodes whose names are not known: one for each step. */
export function meaningOf(phrase: string, knowledge: Knowledge, here: string): Meaning {
  const name = /^\$([A-Za-z_]\w*)$/.exec(phrase.trim())?.[1]
  if (name !== undefined) return boundTo(name, knowledge)
  const related = /^(master|replica|replicas) of \$([A-Za-z_]\w*)$/.exec(phrase.trim())
  const anchor = related && knowledge.bound.get(related[2] ?? '')
  if (related) {
    const [node, second] = anchor?.nodes ?? []
    if (!node || second) return NOTHING
    if (node.id.startsWith(DEFAULT_PREFIX)) return meaningOf(`${related[1]} of ${node.id}`, knowledge, here)
    return relatedToUnknown(related[1] ?? '', node, knowledge, `${phrase}@${here}`)
  }
  const parsed = parseTarget(phrase)
  return 'error' in parsed ? NOTHING : meaningOfPhrase(parsed.target, knowledge, `${phrase}@${here}`)
}

/** A bound name keeps its nodes; their roles may have changed since. */
function boundTo(name: string, { bound, changed }: Knowledge): Meaning {
  const meaning = bound.get(name)
  if (!meaning) return NOTHING
  if (meaning.nodes.length === 0 && changed !== 'all' && changed.size === 0) return meaning
  const kept = meaning.nodes.map(({ role, replicaOf, ...node }) =>
    mayHaveChanged(node.shard, changed)
      ? node
      : { ...node, ...(role !== undefined && { role }), ...(replicaOf !== undefined && { replicaOf }) },
  )
  return { ...(meaning.count !== undefined && { count: meaning.count }), nodes: kept }
}

function mayHaveChanged(shard: number | undefined, changed: Changed): boolean {
  return changed === 'all' || (shard === undefined ? changed.size > 0 : changed.has(shard))
}

function relatedToUnknown(role: string, node: KnownNode, { formed, changed }: Knowledge, id: string): Meaning {
  const known = mayHaveChanged(node.shard, changed) ? undefined : node.role
  if (role === 'master' && known === 'master') return { count: 1, role: 'master', nodes: [node] }
  if (role === 'master') return { count: 1, role: 'master', nodes: [{ id, role: 'master' }] }
  const { replicas } = formed.topology
  if (role === 'replicas' && replicas !== 1)
    return { ...(typeof replicas === 'number' && { count: replicas }), role: 'replica', nodes: [] }
  const replicaOf = known === 'master' ? { replicaOf: node.id } : {}
  return { count: 1, role: 'replica', nodes: [{ id, role: 'replica', ...replicaOf }] }
}

function meaningOfPhrase(phrase: TargetPhrase, knowledge: Knowledge, id: string): Meaning {
  const { formed, allThere, changed } = knowledge
  const { topology } = formed
  const isAsFormed = changed !== 'all' && changed.size === 0 && allThere
  switch (phrase.kind) {
    case 'node': {
      const node = formed.named(phrase.node)
      return { count: 1, nodes: [node ? knownNode(node, knowledge) : { id: phrase.node }] }
    }
    case 'related':
      return meaningOfRelated(phrase.role, shardOf(phrase.anchor, formed), knowledge, id)
    case 'random': {
      const role = phrase.role === 'node' ? {} : { role: phrase.role }
      return { count: phrase.count, ...role, nodes: phrase.count === 1 ? [{ id, ...role }] : [] }
    }
    case 'all': {
      const among = phrase.role === 'node' ? {} : { role: phrase.role }
      if (phrase.except) return { ...among, nodes: [] }
      if (phrase.of) return meaningOfAll(phrase.role, shardOf(phrase.of, formed), knowledge)
      if (phrase.role === 'node') {
        return { count: formed.nodes.length, nodes: known(formed.nodes, knowledge) }
      }
      const { role } = phrase
      const count = role === 'master' ? topology.shards : replicaCount(topology)
      if (!isAsFormed || formed.nodes.length > MOST_KNOWN) return { ...(isAsFormed && { count }), role, nodes: [] }
      const nodes = formed.nodes.filter((node) => node.role === role)
      return { count, role, nodes: known(nodes, knowledge) }
    }
    case 'share': {
      const majority = Math.floor(formed.votes / 2) + 1
      return { count: phrase.share === 'majority' ? majority : formed.votes - majority, role: 'master', nodes: [] }
    }
  }
}

function meaningOfRelated(
  role: 'master' | 'replica' | 'replicas',
  shard: number | undefined,
  { formed, changed, ...knowledge }: Knowledge,
  id: string,
): Meaning {
  const found = role === 'master' ? 'master' : 'replica'
  if (shard === undefined || changed === 'all' || changed.has(shard)) {
    const place = shard === undefined ? {} : { shard }
    const count = role === 'replicas' ? replicasOfShard(shard, formed) : 1
    return {
      ...(count !== undefined && { count }),
      role: found,
      nodes: count === 1 ? [{ id, role: found, ...place }] : [],
    }
  }
  const [master, ...replicas] = formed.ofShard(shard)
  const chosen = role === 'master' ? [master] : role === 'replica' ? replicas.slice(0, 1) : replicas
  const nodes = chosen.filter((node) => node !== undefined)
  return { count: nodes.length, role: found, nodes: known(nodes, { formed, changed, ...knowledge }) }
}

/** As many as it was formed with; undefined where it is not known of which shard, and they differ. */
function replicasOfShard(shard: number | undefined, { topology }: Formed): number | undefined {
  if (shard !== undefined) return replicasOf(topology, shard)
  return typeof topology.replicas === 'number' ? topology.replicas : undefined
}

/** All of one shard: failovers in it leave its members what they are. */
function meaningOfAll(role: 'master' | 'replica' | 'node', shard: number | undefined, knowledge: Knowledge): Meaning {
  const among = role === 'node' ? {} : { role }
  if (shard === undefined || (role !== 'node' && mayHaveChanged(shard, knowledge.changed)))
    return { ...among, nodes: [] }
  const members = knowledge.formed.ofShard(shard).filter((node) => role === 'node' || node.role === role)
  return { count: members.length, ...among, nodes: known(members, knowledge) }
}

function shardOf(anchor: Anchor, formed: Formed): number | undefined {
  switch (anchor.by) {
    case 'shard':
      return anchor.shard
    case 'slot':
      return formed.shardOfSlot(anchor.slot)
    case 'key':
      return formed.shardOfSlot(slotOfKey(anchor.key))
    case 'node':
      return formed.named(anchor.node)?.shard
  }
}

function known(nodes: readonly PlannedNode[], knowledge: Knowledge): KnownNode[] {
  return nodes.length > MOST_KNOWN ? [] : nodes.map((node) => knownNode(node, knowledge))
}

function knownNode({ name, shard, role }: PlannedNode, { formed, changed }: Knowledge): KnownNode {
  if (mayHaveChanged(shard, changed)) return { id: name, shard }
  const [master] = formed.ofShard(shard)
  return { id: name, shard, role, ...(role === 'replica' && master && { replicaOf: master.name }) }
}
