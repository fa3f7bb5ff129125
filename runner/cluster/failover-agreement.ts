import { isMarkedFailing } from './agreed-view.ts'
import type { LiveCluster, Snapshot } from './live-cluster.ts'
import type { NodeReport } from './node-report.ts'
import { ownLine } from './slot-claims.ts'
import type { NodeView } from './view.ts'

/** A failover that is to take place. */
export interface Handover {
  /** The replica that is to become master. */
  node: string
  /** The master that it follows now; undefined if it is not known. */
  oldMaster?: string
  /** One of that master's slots; undefined if it has none. */
  slot?: number
  /** Nodes that cannot hear of the new master: their links to it are cut on purpose. */
  isCutOff(node: string): boolean
}

/** How the new master stands: with the others, or a replica again. */
export type Standing =
  | { state: 'agreed'; seen: string }
  | { state: 'not agreed'; seen: string }
  | { state: 'demoted'; by: string }

/** What the handover starts from. Never throws: of a node that does not answer, nothing is known. */
export async function handoverOf(
  cluster: LiveCluster,
  node: string,
  isCutOff: Handover['isCutOff'],
): Promise<Handover> {
  try {
    const { report, master } = await cluster.lookAt(node)
    const line = report.view.nodes.find(({ id }) => id === ownLine(report)?.masterId)
    const slot = line?.slots[0]?.[0]
    return { node, isCutOff, ...(master ? { oldMaster: master } : {}), ...(slot === undefined ? {} : { slot }) }
  } catch {
    return { node, isCutOff }
  }
}

/**
 * Whether the others take the node for the master of its shard: more than half of those that answer and can hear of it,
 * and the old master itself, which else goes on serving. A node that lost what it knew of the cluster hears of nothing. A node alone with its claim may win an election without votes,
 * and be demoted a moment later (stale `failover_auth_count`, clusterHandleSlaveFailover, cluster.c, Redis 7.0).
 */
export function standingOf(snapshot: Snapshot, handover: Handover): Standing {
  const { node, oldMaster, isCutOff } = handover
  const report = snapshot.reports.get(node)
  const own = report && ownLine(report)
  if (!report || !own) return { state: 'not agreed', seen: `${node} does not answer` }
  if (own.role === 'replica') return { state: 'demoted', by: demotedBy(snapshot, report.view.nodes, own) }
  const unheard = new Set(report.view.nodes.filter(isMarkedFailing).map((line) => snapshot.nameOf(line)))
  const witnesses = [...snapshot.reports.values()].filter(
    (one) => one.name !== node && !isCutOff(one.name) && !unheard.has(one.name) && !isStranger(one, own.id),
  )
  const doubters = witnesses
    .filter(
      ({ view }) =>
        !isMaster(
          view.nodes.find(({ id }) => id === own.id),
          handover.slot,
        ),
    )
    .map(({ name }) => name)
  const agreeing = witnesses.length - doubters.length
  const oldDoubts = oldMaster !== undefined && doubters.includes(oldMaster)
  const isAgreed = !oldDoubts && (witnesses.length === 0 || agreeing * 2 > witnesses.length)
  const old = oldDoubts ? `, and the old master ${oldMaster} does not` : ''
  const seen = `${agreeing} of ${witnesses.length} others agree${old}`
  return { state: isAgreed ? 'agreed' : 'not agreed', seen }
}

/** It knows nothing of the node and serves no slot: it has left the cluster, and never comes to agree. */
function isStranger(report: NodeReport, id: string): boolean {
  const isKnown = report.view.nodes.some((line) => line.id === id)
  return !isKnown && (ownLine(report)?.slots ?? []).length === 0
}

function isMaster(line: NodeView | undefined, slot: number | undefined): boolean {
  if (line?.role !== 'master') return false
  return slot === undefined || line.slots.some(([first, last]) => first <= slot && slot <= last)
}

function demotedBy(snapshot: Snapshot, lines: readonly NodeView[], own: NodeView): string {
  const master = lines.find(({ id }) => id === own.masterId)
  return master ? `${snapshot.nameOf(master)} at epoch ${master.configEpoch}` : 'a node that is not known'
}
