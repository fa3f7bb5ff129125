import type { Clock } from '../base/clock.ts'
import { firstFew, plural } from '../base/text.ts'
import { type ClusterShape, describeShape } from '../record/cluster-shape.ts'
import { writingFiles } from './append-only-files.ts'
import { awaitEmptyNodes, type EmptyNode } from './empty-nodes.ts'
import { ANSWER_WITHIN_MS, type FormDeadline, FormError, waitInPhase } from './form-phase.ts'
import { healthProblems } from './health.ts'
import type { LiveCluster, LiveNode, Snapshot } from './live-cluster.ts'
import type { Command, NodeClient } from './node-client.ts'
import { ReplyError } from './reply-errors.ts'
import { describeSplit, splitShards } from './shard-ids.ts'
import { withShortNodeTimeout } from './short-node-timeout.ts'
import { checkLayout, formatSlotRanges } from './slots.ts'
import { startStream } from './start-stream.ts'
import { nodeCount, type PlannedNode, planNodes, type Topology } from './topology.ts'
import type { SlotRange } from './view.ts'
import { viewsBehind } from './view-differences.ts'
import { parseClusterNodes } from './view-parser.ts'

export { FormError } from './form-phase.ts'

export interface FormOptions {
  clock: Clock
  /** Aborting rejects with its reason. */
  signal?: AbortSignal
  /** Limit from the call until the cluster is healthy, in ms. */
  timeoutMs: number
  /** Called with one line for people at each phase. */
  progress?: (text: string) => void
}

/** What a server is to become, with its connection and its id. */
interface Member extends PlannedNode, Known {
  slots: SlotRange[]
  epoch: number
}

/** A node that can be asked, and its id. */
interface Known {
  name: string
  node: LiveNode
  id: string
}

/** A view that is behind is not nudged again before this: clusterCron, which acts on it, runs every 100 ms. */
const NUDGE_EVERY_MS = 200

/**
 * A server forgets whom it was to meet when no answer comes within this time (handshake_timeout in clusterCron,
 * cluster.c, Redis 7.0: the node time-out, 1000 ms at the least), as when all of them stood still.
 */
const MEET_AGAIN_MS = 1500

/** So many problems are named when forming gives up. */
const PROBLEMS_SHOWN = 6

/**
 * Makes a cluster of empty servers: the masters and replicas of `topology`, in the order of `planNodes`.
 * Returns when it is healthy (see `healthProblems`) and each node is what it was planned to be. Throws FormError: the
 * topology does not fit, a server is not empty, or a phase was not over in time.
 *
 * The order makes it fast: epochs and slots before anybody meets, so that the very first pings carry them; then
 * everybody meets everybody; a replica is assigned as soon as it knows its master; a node that another one still sees
 * as it was pings that one again. What is left is the servers' own wait: a master stays not-ok for 2000 ms after boot
 * (cluster.c, CLUSTER_WRITABLE_DELAY, Redis 7.0).
 */
export async function formCluster(cluster: LiveCluster, topology: Topology, options: FormOptions): Promise<void> {
  checkTopology(cluster, topology)
  const { clock, signal, timeoutMs, progress = () => undefined } = options
  const deadline: FormDeadline = { clock, startMs: clock.ranMs(), timeoutMs, ...(signal ? { signal } : {}) }
  const empty = await awaitEmptyNodes(cluster, deadline)
  await withShortNodeTimeout(empty, async () => {
    const members = makePlan(topology, empty)
    cluster.form(shardsOf(members, topology))
    progress('giving out epochs and slots')
    await Promise.all(members.map(assignSlots))
    progress('making the nodes meet')
    await Promise.all(members.map((member) => meetAll(member, members)))
    progress('assigning replicas and waiting for the cluster to be healthy')
    await replicate(members, deadline)
    await awaitHealthy(cluster, members, deadline)
    const replicas = members.filter(({ role }) => role === 'replica')
    await Promise.all(replicas.map(({ name }) => startStream(cluster, name)))
  })
}

function checkTopology(cluster: LiveCluster, topology: Topology): void {
  const { shards, replicas, slots } = topology
  if (!Number.isInteger(shards) || shards < 1) throw new FormError(`a cluster has 1 shard or more, not ${shards}`)
  const counts = typeof replicas === 'number' ? [replicas] : replicas
  const wrong = counts.find((count) => !Number.isInteger(count) || count < 0)
  if (wrong !== undefined) throw new FormError(`a shard has 0 replicas or more, not ${wrong}`)
  if (typeof replicas !== 'number' && replicas.length !== shards) {
    throw new FormError(`replicas are given for ${replicas.length} shards; there are ${shards}`)
  }
  const problem = nodesProblem(cluster.nodes.length, topology)
  if (problem !== undefined) throw new FormError(problem)
  if (slots.length !== shards) throw new FormError(`slots are given for ${slots.length} shards; there are ${shards}`)
  const problems = checkLayout(slots)
  if (problems.length > 0) throw new FormError(`the slots do not fit: ${problems.join('; ')}`)
}

