import type { Clock } from '../base/clock.ts'
import { formatDuration } from '../base/duration.ts'
import { listed, plural } from '../base/text.ts'
import type { LogObservation } from '../record/observations.ts'
import type { LiveCluster, Snapshot } from './live-cluster.ts'
import { type NodeReport, parseInfo } from './node-report.ts'
import type { Reason } from './reason.ts'
import { clockAhead, clockReasons, measureClocks, type ServerClocks, type Voters } from './server-clocks.ts'
import { formatSlotRanges } from './slots.ts'

/** What is known beside what the nodes say now. */
export interface Meanwhile {
  /** What servers logged since the step began. */
  logged: readonly LogObservation[]
  /** How long the step waited for the promotion. */
  withinMs: number
  /** This machine's clock. */
  clock: Clock
}

const CLOCK_HINT = 'Wait until the clocks have caught up, or set them back by less than the step can wait.'
/** What an election takes from FAIL on, at the most, when nothing is lost: its delay and the votes, ms. */
const ELECTION_MS = 2000

/** The settings that rule when and whether a replica runs, as it has them. */
interface Settings {
  noFailover: boolean
  nodeTimeoutMs: number
  /** `cluster-replica-validity-factor`; 0 is none. */
  validityFactor: number
  /** `repl-ping-replica-period`. */
  pingPeriodMs: number
}

/**
 * Why a replica has not been promoted, as far as it can be known: the reasons found, what rules the others out first.
 * Best effort: a node that does not answer gives no reasons. Never throws.
 */
export async function whyNoFailover(cluster: LiveCluster, node: string, meanwhile: Meanwhile): Promise<Reason[]> {
  try {
    const { report, master } = await cluster.lookAt(node)
    if (report.replication.role === 'master' || master === undefined) return []
    const [snapshot, settings] = [await cluster.look(), await settingsOf(cluster, node)]
    const voters = votersOf(snapshot, report)
    const clocks = await measureClocks(cluster, [...new Set([node, ...voters.alive])], meanwhile.clock)
    return [
      ...stranger(snapshot, report, master),
      ...blocked(node, settings),
      ...clockReasons(clocks, node, voters).map((text) => ({ text, hint: CLOCK_HINT })),
      ...(await dataReasons(cluster, node, settings, clocks)),
      ...loggedReasons(node, meanwhile.logged),
      ...votes(snapshot, voters),
      ...detection(snapshot, report, master, settings, meanwhile.withinMs),
    ]
  } catch {
    return []
  }
}

async function settingsOf(cluster: LiveCluster, node: string): Promise<Settings> {
  const get = async (name: string): Promise<string> => {
    const reply = await cluster.node(node).client.call('CONFIG', 'GET', name)
    return Array.isArray(reply) ? String(reply[1] ?? '') : ''
  }
  return {
    noFailover: (await get('cluster-replica-no-failover')) === 'yes',
    nodeTimeoutMs: Number(await get('cluster-node-timeout')),
    validityFactor: Number(await get('cluster-replica-validity-factor')),
    pingPeriodMs: Number(await get('repl-ping-replica-period')) * 1000,
  }
}

/** At the master's address another node answers: the old one is pinged no more, so it never fails. */
function stranger({ reports }: Snapshot, { name, view, replication }: NodeReport, master: string): Reason[] {
  const known = view.nodes.find(({ id }) => id === view.myId)?.masterId
  const found = reports.get(master)?.view.myId
  if (known === undefined || found === undefined || known === found) return []
  const slots = formatSlotRanges(view.nodes.find(({ id }) => id === known)?.slots ?? [])
  const isCopied = replication.role === 'replica' && replication.masterLink === 'up'
  const copied = isCopied ? `, with the data of the new ${master}, which it has synced with` : ''
  const text =
    `${master} came back as another node (id ${found.slice(0, 8)}, and the others know ${known.slice(0, 8)}), as one does that lost its nodes.conf: ` +
    `the shard of slots ${slots} has lost its master, and no election begins by itself`
  const hint =
    `CLUSTER FAILOVER TAKEOVER on ${name} makes it the master${copied}; ` +
    `CLUSTER MEET and CLUSTER REPLICATE bring ${master} back as its replica.`
  return [{ text, hint }]
}

/** Settings of a replica that keep it from an election (clusterHandleSlaveFailover, cluster.c, Redis 7.0). */
function blocked(node: string, { noFailover }: Settings): Reason[] {
  if (!noFailover) return []
  return [
    {
      text: `${node} has cluster-replica-no-failover yes: it never starts an election, so it can only be promoted by CLUSTER FAILOVER`,
      hint: `Leave cluster-replica-no-failover at no, or promote it with \`failover: ${node}\`.`,
    },
  ]
}

