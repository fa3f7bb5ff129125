import { acquaintanceAdvice, acquaintanceProblems } from './acquaintance.ts'
import { isMarkedFailing } from './agreed-view.ts'
import { missingHostnames, unknownHostnames } from './hostnames.ts'
import type { Snapshot } from './live-cluster.ts'
import type { NodeReport } from './node-report.ts'
import { openSlots } from './open-slots.ts'
import { doubleOwners, ownLine } from './slot-claims.ts'
import { fewSlotRanges, missingSlots } from './slots.ts'
import { viewDifferences } from './view-differences.ts'

/**
 * Why the cluster is not healthy, one plain sentence for each cause, with node names; empty when it is healthy: every
 * expected node answers and is a member, state ok on every node, 16384 slots with one owner each, all views equal in
 * roles, slots and epochs of masters, a hostname announced by all or by none and known to all, every replica linked and
 * in sync, no open slot, no `fail` or `fail?` flag. Two masters of the same slots come first: the rest follows from
 * them. In sync means: the replica's link to its master is up, no full sync is under way, and the master lists
 * it as online. The offset may lag: under load it always does. Of nodes that are `absent` on purpose nothing is asked,
 * and what follows from their absence is no problem; nor of one that is silent and that all others have forgotten.
 */
export function healthProblems(
  everything: Snapshot,
  { nodes, absent = [] }: { nodes: readonly string[]; absent?: readonly string[] },
): string[] {
  const gone = new Set([...absent, ...forgottenNodes(everything, nodes)])
  const snapshot = { ...everything, reports: new Map([...everything.reports].filter(([name]) => !gone.has(name))) }
  const reports = [...snapshot.reports.values()]
  const expected = nodes.filter((name) => !gone.has(name))
  const lacksMaster = snapshot.agreed.shards.some(({ master }) => gone.has(master))
  return [
    ...doubleOwners(reports),
    ...unreachableNodes(snapshot, expected),
    ...acquaintanceProblems(snapshot, expected),
    ...(lacksMaster ? [] : clusterState(reports)),
    ...unownedSlots(snapshot, reports),
    ...failingFlags(snapshot, reports, gone),
    ...viewDifferences(snapshot, gone),
    ...missingHostnames(reports),
    ...unknownHostnames(snapshot),
    ...replicaLinks(snapshot, reports, gone),
    ...openSlots(snapshot, reports),
  ]
}

/** Nodes that do not answer, and that nobody who answers knows any more, not even as failed. */
function forgottenNodes({ reports, unreachable, nameOf }: Snapshot, nodes: readonly string[]): string[] {
  if (reports.size === 0) return []
  const known = new Set([...reports.values()].flatMap(({ view }) => view.nodes.map(nameOf)))
  return nodes.filter((name) => unreachable.has(name) && !known.has(name))
}

/** The steps that mend what does not mend itself, in a sentence; undefined where none is known. */
export function healthAdvice(snapshot: Snapshot, nodes: readonly string[]): string | undefined {
  const expected = nodes.filter((name) => snapshot.reports.has(name))
  const advice = [
    ...acquaintanceAdvice(snapshot, expected),
    ...(openSlots(snapshot, [...snapshot.reports.values()]).length === 0
      ? []
      : ['`heal: slots` closes open slots, and `migration: resume` goes on with a move that was left half-way']),
  ]
  return advice.length === 0 ? undefined : `To mend it: ${advice.join('; ')}.`
}

function unreachableNodes(snapshot: Snapshot, expected: readonly string[]): string[] {
  const reasons = new Map<string, string[]>()
  for (const name of expected.filter((node) => !snapshot.reports.has(node))) {
    const reason = snapshot.unreachable.get(name) ?? 'it was not asked'
    reasons.set(reason, [...(reasons.get(reason) ?? []), name])
  }
  return [...reasons].map(
    ([reason, names]) => `${names.join(', ')} ${haveHas(names, 'does', 'do')} not answer: ${reason}`,
  )
}

function clusterState(reports: NodeReport[]): string[] {
  const failed = reports.filter((report) => report.info.state !== 'ok').map((report) => report.name)
  if (failed.length === 0) return []
  const who = failed.length === reports.length && failed.length > 1 ? 'all nodes that answer' : failed.join(', ')
  return [`the cluster state is fail on ${who}`]
}

function unownedSlots(snapshot: Snapshot, reports: NodeReport[]): string[] {
  if (reports.length === 0) return []
  const missing = missingSlots(snapshot.agreed.shards.flatMap((shard) => shard.slots))
  return missing.length === 0 ? [] : [`slots ${fewSlotRanges(missing)} have no owner`]
}

function failingFlags(snapshot: Snapshot, reports: NodeReport[], gone: ReadonlySet<string>): string[] {
  const failing = new Map<string, string[]>()
  const suspected = new Map<string, string[]>()
  for (const { name, view } of reports) {
    for (const node of view.nodes.filter(isMarkedFailing)) {
      const subject = snapshot.nameOf(node)
      const marks = node.flags.has('fail') ? failing : suspected
      if (!gone.has(subject)) marks.set(subject, [...(marks.get(subject) ?? []), name])
    }
  }
  return [
    ...[...failing].map(([name, by]) => `${name} is marked failing by ${by.join(', ')}`),
    ...[...suspected].map(([name, by]) => `${name} is suspected of failing by ${by.join(', ')}`),
  ]
}

function replicaLinks(snapshot: Snapshot, reports: NodeReport[], gone: ReadonlySet<string>): string[] {
  return reports.flatMap((report) => {
    const { name, view, replication } = report
    const me = ownLine(report)
    if (me && me.role !== replication.role) {
      return [`${name} is a ${me.role} of the cluster but replicates as a ${replication.role}`]
    }
    if (replication.role === 'master') return []
    const master = view.nodes.find((node) => node.id === me?.masterId)
    const masterName = master ? snapshot.nameOf(master) : 'no known node'
    if (gone.has(masterName)) return []
    if (replication.syncInProgress) return [`${name}: a full sync from its master ${masterName} is under way`]
    if (replication.masterLink !== 'up') return [`${name}: link to its master ${masterName} is down`]
    const masterReport = snapshot.reports.get(masterName)
    if (masterReport && !isListedOnline(snapshot, masterReport, name)) {
      return [`${name} is not yet online in the list of replicas of its master ${masterName}`]
    }
    return []
  })
}

/** An address that names none of the nodes may be any of them, seen through a proxy. */
function isListedOnline(snapshot: Snapshot, master: NodeReport, replica: string): boolean {
  return master.replication.replicas
    .filter((listed) => listed.state === 'online')
    .some((listed) => (snapshot.nameOfAddress(listed.host, listed.port) ?? replica) === replica)
}

function haveHas(names: readonly unknown[], one: string, many: string): string {
  return names.length === 1 ? one : many
}
