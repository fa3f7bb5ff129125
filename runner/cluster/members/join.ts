import type { Look } from '../../base/poll.ts'
import { poll } from '../../base/poll.ts'
import { firstFew, listed } from '../../base/text.ts'
import { isEstablished } from '../agreed-view.ts'
import { askToFollow, FormError } from '../form.ts'
import type { LiveCluster, LiveNode, Snapshot } from '../live-cluster.ts'
import { ReplyError, Unreachable } from '../reply-errors.ts'
import { describeSplit, splitShards } from '../shard-ids.ts'
import { knowing, notKnowing, ownId } from './known.ts'
import { MemberError } from './member-error.ts'

/** How the members are changed. */
export interface MemberOptions {
  cluster: LiveCluster
  signal: AbortSignal
  withinMs: number
  progress(text: string): void
}

/** Who knows the node now, and who gave no answer. */
export interface Met {
  knownBy: string[]
  silent: string[]
}

const LOOK_EVERY_MS = 50
const SHOWN = 4

/**
 * Nobody that it was told to meet has answered within this time: a server forgets it then (handshake_timeout in
 * clusterCron, cluster.c, Redis 7.0: the node time-out, 1000 ms at the least).
 */
const MEET_AGAIN_MS = 1500

/**
 * Makes a node and these others meet, and waits until all of them that answer know it, and it knows them: it is a member
 * then. Throws MemberError.
 */
export async function meet(name: string, others: readonly string[], options: MemberOptions): Promise<Met> {
  const { cluster } = options
  const node = cluster.node(name)
  const id = await ownId(cluster, name)
  let metMs = Number.NEGATIVE_INFINITY
  const met: Met = { knownBy: [], silent: [] }
  await until(`${name} and the others to know each other`, options, async () => {
    if (cluster.clock.ranMs() - metMs >= MEET_AGAIN_MS) {
      await sendMeets(node, others, cluster)
      metMs = cluster.clock.ranMs()
    }
    const snapshot = await cluster.look({ also: name })
    const there = others.filter((other) => snapshot.reports.has(other))
    met.silent = others.filter((other) => !there.includes(other))
    const without = notKnowing(snapshot, there, id)
    met.knownBy = there.filter((other) => !without.includes(other))
    const unknown = there.filter((other) => !isKnownTo(snapshot, name, other))
    const seen = [
      ...(without.length === 0 ? [] : [`${listed(without)} ${one(without, 'does', 'do')} not know ${name}`]),
      ...(unknown.length === 0 ? [] : [`${name} does not know ${listed(unknown)}`]),
      ...(there.length === 0 ? ['none of the others answers'] : []),
    ]
    return { ok: seen.length === 0, seen: firstFew(seen, SHOWN) }
  })
  cluster.join(name)
  return met
}

/** Only MEET makes a stranger a member (clusterProcessPacket, cluster.c, Redis 7.0); it is enough in one direction. */
async function sendMeets(node: LiveNode, others: readonly string[], cluster: LiveCluster): Promise<void> {
  const commands = others.map((other) => {
    const { peerHost, peerPort } = cluster.node(other)
    return ['CLUSTER', 'MEET', peerHost, peerPort] as const
  })
  const refused = (await node.client.pipeline(commands)).find((reply) => reply instanceof ReplyError)
  if (refused instanceof Error)
    throw new MemberError(`${node.name} cannot meet the others: it said "${refused.message}"`)
}

function isKnownTo({ reports, nameOf }: Snapshot, viewer: string, name: string): boolean {
  return reports.get(viewer)?.view.nodes.some((node) => isEstablished(node) && nameOf(node) === name) === true
}

/**
 * Makes a node, which knows the others, a replica of another, and waits until both are in sync and all that answer see
 * it so. Throws MemberError, with the server's words where it refuses.
 */
export async function follow(name: string, of: string, options: MemberOptions): Promise<void> {
  const { cluster } = options
  const masterId = idAmong(await cluster.look(), of)
  if (masterId === undefined) throw new MemberError(`nobody knows ${of}`)
  let isAsked = false
  await until(`${name} to be a replica of ${of}`, options, async () => {
    if (!isAsked) {
      const lacking = await askToFollow(
        { name, id: await ownId(cluster, name), node: cluster.node(name) },
        { name: of, id: masterId, node: cluster.node(of) },
      ).catch(asMemberError)
      if (lacking !== undefined) return { ok: false, seen: lacking }
      isAsked = true
    }
    const snapshot = await cluster.look()
    const look = followsBy(snapshot, name, of)
    return look.ok ? await isWhole(snapshot, name, cluster) : look
  })
}

/**
 * Waits until a new master says that the cluster is ok, as the others do: it takes no key before, for 2 s after its start
 * (CLUSTER_WRITABLE_DELAY, cluster.c, Redis 7.0). Where another says that it is not, nothing is waited for. Throws
 * MemberError.
 */
