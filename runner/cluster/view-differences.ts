import { isEstablished } from './agreed-view.ts'
import type { Snapshot } from './live-cluster.ts'
import type { NodeReport } from './node-report.ts'
import { ownLine } from './slot-claims.ts'
import { formatSlotRanges } from './slots.ts'
import type { NodeView } from './view.ts'

/** A disagreement on one node: who sees it how, and how the agreed view has it. */
interface Difference {
  /** The node that sees it differently. */
  viewer: string
  subject: string
  seen: string
  agreed: string
}

/**
 * Where views differ from the agreed one in roles, masters, slots or a master's epoch. Among the nodes that agree on
 * roles and slots, the one with the highest epoch sum is taken as the one to compare with: epochs only ever grow. A
 * node that one view lacks is no difference here: health says so in words of its own.
 */
function differences(snapshot: Snapshot): Difference[] {
  const agreeing = snapshot.agreed.saidBy.flatMap((name) => snapshot.reports.get(name) ?? [])
  const reference = agreeing.sort((a, b) => epochSum(b) - epochSum(a))[0]
  if (!reference) return []
  const standard = new Map(reference.view.nodes.filter(isEstablished).map((node) => [node.id, node]))
  const nameOfId = (id: string | undefined) => {
    const node = id === undefined ? undefined : standard.get(id)
    return node ? snapshot.nameOf(node) : `unknown node ${id?.slice(0, 8)}`
  }
  return [...snapshot.reports.values()].flatMap((report) =>
    report.view.nodes.filter(isEstablished).flatMap((node) => {
      const other = standard.get(node.id)
      if (!other || isSame(node, other)) return []
      const subject = snapshot.nameOf(node)
      return [{ viewer: report.name, subject, seen: describe(node, nameOfId), agreed: describe(other, nameOfId) }]
    }),
  )
}

/** The differences in sentences, those on the same node seen the same way in one; none on nodes that are gone. */
export function viewDifferences(snapshot: Snapshot, gone: ReadonlySet<string> = new Set()): string[] {
  const groups = new Map<string, { first: Difference; viewers: string[] }>()
  for (const difference of differences(snapshot).filter(({ subject }) => !gone.has(subject))) {
    const key = `${difference.subject}\n${difference.seen}`
    const group = groups.get(key) ?? { first: difference, viewers: [] }
    group.viewers.push(difference.viewer)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ first, viewers }) => {
    const see = viewers.length === 1 ? 'sees' : 'see'
    return `${viewers.join(', ')} ${see} ${first.subject} as ${first.seen}, others as ${first.agreed}`
  })
}

function epochSum(report: NodeReport): number {
  return report.view.nodes.reduce((sum, { role, configEpoch }) => sum + (role === 'master' ? configEpoch : 0), 0)
}

/**
 * A replica's epoch says nothing: CLUSTER NODES shows its master's, and until Redis 6.0.7 the one that the viewer keeps
 * for the replica itself, which no two nodes need have in common (clusterGenNodeDescription, cluster.c).
 */
function isSame(a: NodeView, b: NodeView): boolean {
  return (
    a.role === b.role &&
    a.masterId === b.masterId &&
    (a.role === 'replica' || a.configEpoch === b.configEpoch) &&
    formatSlotRanges(a.slots) === formatSlotRanges(b.slots)
  )
}

function describe(node: NodeView, nameOfId: (id: string | undefined) => string): string {
  if (node.role === 'replica') return `a replica of ${nameOfId(node.masterId)}`
  const slots = node.slots.length === 0 ? 'no slots' : `slots ${formatSlotRanges(node.slots)}`
  return `a master with ${slots} at epoch ${node.configEpoch}`
}

/**
 * Pairs of nodes where one (`viewer`) sees the role or the slots of the other (`subject`) otherwise than that one sees
 * them itself, or does not see it at all: the viewer is behind, for nobody knows them sooner than the node.
 */
export function viewsBehind(snapshot: Snapshot): { viewer: string; subject: string }[] {
  const reports = [...snapshot.reports.values()]
  return reports.flatMap((subject) => {
    const own = ownLine(subject)
    return reports.flatMap((viewer) => {
      if (viewer === subject || !own) return []
      const seen = viewer.view.nodes.find((node) => node.id === own.id)
      const isCurrent = seen && (own.role === 'replica' ? seen.masterId === own.masterId : isSame(seen, own))
      return isCurrent ? [] : [{ viewer: viewer.name, subject: subject.name }]
    })
  })
}
