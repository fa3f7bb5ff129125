import { listed } from '../../base/text.ts'
import { isEstablished } from '../agreed-view.ts'
import type { LiveCluster, Snapshot } from '../live-cluster.ts'
import { MemberError } from './member-error.ts'

/** Longer than the answer of any server that works takes, ms. */
const ANSWER_WITHIN_MS = 5000

/** The node's own id. Throws Unreachable or ReplyError. */
export async function ownId(cluster: LiveCluster, name: string): Promise<string> {
  return String(await cluster.node(name).client.callWithin(ANSWER_WITHIN_MS, 'CLUSTER', 'MYID'))
}

/** Those of `viewers` that answer and have no node with this id among theirs. */
export function notKnowing({ reports }: Snapshot, viewers: readonly string[], id: string): string[] {
  return viewers.filter((viewer) => {
    const view = reports.get(viewer)?.view
    return view !== undefined && !view.nodes.some((node) => node.id === id && isEstablished(node))
  })
}

/** Those of `viewers` that answer and have a node with one of these ids among theirs, in whatever state. */
export function knowing({ reports }: Snapshot, viewers: readonly string[], ids: readonly string[]): string[] {
  return viewers.filter((viewer) => reports.get(viewer)?.view.nodes.some((node) => ids.includes(node.id)) === true)
}

/** The ids by which the others know a node; more than one where it came back as a stranger. */
export function idsOf({ reports, nameOf }: Snapshot, name: string): string[] {
  const nodes = [...reports.values()].flatMap(({ view }) => view.nodes)
  return [...new Set(nodes.filter((node) => nameOf(node) === name).map(({ id }) => id))]
}

/** Throws MemberError unless all of these answer. `why` completes the sentence. */
export function assertAnswer({ reports, unreachable }: Snapshot, names: readonly string[], why: string): void {
  const silent = names.filter((name) => !reports.has(name))
  if (silent.length === 0) return
  const said = silent.map((name) => `${name} does not answer (${unreachable.get(name) ?? 'it is none of the members'})`)
  throw new MemberError(`${listed(said)}: ${why}`)
}