export async function awaitServing(name: string, options: MemberOptions): Promise<void> {
  await until(`${name} to serve`, options, async () => {
    const snapshot = await options.cluster.look()
    const { reports, unreachable } = snapshot
    const own = reports.get(name)
    if (own === undefined) return { ok: false, seen: `${name} does not answer: ${unreachable.get(name)}` }
    const isAnyOk = [...reports.values()].some((report) => report !== own && report.info.state === 'ok')
    if (own.info.state === 'ok') return await isWhole(snapshot, name, options.cluster)
    return { ok: !isAnyOk, seen: `${name} says that the cluster is ${own.info.state}` }
  })
}

/** Whether a server has all shards in one piece, and all have its own so: killed before, it might not start again. */
async function isWhole(snapshot: Snapshot, name: string, cluster: LiveCluster): Promise<Look> {
  const split = (await splitShards(cluster, snapshot)).filter(({ by, replica }) => by === name || replica === name)
  return { ok: split.length === 0, seen: firstFew(split.map(describeSplit), SHOWN) }
}

function asMemberError(error: unknown): never {
  throw error instanceof FormError ? new MemberError(error.message) : error
}

function idAmong({ reports, nameOf }: Snapshot, name: string): string | undefined {
  const own = reports.get(name)?.view.myId
  const seen = [...reports.values()].flatMap(({ view }) => view.nodes).find((node) => nameOf(node) === name)
  return own ?? seen?.id
}

function followsBy(snapshot: Snapshot, name: string, of: string): Look {
  const own = snapshot.reports.get(name)
  if (own === undefined) return { ok: false, seen: `${name} does not answer: ${snapshot.unreachable.get(name)}` }
  const { masterLink, syncInProgress } = own.replication
  const blind = [...snapshot.reports.values()].filter(({ view }) => {
    const seen = view.nodes.find(({ id }) => id === own.view.myId)
    const master = view.nodes.find(({ id }) => id === seen?.masterId)
    return master === undefined || snapshot.nameOf(master) !== of
  })
  const seen = [
    ...(blind.length === 0 ? [] : [`${listed(blind.map((one) => one.name))} do not see it yet`]),
    ...(masterLink === 'up' && !syncInProgress
      ? []
      : [`the link to its master is ${syncInProgress ? 'syncing' : masterLink}`]),
  ]
  return { ok: seen.length === 0, seen: seen.join('; ') }
}

/** Waits until none of these knows the ids any more, telling them to forget again where another told them anew. */
export async function forget(ids: readonly string[], by: readonly string[], options: MemberOptions): Promise<void> {
  const { cluster } = options
  const tell = async (names: readonly string[]) => {
    await Promise.all(
      names.map(async (name) => {
        const replies = await cluster.node(name).client.pipeline(ids.map((id) => ['CLUSTER', 'FORGET', id] as const))
        const refused = replies.find((reply) => reply instanceof ReplyError && !/unknown node/i.test(reply.message))
        if (refused instanceof Error) throw new MemberError(`${name} does not forget it: it said "${refused.message}"`)
      }),
    )
  }
  await until('it to be forgotten', options, async () => {
    const snapshot = await cluster.look()
    const left = knowing(snapshot, by, ids)
    const silent = by.filter((name) => !snapshot.reports.has(name))
    if (left.length > 0) await tell(left)
    const seen = [
      ...(left.length === 0 ? [] : [`${listed(left)} still ${one(left, 'knows', 'know')} it`]),
      ...(silent.length === 0 ? [] : [`${listed(silent)} ${one(silent, 'does', 'do')} not answer`]),
    ]
    return { ok: seen.length === 0, seen: seen.join('; ') }
  })
}

async function until(what: string, options: MemberOptions, look: () => Promise<Look>): Promise<void> {
  const { cluster, signal, withinMs, progress } = options
  const told = async () => {
    const found = await look().catch(asSilence)
    if (!found.ok) progress(`waiting for ${what}: ${found.seen}`)
    return found
  }
  const result = await poll(told, { clock: cluster.clock, signal, withinMs, everyMs: LOOK_EVERY_MS })
  if (!result.ok) throw new MemberError(`waited for ${what} in vain; last seen: ${result.lastSeen}`)
}

/**
 * A node that answers nothing for a while is waited for: a replica that goes to its next master may stand still (seen
 * with Valkey 8.1.1). Throws what else went wrong.
 */
function asSilence(error: unknown): Look {
  if (error instanceof Unreachable && error.kind !== 'refused') return { ok: false, seen: error.message }
  throw error
}

function one(names: readonly string[], singular: string, plural: string): string {
  return names.length === 1 ? singular : plural
}
