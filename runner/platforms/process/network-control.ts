import { BUS_OFFSET } from '../bus-port.ts'
import { PlatformError } from '../errors.ts'
import {
  CLIENTS,
  type LinkAnswer,
  type LinkCount,
  type LinkFault,
  type LinkProbe,
  type NetworkControl,
} from '../faults.ts'
import { demandCarriable, demandEnds, type Linked } from '../links/carriable.ts'
import { announcedAddress, needsLinks } from '../links/loopback.ts'
import { probeRoute, type Route } from '../links/probe.ts'
import type { ServerNode } from '../platform.ts'
import type { Control } from './control.ts'

/** Below the longest inline command that a server takes, 64 KiB (server.h: PROTO_INLINE_MAX_SIZE, Redis 7.0). */
const LARGEST_QUESTION_BYTES = 48_000

/** Faults of the network of a group of processes: links of its own stand between them, if it was made with any. */
export class ProcessNetworkControl implements NetworkControl {
  readonly #nodes: readonly ServerNode[]
  readonly #linked: Linked
  readonly #control: Control

  constructor(nodes: readonly ServerNode[], needs: Linked['needs'], control: Control) {
    this.#nodes = nodes
    this.#linked = { nodes: nodes.map(({ name }) => name), needs }
    this.#control = control
  }

  async set(links: readonly LinkFault[]): Promise<void> {
    demandCarriable(links, this.#linked)
    if (needsLinks(this.#linked.needs))
      await this.#control.askLinks('set the faults of the links', { do: 'set', links })
  }

  async counts(): Promise<LinkCount[]> {
    if (!needsLinks(this.#linked.needs)) return []
    const { counts } = await this.#control.askLinks('ask the links what they stopped', { do: 'counts' })
    if (!counts) throw new PlatformError('the links did not say what they stopped')
    return counts
  }

  async probe(probes: readonly LinkProbe[], timeoutMs: number): Promise<LinkAnswer[]> {
    const routes = probes.map((probe) => this.#route(probe))
    return await Promise.all(
      routes.map(async ({ probe, ...route }) => ({ ...probe, ...(await probeRoute(route, timeoutMs)) })),
    )
  }

  /** As a node's own traffic goes: from its address to the announced one. Clients go to localhost. */
  #route(probe: LinkProbe): Route & { probe: LinkProbe } {
    const { from, to, channel, payloadBytes } = probe
    const needs = [from, to].includes(CLIENTS) ? { clientLinks: true as const } : this.#linked.needs
    demandEnds(probe, { ...this.#linked, needs })
    if ((payloadBytes ?? 0) > LARGEST_QUESTION_BYTES) {
      throw new PlatformError(`a question may have ${LARGEST_QUESTION_BYTES} bytes, not ${payloadBytes}`)
    }
    const target = this.#nodes.find(({ name }) => name === to)
    if (!target) throw new PlatformError('clients have no port to be probed')
    const sender = this.#nodes.find(({ name }) => name === from)
    return {
      probe,
      host: sender ? target.peerHost : '127.0.0.1',
      port: channel === 'bus' ? target.port + BUS_OFFSET : target.port,
      ...(sender && { localAddress: announcedAddress(sender.index) }),
      channel,
      ...(payloadBytes === undefined ? {} : { payloadBytes }),
    }
  }
}