/** Why so many servers are not those of such a cluster, in a sentence; undefined if they are. */
export function nodesProblem(there: number, topology: ClusterShape): string | undefined {
  const needed = nodeCount(topology)
  if (there === needed) return undefined
  const need = topology.shards === 1 ? 'needs' : 'need'
  return `${describeShape(topology)} ${need} ${plural(needed, 'node')}; there ${there === 1 ? 'is' : 'are'} ${there}`
}

function makePlan(topology: Topology, empty: readonly EmptyNode[]): Member[] {
  const byIndex = [...empty].sort((a, b) => a.node.index - b.node.index)
  const plan = planNodes(topology, '')
  const byEpoch = [...plan].sort((a, b) => rankOf(a) - rankOf(b))
  return plan.flatMap((planned, place) => {
    const server = byIndex[place]
    if (!server) return []
    const slots = planned.role === 'master' ? (topology.slots[planned.shard - 1] ?? []) : []
    const epoch = byEpoch.indexOf(planned) + 1
    return [{ ...planned, name: server.node.name, node: server.node, id: server.id, slots, epoch }]
  })
}

function shardsOf(members: readonly Member[], { slots }: Topology): string[][] {
  return slots.map((_, index) => members.filter(({ shard }) => shard === index + 1).map(({ name }) => name))
}

/**
 * Masters get the higher epochs. Two packets of a node that has just become a replica may arrive in the wrong order, on
 * two links; whoever takes it for a master of its master's shard then ignores all that it says from there on, as stale,
 * if its own epoch is the higher one (clusterProcessPacket, cluster_legacy.c, Valkey 9.1).
 */
function rankOf({ role }: PlannedNode): number {
  return role === 'master' ? 1 : 0
}

/** Distinct epochs spare the cluster from settling collisions, one at a time. */
async function assignSlots(member: Member): Promise<void> {
  const { client } = member.node
  await mustSucceed(client, [['CLUSTER', 'SET-CONFIG-EPOCH', member.epoch]])
  if (member.slots.length === 0) return
  const ranges = member.slots.flat()
  try {
    await mustSucceed(client, [['CLUSTER', 'ADDSLOTSRANGE', ...ranges]])
  } catch (error) {
    if (!(error instanceof FormError) || !/unknown subcommand/i.test(error.message)) throw error
    // Redis 6 has no ADDSLOTSRANGE.
    const each = member.slots.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i))
    await mustSucceed(client, [['CLUSTER', 'ADDSLOTS', ...each]])
  }
}

async function meetAll(member: Member, members: readonly Member[]): Promise<void> {
  await mustSucceed(
    member.node.client,
    members.filter((other) => other !== member).map(({ node }) => meet(node)),
  )
}

function meet(node: LiveNode): Command {
  return ['CLUSTER', 'MEET', node.peerHost, node.peerPort]
}

async function mustSucceed(client: NodeClient, commands: readonly Command[]): Promise<void> {
  const replies = await client.pipeline(commands, ANSWER_WITHIN_MS)
  replies.forEach((reply, index) => {
    if (!(reply instanceof Error)) return
    const command = commands[index]?.slice(0, 2).join(' ')
    throw new FormError(`${client.name} cannot be made a member: ${command} failed: ${reply.message}`)
  })
}

async function replicate(members: readonly Member[], deadline: FormDeadline): Promise<void> {
  const waiting = new Set(members.filter((member) => member.role === 'replica'))
  let metMs = deadline.clock.nowMs()
  const tryAll = async () => {
    const seen: string[] = []
    if (deadline.clock.nowMs() - metMs >= MEET_AGAIN_MS) {
      await Promise.all(members.map((member) => meetAll(member, members)))
      metMs = deadline.clock.nowMs()
    }
    await Promise.all(
      [...waiting].map(async (member) => {
        const master = members.find((other) => other.shard === member.shard && other.role === 'master')
        if (master === undefined) throw new FormError(`there is no master for ${member.name}`)
        const lacking = await askToFollow(member, master)
        if (lacking === undefined) waiting.delete(member)
        else seen.push(lacking)
      }),
    )
    return { ok: waiting.size === 0, seen: seen.join('; ') }
  }
  await waitInPhase('assigning replicas to their masters', tryAll, deadline)
}

