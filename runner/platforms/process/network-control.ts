import { PlatformError } from '../errors.ts'
import {
  CLIENTS,
  type GroupNeeds,
  type LinkAnswer,
  type LinkCount,
  type LinkFault,
  type LinkProbe,
  type NetworkControl,
} from '../faults.ts'
import { assertValidFaults, assertValidProbe } from '../link-checks.ts'
import { needsLinks } from '../links/loopback.ts'
import { BUS_OFFSET, findNode, type ServerNode } from '../platform.ts'
import { probeRoute, type Route } from '../probe-route.ts'
import type { Control } from './control.ts'
import { assertLinked, assertSupported } from './fault-support.ts'

export interface NetworkOptions {
  runId: string
  nodes: readonly ServerNode[]
  /** What the group was made with. */
  needs: GroupNeeds
  control: Control
}

/** Network faults of a group of processes: links of the runner stand between them, if the group was made with links. */
export class ProcessNetworkControl implements NetworkControl {
  readonly #options: NetworkOptions

  constructor(options: NetworkOptions) {
    this.#options = options
  }

  async set(links: readonly LinkFault[]): Promise<void> {
    const { nodes, needs, control } = this.#options
    assertValidFaults(links, nodes)
    assertSupported(links, needs)
    if (needsLinks(needs)) await control.askLinks('set the faults of the links', { do: 'set', links })
  }

  async counts(): Promise<LinkCount[]> {
    const { needs, control } = this.#options
    if (!needsLinks(needs)) return []
    const { counts } = await control.askLinks('read the counters of the links', { do: 'counts' })
    if (!counts) throw new PlatformError('the links did not say what they stopped')
    return counts
  }

  async probe(probes: readonly LinkProbe[], timeoutMs: number): Promise<LinkAnswer[]> {
    const routed = probes.map((probe) => ({ probe, route: this.#route(probe) }))
    return await Promise.all(
      routed.map(async ({ probe, route }) => ({ ...probe, ...(await probeRoute(route, timeoutMs)) })),
    )
  }

  /** The way of a node's own traffic: from its address to the announced one of the other. Clients go to localhost. */
  #route(probe: LinkProbe): Route {
    const { runId, nodes, needs } = this.#options
    const { from, to, channel, payloadBytes = 0 } = probe
    assertValidProbe(probe, nodes)
    const target = findNode(nodes, runId, to)
    const port = channel === 'bus' ? target.port + BUS_OFFSET : target.port
    if (from === CLIENTS) return { host: '127.0.0.1', port, channel, payloadBytes }
    assertLinked(probe, needs)
    const localAddress = findNode(nodes, runId, from).peerHost
    return { host: target.peerHost, port, localAddress, channel, payloadBytes }
  }
}