/** A replica without data, or with data that is too old, does not run (clusterHandleSlaveFailover, cluster.c). */
async function dataReasons(
  cluster: LiveCluster,
  node: string,
  { validityFactor, nodeTimeoutMs, pingPeriodMs }: Settings,
  clocks: ServerClocks,
): Promise<Reason[]> {
  const fields = parseInfo(String(await cluster.node(node).client.call('INFO', 'replication')))
  if (fields.get('master_link_status') !== 'down' || !(validityFactor > 0)) return []
  const downS = Number(fields.get('master_link_down_since_seconds'))
  // Below that, its clock was set back after the link had broken.
  if (downS === -1) {
    const text = `${node} has no data: it has never been in sync with its master, so it does not run`
    return [{ text, hint: `Wait until it is in sync before its master goes: \`expect: { node: ${node}, link: up }\`.` }]
  }
  const downMs = downS * 1000
  const ageMs = downMs > nodeTimeoutMs ? downMs - nodeTimeoutMs : downMs
  const mostMs = pingPeriodMs + nodeTimeoutMs * validityFactor
  if (!(ageMs > mostMs)) return []
  const text =
    `the data of ${node} is too old for an election: its link has been down for ${formatDuration(downMs)}, and ` +
    `cluster-replica-validity-factor ${validityFactor} allows ${formatDuration(mostMs + nodeTimeoutMs)}${clockAhead(clocks, node)}`
  return [{ text, hint: 'With cluster-replica-validity-factor 0 a replica is elected however old its data is.' }]
}

/** What a replica logs while it waits for its turn or for votes, or what is told better from its data. */
const TOLD_OTHERWISE = /^(Waiting|Failover attempt expired|Disconnected from)/

/** Requests that came to nothing and votes that were refused, by the servers' own words; each once, the last first. */
function loggedReasons(node: string, logged: readonly LogObservation[]): Reason[] {
  const reasons = logged.toReversed().flatMap((line): string[] => {
    const { moment, about, reason = '' } = line
    if (moment === 'vote refused' && about === node) return [`${line.node} refused ${node} its vote: ${reason}`]
    if (line.node !== node) return []
    if (moment === 'manual given up')
      return [`${node} gave a CLUSTER FAILOVER up: its master did not hand over in time`]
    if (moment === 'reconfigured as replica' && logged.some((other) => isPromotion(other, line)))
      return [`${node} was promoted and gave in at once: it became a replica of ${about ?? 'another master'}`]
    return moment === 'cannot fail over' && !TOLD_OTHERWISE.test(reason)
      ? [`${node} could not fail over: ${reason}`]
      : []
  })
  return [...new Set(reasons)].slice(0, 3).map((text) => ({ text }))
}

function isPromotion({ node, moment, seenMs }: LogObservation, before: LogObservation): boolean {
  return node === before.node && seenMs <= before.seenMs && (moment === 'election won' || moment === 'taken over')
}

/** Masters with slots vote, and only they are counted; as the replica sees them, for it is what counts. */
function votersOf({ agreed, nameOf }: Snapshot, { view }: NodeReport): Voters {
  const all = view.nodes.filter(({ role, slots }) => role === 'master' && slots.length > 0).map(nameOf)
  const alive = all.filter((name) => agreed.isReachable(name) && !agreed.isFailing(name))
  return { all, alive, majority: Math.floor(all.length / 2) + 1 }
}

/** Without a majority of the masters there is neither FAIL nor an election. */
function votes({ agreed }: Snapshot, { all, alive, majority }: Voters): Reason[] {
  if (alive.length >= majority) return []
  const gone = all.filter((name) => !alive.includes(name))
  const down = gone.every((name) => !agreed.isReachable(name)) ? 'down' : 'down or marked as failing'
  const text =
    `no replica can be elected: ${listed(gone)} ${gone.length === 1 ? 'is' : 'are'} ${down}, so only ${alive.length} of ${plural(all.length, 'master')} with slots can vote ` +
    `(${alive.join(', ') || 'none'}), and an election needs ${majority}`
  return [{ text, hint: majorityHint(all.length, majority) }]
}

function majorityHint(masters: number, majority: number): string {
  const most = masters - majority
  const fewer =
    most > 0
      ? `take down at most ${most} of ${masters} masters at once, or start one of them again`
      : `${plural(masters, 'master')} with slots cannot lose one: play it with 3 shards that have some`
  return `An election needs most masters: ${fewer}. Where nobody is to take over, expect \`role: replica\` and hold it with \`for\`.`
}

/** FAIL comes 1 to 2 node time-outs after a master fell silent: see docs/redis-facts.md. */
function detection(
  snapshot: Snapshot,
  report: NodeReport,
  master: string,
  { nodeTimeoutMs }: Settings,
  withinMs: number,
): Reason[] {
  const { agreed } = snapshot
  if (agreed.isFailing(master)) return []
  if (agreed.isReachable(master)) {
    if (stranger(snapshot, report, master).length > 0) return []
    return [
      {
        text: `${master}, the master of ${report.name}, answers and is not marked as failing, so there is no reason for an election`,
        hint: `Take ${master} away first (stop, kill, pause, or a partition from most masters), or ask for the promotion: \`failover: ${report.name}\`.`,
      },
    ]
  }
  const mostMs = 2 * nodeTimeoutMs
  const unmarked = `${master}, the master of ${report.name}, does not answer, but most nodes have not marked it as failing yet`
  const enough = `${Math.ceil((mostMs + ELECTION_MS) / 1000)}s`
  if (!(mostMs > withinMs)) return [{ text: unmarked }]
  const hint =
    withinMs > 0
      ? `Give the step \`within: ${enough}\`, or set a shorter cluster-node-timeout.`
      : `It was asked once, and this takes time: add \`within: ${enough}\` to the step.`
  const limit = withinMs > 0 ? `the limit is ${formatDuration(withinMs)}` : 'it was asked once'
  return [
    {
      text: `detection takes up to ${formatDuration(mostMs)} by these settings (cluster-node-timeout ${nodeTimeoutMs}), and ${limit}: ${unmarked}`,
      hint,
    },
  ]
}
