import type { NetworkInspectInfo } from 'dockerode'
import { BUS_OFFSET } from '../../bus-port.ts'
import { PlatformError } from '../../errors.ts'
import { UnsupportedFault } from '../../faults.ts'
import { LinkChild } from '../../links/link-child.mjs'
import type { LinkOrder, LinkPlan, LinkReply } from '../../links/protocol.ts'
import type { ServerNode } from '../../platform.ts'
import type { Engine } from '../engine.ts'
import { networkName } from '../network.ts'
import type { Detour, Division, Door } from './detours.ts'
import { NOT_OURS } from './gateway.ts'

export interface CarrierOptions {
  engine: Engine
  runId: string
  nodes: readonly ServerNode[]
  /** The process that carries the links has ended by itself. */
  onLoss(error: PlatformError): void
}

/**
 * Links of this program between containers, for what a kernel cannot do: they listen on the gateway of the run's network, and rules in
 * the nodes' namespaces lead there. There is no process for them until a fault needs one, nor after the last.
 */
export class LinkCarrier {
  readonly #options: CarrierOptions
  #links: LinkChild | undefined
  #doors: readonly Door[] = []
  #detours: readonly Detour[] = []

  constructor(options: CarrierOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#links !== undefined
  }

  /** The doors of all nodes; none while nothing is carried. */
  get doors(): readonly Door[] {
    return this.#doors
  }

  /**
   * Makes links ready that do exactly this; who is to go there must be told by rules. Throws UnsupportedFault where the gateway is no
   * address of this machine, PlatformError when the links do not come to be.
   */
  async prepare({ detours, carried }: Division): Promise<void> {
    if (detours.length === 0) return
    if (!this.#links) await this.#open()
    await this.#ask('set the faults of the links', { do: 'set', links: carried.map(({ link }) => link) })
  }

  /** Once the rules lead elsewhere: ends what still goes through links that are not needed, or all of them. */
  async settle({ detours }: Division): Promise<void> {
    const before = this.#detours
    this.#detours = detours
    if (detours.length === 0) return await this.close()
    const given = before.filter((one) => !detours.some((other) => isSame(one, other)))
    if (given.length > 0) {
      await this.#ask('end connections of links', { do: 'end', pairs: given.map(({ ends }) => ends) })
    }
  }

  /** What the links have stopped or changed, in the order of what they were last asked for. */
  async packets(): Promise<number[]> {
    if (!this.#links) return []
    const { counts = [] } = await this.#ask('ask the links what they changed', { do: 'counts' })
    return counts.map(({ packets }) => packets)
  }

  /** Ends all links with the connections that they carry. Idempotent. */
  async close(): Promise<void> {
    const links = this.#links
    this.#links = undefined
    this.#doors = []
    await links?.close()
  }

  async #open(): Promise<void> {
    const { onLoss, nodes, runId } = this.#options
    const gateway = await this.#gateway()
    const links = new LinkChild(runId, (lost) => {
      onLoss(new PlatformError(lost, { hint: 'something else ended it; a new run makes a new one' }))
    })
    try {
      const plan = planOf(nodes, gateway)
      const ports = await links.open(plan)
      this.#doors = plan.doors.map(({ to, channel, host }, place) => ({ to, channel, host, port: ports[place] ?? 0 }))
      this.#links = links
    } catch (error) {
      await links.close()
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EADDRNOTAVAIL') throw new UnsupportedFault('a slow link', `${gateway} ${NOT_OURS}`)
      throw new PlatformError(`the links at ${gateway} could not be opened: ${message}`, { cause: error })
    }
  }

  async #gateway(): Promise<string> {
    const { engine, runId } = this.#options
    const name = networkName(runId)
    const details = await engine.call(
      `inspect network ${name}`,
      (): Promise<NetworkInspectInfo> => engine.docker.getNetwork(name).inspect(),
    )
    const gateway = details.IPAM?.Config?.map(({ Gateway }) => Gateway).find((address) => address?.includes('.'))
    if (gateway) return gateway
    throw new UnsupportedFault('a slow link', `network ${name} has no gateway that links could listen on`)
  }

  async #ask(doing: string, order: LinkOrder): Promise<LinkReply> {
    try {
      if (!this.#links) throw new Error('there are none')
      const reply = await this.#links.ask(order)
      if (reply.error !== undefined) throw new Error(reply.error)
      return reply
    } catch (error) {
      throw new PlatformError(`could not ${doing}: ${(error as Error).message}`, { cause: error })
    }
  }
}

function isSame(one: Detour, other: Detour): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function planOf(nodes: readonly ServerNode[], gateway: string): LinkPlan {
  return {
    senders: Object.fromEntries(nodes.map(({ peerHost, name }) => [peerHost, name])),
    doors: nodes.flatMap(({ name, peerHost, peerPort }) =>
      (['bus', 'data'] as const).map((channel) => ({
        ...{ host: gateway, port: 0, to: name, channel },
        target: { host: peerHost, port: channel === 'bus' ? peerPort + BUS_OFFSET : peerPort },
      })),
    ),
  }
}
