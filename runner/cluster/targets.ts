import { PlayError } from '../base/errors.ts'
import { plural } from '../base/text.ts'
import type { AgreedView, Shard } from './agreed-view.ts'
import type { LiveCluster, Snapshot } from './live-cluster.ts'
import { formatSlotRanges, slotOfKey } from './slots.ts'
import { type Among, type Anchor, parseTarget, type TargetPhrase } from './target-phrase.ts'

export {
  isDrawn,
  NODE_PATTERN,
  parseTarget,
  TARGET_EXAMPLES,
  TARGET_PATTERN,
  type TargetPhrase,
} from './target-phrase.ts'

/** A target stands for no node now, or names what does not exist. The message says what there was instead. */
export class TargetError extends PlayError {
  override name = 'TargetError'
}

/** How long to wait for more than half of the answering nodes to agree, in ms; then the largest group decides. */
const AGREEMENT_WITHIN_MS = 2000

const LOOK_EVERY_MS = 20

/**
 * Turns phrases into names of nodes, from the agreed live view at the time of the call. `random(n)` gives an integer
 * from 0 to n − 1. The master of a shard, slot or key is the present owner of the slots, even when it is down and
 * nobody has taken over; `random` and `all` count only nodes that answer and are not marked failing, except `all
 * nodes`, which is all.
 */
export class TargetResolver {
  readonly #cluster: LiveCluster
  readonly #random: (n: number) => number

  constructor(cluster: LiveCluster, random: (n: number) => number) {
    this.#cluster = cluster
    this.#random = random
  }

  /** Names of nodes, by index, at least one. Throws TargetError. */
  async resolve(text: string, options: { signal?: AbortSignal } = {}): Promise<string[]> {
    const nodeNames = this.#cluster.nodes.map((node) => node.name)
    const parsed = parseTarget(text, { nodeNames })
    if ('error' in parsed) {
      throw new TargetError(parsed.suggestion ? `${parsed.error}; did you mean "${parsed.suggestion}"?` : parsed.error)
    }
    const { target } = parsed
    if (target.kind === 'node') return [target.node]
    if (target.kind === 'all' && target.role === 'node' && isByNames(target)) {
      const members = this.#cluster.members.map(({ name }) => name)
      return leftOf(members, namesIn(target.except), text)
    }
    const snapshot = await this.#lookForAgreement(options.signal)
    const { agreed } = snapshot
    if (agreed.shards.length === 0) {
      const seen = snapshot.reports.size === 0 ? noAnswer(snapshot) : 'no node owns any slots'
      throw new TargetError(`"${text}" stands for no node: there is no cluster to look at, ${seen}`)
    }
    const names = this.#choose(target, agreed, text)
    return names.sort((a, b) => this.#indexOf(a) - this.#indexOf(b))
  }

  async #lookForAgreement(signal: AbortSignal | undefined): Promise<Snapshot> {
    const { clock } = this.#cluster
    const startMs = clock.ranMs()
    for (;;) {
      signal?.throwIfAborted()
      const snapshot = await this.#cluster.look()
      if (snapshot.agreed.isMajority || clock.ranMs() - startMs >= AGREEMENT_WITHIN_MS) return snapshot
      await clock.sleep(LOOK_EVERY_MS, signal)
    }
  }

