import { groupBy } from '../base/group.ts'
import { isEstablished } from './agreed-view.ts'
import type { Snapshot } from './live-cluster.ts'
import type { NodeReport } from './node-report.ts'
import { ownLine } from './slot-claims.ts'
import { formatSlotRanges } from './slots.ts'
import type { NodeView } from './view.ts'

/**
 * Who announces no hostname although others do: all nodes redirect clients that want hostnames to `?` instead of there
 * (getPreferredEndpoint, cluster.c, Redis 7.0).
 */
export function missingHostnames(reports: readonly NodeReport[]): string[] {
  const hostnameOf = (report: NodeReport) => ownLine(report)?.hostname
  const announced = [...groupBy(reports, hostnameOf)].filter(([hostname]) => hostname !== undefined)
  if (announced.length === 0) return []
  const [[only] = [], second] = announced
  const others =
    second === undefined
      ? `the others announce ${only}`
      : announced.map(([hostname, all]) => `${announce(all.map(({ name }) => name))} ${hostname}`).join(', ')
  return reports
    .filter((report) => hostnameOf(report) === undefined)
    .map((report) => `${report.name} announces no hostname, while ${others}: ${redirected(ownLine(report))}`)
}

function announce(names: readonly string[]): string {
  return `${names.join(', ')} ${names.length === 1 ? 'announces' : 'announce'}`
}

/** What clients that want hostnames are told. */
function redirected(node: NodeView | undefined): string {
  const slots = formatSlotRanges(node?.slots ?? [])
  return slots === ''
    ? 'clients are sent to `?` instead of there'
    : `clients are redirected to \`?\` for slots ${slots}`
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
    return [`${names} ${know} the hostname of ${subject.name} (${own.hostname}): ${redirected(own)}`]
  })
}

/** Whether a view has the hostname that the node itself announces. Before Redis 7 there is none to know. */
function knowsHostname(seen: NodeView, own: NodeView): boolean {
  return own.hostname === undefined || seen.hostname === own.hostname
}