/**
 * Makes a replica follow its master as soon as it knows the master's shard id; resolves with what it lacks until then. A
 * replica takes the shard id of its master over, and one that has none of it yet makes one up. What is made up may last,
 * and a server that finds two shard ids for one shard in its nodes.conf does not start: Valkey up to 8.1.1, issue 2171.
 * Nobody can ask for a shard id as another node sees it, but a hostname comes in the same part of a packet
 * (clusterProcessPingExtensions, cluster_legacy.c, Valkey 8.1).
 */
export async function askToFollow(member: Known, master: Known): Promise<string | undefined> {
  const { client } = member.node
  const [nodes] = await client.pipeline([['CLUSTER', 'NODES']])
  if (nodes instanceof Error) return `${member.name} does not say whom it knows (${nodes.message})`
  const view = parseClusterNodes(String(nodes), member.name)
  const seen = view.nodes.find(({ id }) => id === master.id)
  if (seen === undefined) return `${member.name} does not know its master ${master.name} yet`
  const announces = view.nodes.find(({ id }) => id === view.myId)?.hostname !== undefined
  if (announces && seen.hostname === undefined) {
    return `${member.name} does not know the hostname and shard id of its master ${master.name} yet`
  }
  const [reply] = await client.pipeline([['CLUSTER', 'REPLICATE', master.id]])
  if (!(reply instanceof Error)) return undefined
  if (reply instanceof ReplyError && !/unknown node/i.test(reply.message)) {
    throw new FormError(`${member.name} cannot be made a replica of ${master.name}: ${reply.message}`)
  }
  return `${member.name} does not know its master ${master.name} yet (${reply.message})`
}

async function awaitHealthy(cluster: LiveCluster, members: readonly Member[], deadline: FormDeadline): Promise<void> {
  const metAtMs = deadline.clock.nowMs()
  const nudgedAtMs = new Map<string, number>()
  const names = members.map((member) => member.name)
  let wasSettled = false
  const lookOnce = async () => {
    const snapshot = await cluster.look()
    const problems = [...healthProblems(snapshot, { nodes: names }), ...departures(snapshot, members)]
    const settledBefore = wasSettled
    wasSettled = !isShakingHands(snapshot)
    const isSettled = problems.length === 0 && settledBefore
    if (isSettled) problems.push(...(await unsettled(cluster, snapshot)))
    if (isSettled && problems.length === 0) return { ok: true, seen: 'healthy' }
    const due = viewsBehind(snapshot).filter(({ viewer, subject }) => {
      const lastMs = nudgedAtMs.get(`${subject} ${viewer}`) ?? metAtMs - NUDGE_EVERY_MS
      return deadline.clock.nowMs() - lastMs >= NUDGE_EVERY_MS
    })
    for (const { viewer, subject } of due) nudgedAtMs.set(`${subject} ${viewer}`, deadline.clock.nowMs())
    // A MEET to a node that is known already makes a ping at the next cron, where gossip may take seconds to get there.
    // Not for a hostname: that ping has none, and what was known of it is forgotten (clusterSendPing and
    // clusterProcessPingExtensions, cluster.c, Redis 7.0).
    await Promise.all(
      due.map(({ viewer, subject }) => cluster.node(subject).client.pipeline([meet(cluster.node(viewer))])),
    )
    return { ok: false, seen: firstFew(problems, PROBLEMS_SHOWN) || 'healthy, while some nodes still shake hands' }
  }
  await waitInPhase('waiting for the cluster to be healthy', lookOnce, deadline)
}

/** What a step that comes at once would meet, of a cluster that is healthy. */
async function unsettled(cluster: LiveCluster, snapshot: Snapshot): Promise<string[]> {
  const split = await splitShards(cluster, snapshot)
  const writing = await writingFiles(cluster, [...snapshot.reports.keys()])
  return [...split.map(describeSplit), ...writing.map((name) => `${name} writes its first append-only file`)]
}

/**
 * Whether a MEET is still under way: when it arrives, a hostname is forgotten until the next ping. What is healthy in
 * the look after the last of them stays so.
 */
function isShakingHands({ reports }: Snapshot): boolean {
  return [...reports.values()].some(({ view }) => view.nodes.some(({ flags }) => flags.has('handshake')))
}

/** Where the cluster, healthy or not, is not as planned. */
function departures({ agreed }: Snapshot, members: readonly Member[]): string[] {
  return members.flatMap((member) => {
    const role = agreed.roleOf(member.name)
    if (role !== member.role) return [`${member.name} is ${role ?? 'unknown'}, and should be a ${member.role}`]
    const slots = agreed.shardOf(member.name)?.slots ?? []
    const planned = formatSlotRanges(member.slots)
    if (member.role === 'master' && formatSlotRanges(slots) !== planned) {
      return [`${member.name} owns slots ${formatSlotRanges(slots) || 'none'}, and should own ${planned || 'none'}`]
    }
    return []
  })
}
