import { CAPABILITIES, type Capability, CLIENTS, type LinkFault } from '../platforms/faults.ts'
import { linksOf } from './network-faults.ts'
import { resourcesSpec } from './server-resources.ts'

/** What a platform must be able to do for a fault, its targets known; empty where commands to the servers are enough. */
export function capabilitiesOf(kind: string, spec: unknown): Capability[] {
  const links = linksOf([{ id: '', kind, spec, memo: undefined, nodes: [], sentence: '' }])
  const resources = resourcesSpec.safeParse(spec).data?.resources ?? {}
  const found = [
    ...links.flatMap(ofLink),
    ...(resources.cpuShare === undefined ? [] : ['cpu' as const]),
    ...(resources.memoryBytes === undefined ? [] : ['memory' as const]),
    ...(resources.disk === undefined ? [] : [ofDisk(resources.disk)]),
    ...CAPABILITIES.filter((capability) => capability === kind && links.length === 0),
  ]
  return [...new Set(found)]
}

function ofLink(link: LinkFault): Capability[] {
  const isToClients = link.from === CLIENTS || link.to === CLIENTS
  const cut = isToClients ? 'client-cut' : 'partition'
  const delay = isToClients ? 'client-delay' : 'delay'
  return [
    ...(link.cut === undefined ? [] : [cut as Capability]),
    ...(link.delayMs === undefined ? [] : [delay as Capability]),
    ...(link.jitterMs === undefined ? [] : ['jitter' as const]),
    ...(link.lossRatio === undefined ? [] : ['loss' as const]),
    ...(link.bytesPerSecond === undefined ? [] : ['bandwidth' as const]),
    ...(link.corruptRatio === undefined ? [] : ['corrupt' as const]),
    ...(link.duplicateRatio === undefined ? [] : ['duplicate' as const]),
    ...(link.reorderRatio === undefined ? [] : ['reorder' as const]),
    ...(link.packet === undefined ? [] : ['bus-packets' as const]),
    ...(link.lie === undefined ? [] : ['lies' as const]),
  ]
}

function ofDisk(disk: 'full' | 'read-only' | object): Capability {
  if (disk === 'full') return 'disk-full'
  return disk === 'read-only' ? 'disk-read-only' : 'disk-slow'
}