  #choose(target: TargetPhrase, agreed: AgreedView, text: string): string[] {
    switch (target.kind) {
      case 'node':
        return [target.node]
      case 'related':
        return related(target.role, shardOfAnchor(target.anchor, agreed, text), target.anchor, text)
      case 'random':
        return this.#pick(this.#among(target, agreed, text), target.count, text, `${target.role}s that answer`)
      case 'all': {
        const names = this.#among(target, agreed, text)
        if (names.length > 0) return names
        throw new TargetError(`"${text}" stands for no node: ${describeRoles(agreed)}`)
      }
      case 'share': {
        const majority = Math.floor(agreed.shards.length / 2) + 1
        const count = target.share === 'majority' ? majority : agreed.shards.length - majority
        if (count > 0) return this.#pick(live('master', agreed, agreed.shards), count, text, 'masters that answer')
        throw new TargetError(
          `"${text}" stands for no node: of ${plural(agreed.shards.length, 'master')}, none is a minority`,
        )
      }
    }
  }

  /** What a choice is made from: of `all nodes` those that do not answer, too. */
  #among(target: TargetPhrase & { kind: 'random' | 'all' }, agreed: AgreedView, text: string): string[] {
    const { kind, role, of, except = [] } = target
    const shard = of && shardOfAnchor(of, agreed, text)
    const everyone = shard ? [shard.master, ...shard.replicas] : this.#cluster.members.map(({ name }) => name)
    const isAny = kind === 'all' && role === 'node'
    const names = isAny ? everyone : live(role, agreed).filter((name) => everyone.includes(name))
    if (except.length === 0 || names.length === 0) return names
    return leftOf(names, new Set(except.flatMap((other) => this.#choose(other, agreed, text))), text)
  }

  #pick(names: readonly string[], count: number, text: string, what: string): string[] {
    if (names.length < count) {
      const there = names.length === 0 ? 'there is none' : `there are only ${names.length} (${names.join(', ')})`
      throw new TargetError(`"${text}" needs ${count} ${what}, and ${there}`)
    }
    const left = [...names].sort((a, b) => this.#indexOf(a) - this.#indexOf(b))
    return Array.from({ length: count }, () => left.splice(this.#random(left.length), 1)).flat()
  }

  #indexOf(name: string): number {
    return this.#cluster.has(name) ? this.#cluster.node(name).index : Number.MAX_SAFE_INTEGER
  }
}

/** Whether it is known without a look at the cluster whom it stands for. */
function isByNames({ of, except = [] }: Among): boolean {
  return of === undefined && except.every(({ kind }) => kind === 'node')
}

function namesIn(targets: readonly TargetPhrase[] = []): Set<string> {
  return new Set(targets.flatMap((target) => (target.kind === 'node' ? [target.node] : [])))
}

function leftOf(names: readonly string[], except: ReadonlySet<string>, text: string): string[] {
  const left = names.filter((name) => !except.has(name))
  if (left.length > 0) return left
  throw new TargetError(`"${text}" stands for no node: without ${[...except].join(', ')} nothing is left`)
}

function live(role: 'master' | 'replica' | 'node', agreed: AgreedView, shards = shardsOf(agreed)): string[] {
  return shards
    .flatMap((shard) => [...(role === 'replica' ? [] : [shard.master]), ...(role === 'master' ? [] : shard.replicas)])
    .filter((name) => agreed.isReachable(name) && !agreed.isFailing(name))
}

/** Those without slots too, but not to the count of a majority: they have no vote. */
function shardsOf({ shards, withoutSlots }: AgreedView): Shard[] {
  return [...shards, ...withoutSlots].sort((a, b) => a.number - b.number)
}

function shardOfAnchor(anchor: Anchor, agreed: AgreedView, text: string): Shard {
  switch (anchor.by) {
    case 'shard': {
      const shards = shardsOf(agreed)
      const shard = shards.find((one) => one.number === anchor.shard)
      if (shard) return shard
      throw new TargetError(`"${text}": there is no shard ${anchor.shard}; there are ${plural(shards.length, 'shard')}`)
    }
    case 'node': {
      const shard = agreed.shardOf(anchor.node)
      if (shard) return shard
      throw new TargetError(`"${text}": ${anchor.node} is in no shard now; ${describeRoles(agreed)}`)
    }
    default: {
      const slot = anchor.by === 'slot' ? anchor.slot : slotOfKey(anchor.key)
      const owner = agreed.ownerOf(slot)
      const shard = owner === undefined ? undefined : agreed.shardOf(owner)
      if (shard) return shard
      const owned = formatSlotRanges(agreed.shards.flatMap((one) => one.slots))
      throw new TargetError(`"${text}": slot ${slot} has no owner; slots ${owned} have one`)
    }
  }
}

function related(role: 'master' | 'replica' | 'replicas', shard: Shard, anchor: Anchor, text: string): string[] {
  const node = anchor.by === 'node' ? anchor.node : undefined
  if (role === 'master') {
    if (node !== shard.master) return [shard.master]
    throw new TargetError(`"${text}" stands for no node: ${node} is a master itself`)
  }
  if (node !== undefined && node !== shard.master) {
    throw new TargetError(`"${text}" stands for no node: ${node} is a replica itself, of ${shard.master}`)
  }
  const [first] = shard.replicas
  if (first === undefined) {
    throw new TargetError(
      `"${text}" stands for no node: ${shard.master}, the master of shard ${shard.number}, has no replicas`,
      { hint: REPLICA_MISSING },
    )
  }
  return role === 'replicas' ? [...shard.replicas] : [first]
}

const REPLICA_MISSING =
  'A node that comes back is no replica before the others have told it. Wait for that first: `expect: { cluster: healthy }`, or `expect: { node: …, role: replica, link: up }`, with `within: 30s`.'

function describeRoles(agreed: AgreedView): string {
  const shards = shardsOf(agreed)
  const masters = shards.map((shard) => shard.master)
  const replicas = shards.flatMap((shard) => shard.replicas)
  const notLive = [...masters, ...replicas].filter((name) => !agreed.isReachable(name) || agreed.isFailing(name))
  const down = notLive.length === 0 ? '' : `; of these ${notLive.join(', ')} cannot be reached or are marked failing`
  return `the masters are ${masters.join(', ')}, the replicas are ${replicas.join(', ') || 'none'}${down}`
}

function noAnswer(snapshot: Snapshot): string {
  return `no node answers (${[...snapshot.unreachable].map(([name, reason]) => `${name}: ${reason}`).join(', ')})`
}
