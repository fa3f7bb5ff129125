import { isEstablished } from './agreed-view.ts'
import type { Snapshot } from './live-cluster.ts'
import type { NodeReport } from './node-report.ts'
import { ownLine } from './slot-claims.ts'
import type { NodeView } from './view.ts'

/**
 * Who announces no hostname although others do: all nodes redirect clients that want hostnames to `?` instead of there
 * (getPreferredEndpoint, cluster.c, Redis 7.0).
 */
export function missingHostnames(reports: readonly NodeReport[]): string[] {
  const without: string[] = []
  const announcedBy = new Map<string, string[]>()
  for (const report of reports) {
    const hostname = ownLine(report)?.hostname
    if (hostname === undefined) without.push(report.name)
    else announcedBy.set(hostname, [...(announcedBy.get(hostname) ?? []), report.name])
  }
  if (without.length === 0 || announcedBy.size === 0) return []
  const announce = (names: readonly string[]) => `${names.join(', ')} ${names.length === 1 ? 'announces' : 'announce'}`
  const others = [...announcedBy].map(([hostname, names]) => `${announce(names)} ${hostname}`).join(', ')
  return [`${announce(without)} no hostname, while ${others}: clients are redirected to \`?\` instead of there`]
}

/**
 * Who does not know the hostname that a node announces: it redirects clients that want hostnames to `?`
 * (getPreferredEndpoint, cluster.c, Redis 7.0). Hostnames come with pings, and later than slots.
 */
export function unknownHostnames(snapshot: Snapshot): string[] {
  const reports = [...snapshot.reports.values()]
  return reports.flatMap((subject) => {
    const own = ownLine(subject)
    if (own?.hostname === undefined) return []
    const viewers = reports.filter((viewer) => {
      const seen = viewer.view.nodes.find((node) => node.id === own.id)
      return seen !== undefined && isEstablished(seen) && !knowsHostname(seen, own)
    })
    if (viewers.length === 0) return []
    const names = viewers.map(({ name }) => name).join(', ')
    const know = viewers.length === 1 ? 'does not know' : 'do not know'
    return [`${names} ${know} the hostname of ${subject.name} (${own.hostname})`]
  })
}

/** Whether a view has the hostname that the node itself announces. Before Redis 7 there is none to know. */
export function knowsHostname(seen: NodeView, own: NodeView): boolean {
  return own.hostname === undefined || seen.hostname === own.hostname
}
