import { mergeRanges } from './slots.ts'
import type { ClusterView, NodeView, SlotRange } from './view.ts'

/** One master and its replicas, as they are now. */
export interface Shard {
  /** 1-based, in the order of the lowest node index among the members: a failover inside a shard does not change it. */
  number: number
  /** The owner of the slots, even when it is down and nobody has taken over. */
  master: string
  /** By node index. */
  replicas: string[]
  slots: SlotRange[]
}

/**
 * What the largest group of nodes with the same idea of roles and slots says; between equal groups, the highest epoch
 * wins.
 */
export interface AgreedView {
  /** Masters that own slots, with their replicas: only they have a vote. */
  shards: Shard[]
  /**
   * Masters without slots, with their replicas, that the cluster was formed with; they are counted when shards are
   * numbered. Any other master without slots belongs to no shard.
   */
  withoutSlots: Shard[]
  /** The nodes that say so. */
  saidBy: string[]
  /** True when more than half of the nodes that answered say so. */
  isMajority: boolean
  ownerOf(slot: number): string | undefined
  roleOf(name: string): 'master' | 'replica' | undefined
  /** The master of a replica, also of one whose master owns no slots. */
  masterOf(replicaName: string): string | undefined
  shardOf(name: string): Shard | undefined
  /** Most of the agreeing nodes, the node itself aside, mark it `fail` or `fail?`. */
  isFailing(name: string): boolean
  isReachable(name: string): boolean
}

/** What one node said, as far as agreeing needs it. */
export interface Witness {
  name: string
  view: ClusterView
  currentEpoch: number
}

/** `nameOf` names a node of a view; `indexOf` orders names; `formed`: the nodes of each shard as it was formed. */
export function agreeOn(
  witnesses: readonly Witness[],
  nameOf: (node: NodeView) => string,
  indexOf: (name: string) => number,
  formed: readonly (readonly string[])[] = [],
): AgreedView {
  const group = largestGroup(witnesses, nameOf)
  const said = group[0]?.view.nodes.filter(isEstablished) ?? []
  const nameById = new Map(said.map((node) => [node.id, nameOf(node)]))
  const byName = new Map(said.map((node) => [nameOf(node), node]))
  const byIndex = (a: string, b: string) => indexOf(a) - indexOf(b) || a.localeCompare(b)
  const masters = said.filter((node) => node.role === 'master')
  const all = [...masters.filter(ownsSlots), ...idleMasters(masters, nameOf, formed)]
    .map((master) => ({
      master: nameOf(master),
      replicas: said
        .filter((node) => node.role === 'replica' && node.masterId === master.id)
        .map(nameOf)
        .sort(byIndex),
      slots: mergeRanges(master.slots),
    }))
    .map((shard) => ({ ...shard, first: [shard.master, ...shard.replicas].sort(byIndex)[0] ?? shard.master }))
    .sort((a, b) => byIndex(a.first, b.first))
    .map(({ first: _, ...shard }, index) => ({ number: index + 1, ...shard }))
  const shards = all.filter(ownsSlots)
  let owners: readonly (string | undefined)[] | undefined
  const failing = failingNames(group, nameOf)
  const reachable = new Set(witnesses.map((witness) => witness.name))
  return {
    shards,
    withoutSlots: all.filter((shard) => !ownsSlots(shard)),
    saidBy: group.map((witness) => witness.name),
    isMajority: group.length * 2 > witnesses.length,
    // Few looks ask for it, and a table of all slots costs more than the rest of a look.
    ownerOf: (slot) => {
      owners ??= ownersBySlot(shards)
      return owners[slot]
    },
    roleOf: (name) => byName.get(name)?.role,
    masterOf: (name) => nameById.get(byName.get(name)?.masterId ?? ''),
    shardOf: (name) => all.find((shard) => shard.master === name || shard.replicas.includes(name)),
    isFailing: (name) => failing.has(name),
    isReachable: (name) => reachable.has(name),
  }
}

function ownsSlots({ slots }: Pick<NodeView, 'slots'>): boolean {
  return slots.length > 0
}

/** Of each shard as it was formed that nobody owns slots for, its master: an old one that was replaced is none of them. */
function idleMasters(
  masters: readonly NodeView[],
  nameOf: (node: NodeView) => string,
  formed: readonly (readonly string[])[],
): NodeView[] {
  return formed.flatMap((members) => {
    const own = masters.filter((node) => members.includes(nameOf(node)))
    return own.some(ownsSlots) ? [] : own.slice(0, 1)
  })
}

/** Not a stranger still shaking hands, and not a leftover whose address was forgotten. */
export function isEstablished(node: NodeView): boolean {
  return !node.flags.has('handshake') && !node.flags.has('noaddr')
}

/** `fail` or `fail?`, and not `nofailover`. */
export function isMarkedFailing(node: NodeView): boolean {
  return node.flags.has('fail') || node.flags.has('fail?')
}

function largestGroup(witnesses: readonly Witness[], nameOf: (node: NodeView) => string): Witness[] {
  const groups = new Map<string, Witness[]>()
  for (const witness of witnesses) {
    const key = signature(witness.view, nameOf)
    groups.set(key, [...(groups.get(key) ?? []), witness])
  }
  const highestEpoch = (group: Witness[]) => Math.max(...group.map((witness) => witness.currentEpoch))
  return [...groups.values()].sort((a, b) => b.length - a.length || highestEpoch(b) - highestEpoch(a))[0] ?? []
}

function signature(view: ClusterView, nameOf: (node: NodeView) => string): string {
  return view.nodes
    .filter(isEstablished)
    .map((node) => `${nameOf(node)} ${node.role} ${node.masterId ?? '-'} ${JSON.stringify(mergeRanges(node.slots))}`)
    .sort()
    .join('\n')
}

function ownersBySlot(shards: readonly Shard[]): (string | undefined)[] {
  const owners: (string | undefined)[] = []
  for (const { master, slots } of shards) {
    for (const [first, last] of slots) {
      for (let slot = first; slot <= last; slot += 1) owners[slot] = master
    }
  }
  return owners
}

function failingNames(group: readonly Witness[], nameOf: (node: NodeView) => string): Set<string> {
  const votes = new Map<string, number>()
  for (const { view } of group) {
    for (const node of view.nodes.filter(isMarkedFailing)) {
      votes.set(nameOf(node), (votes.get(nameOf(node)) ?? 0) + 1)
    }
  }
  const others = (name: string) => group.filter((witness) => witness.name !== name).length
  return new Set([...votes].filter(([name, count]) => count * 2 > others(name)).map(([name]) => name))
}
