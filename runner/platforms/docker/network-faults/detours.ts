import type { NetworkInspectInfo } from 'dockerode'
import { codeOf, messageOf } from '../../../base/errors.ts'
import { PlatformError } from '../../errors.ts'
import { type LinkCount, type Stranger, UnsupportedFault } from '../../faults.ts'
import { LinkChild } from '../../links/link-child.ts'
import type { LinkOrder, LinkPlan, LinkReply } from '../../links/protocol.ts'
import { BUS_OFFSET, type ServerNode } from '../../platform.ts'
import { listenError } from '../../port-holder.ts'
import type { Engine } from '../engine.ts'
import { networkName } from '../network.ts'
import type { RunTasks } from '../toolbox/job.ts'
import type { Detour, FaultSplit } from './fault-split.ts'
import { liveNodes } from './live-nodes.ts'
import { readAnswers } from './probes.ts'

/** Where the link to a node listens, on the gateway of the run's network. */
export interface Door {
  to: string
  channel: 'bus' | 'data'
  host: string
  port: number
}

export interface DetourOptions {
  engine: Engine
  runId: string
  nodes: readonly ServerNode[]
  run: RunTasks
  /** Called when the process that carries the links has ended by itself. */
  onLoss(error: PlatformError): void
}

const FAULT = "a fault by the runner's own links"
const NOT_OURS = 'is not an address of the machine that runs this program'
/** How long a node may take to reach a link on the same machine. */
const REACHED_WITHIN_MS = 2_000

/**
 * The runner's own links between containers, for what the kernel cannot do. They listen on the gateway of the run's
 * network, and rules in the nodes' namespaces lead there (see `rules.ts`). Their process exists only while a fault
 * needs it.
 */
export class Detours {
  readonly #options: DetourOptions
  #links: LinkChild | undefined
  #doors: readonly Door[] = []
  #taken: readonly Detour[] = []
  /** How many connections each process of links refused, by the address that they came from. */
  readonly #refused: Readonly<Record<string, number>>[] = []

  constructor(options: DetourOptions) {
    this.#options = options
  }

  /** Two for each node; none while no fault needs a detour. */
  get doors(): readonly Door[] {
    return this.#doors
  }

  /**
   * Opens the links if need be and gives them exactly these faults; nobody uses them until rules lead there. Throws
   * UnsupportedFault where nodes cannot reach the links, PlatformError where the links cannot be opened.
   */
  async prepare({ detours, carried }: FaultSplit): Promise<void> {
    if (detours.length === 0) return await this.#letGoOn()
    if (this.#links === undefined) {
      await this.#open()
      try {
        // Before they are given faults, which might drop what asks for the way.
        await this.#assertReachable(detours)
      } catch (error) {
        await this.close()
        throw error
      }
    }
    await this.#ask('set the faults of the links', { do: 'set', links: carried.map(({ link }) => link) })
  }

  /** Ends links that are no longer needed, once the rules lead past them; with the last one, their process. */
  async settle({ detours }: FaultSplit): Promise<void> {
    const before = this.#taken
    this.#taken = detours
    if (detours.length === 0) return await this.close()
    const abandoned = before.filter((one) => !detours.some((other) => isSame(one, other)))
    if (abandoned.length > 0) {
      await this.#ask('end connections of links', { do: 'end', pairs: abandoned.map(({ ends }) => ends) })
    }
  }

  /** A node has another address from now on. */
  async move(node: string, from: string, to: string): Promise<void> {
    if (this.#links) await this.#ask(`follow ${node} to ${to}`, { do: 'move', node, from, to })
  }

  /** What the links have counted, in the order of the faults last given to them. */
  async counts(): Promise<LinkCount[]> {
    if (!this.#links) return []
    const { counts = [], refused = {} } = await this.#ask('read the counters of the links', { do: 'counts' })
    this.#refused[this.#refused.length - 1] = refused
    return counts
  }

  /** Who came to a door and is no node of the run, and how often, as far as was seen. */
  get strangers(): Stranger[] {
    const times = new Map<string, number>()
    for (const [address, more] of this.#refused.flatMap((one) => Object.entries(one))) {
      times.set(address, (times.get(address) ?? 0) + more)
    }
    return [...times].map(([address, times]) => ({ address, times }))
  }

  /** Ends all links and the connections that they carry. Idempotent. */
  async close(): Promise<void> {
    const links = this.#links
    // Links that have died have told what they will ever tell.
    await this.counts().catch(() => undefined)
    this.#links = undefined
    this.#doors = []
    await links?.close()
  }

  /** Links that are no longer needed let go on what they hold, before they end. Those that have died hold nothing. */
  async #letGoOn(): Promise<void> {
    if (!this.#links) return
    await this.#ask('let go on what is held', { do: 'set', links: [] }).catch(() => undefined)
  }

  async #open(): Promise<void> {
    const { onLoss, nodes, runId } = this.#options
    const gateway = await this.#gateway()
    const links = new LinkChild(runId, (lost) => {
      onLoss(new PlatformError(lost, { hint: 'something else ended it; a new run starts a new one' }))
    })
    try {
      const plan = linkPlan(nodes, gateway)
      const ports = await links.open(plan)
      this.#doors = plan.doors.map(({ to, channel, host }, index) => ({ to, channel, host, port: ports[index] ?? 0 }))
      this.#links = links
      this.#refused.push({})
    } catch (error) {
      await links.close()
      if (codeOf(error) === 'EADDRNOTAVAIL') throw new UnsupportedFault(FAULT, `${gateway} ${NOT_OURS}`)
      throw new PlatformError(`the links at ${gateway} could not be opened: ${messageOf(error)}`, { cause: error })
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
    throw new UnsupportedFault(FAULT, `network ${name} has no gateway that links could listen on`)
  }

  /**
   * Probes one link from the first node that will use it: all nodes are on the same network. Only silence counts as out
   * of reach: a link whose own node is down resets every connection.
   */
  async #assertReachable(detours: readonly Detour[]): Promise<void> {
    const { engine, nodes, run } = this.#options
    const live = await liveNodes(engine, nodes)
    const [way] = detours.flatMap(({ ends: [from, to], channels: [channel] }) => {
      const sender = live.find(({ node }) => node.name === from)
      const door = this.#doors.find((one) => one.to === to && one.channel === channel)
      return sender && door ? [{ sender, door }] : []
    })
    if (!way) return
    const { node, pid } = way.sender
    const { host, port, channel } = way.door
    const input = `0 ${host} ${port} ${channel} 0 ${REACHED_WITHIN_MS}\n`
    const task = {
      key: node.name,
      namespace: { pid, address: node.peerHost },
      steps: [{ program: 'probe', input }],
    } as const
    const results = await run(Promise.resolve([task]), 'try a link', REACHED_WITHIN_MS)
    if (readAnswers(results.get(task.key) ?? []).get(0)?.outcome !== 'silent') return
    throw new UnsupportedFault(
      FAULT,
      `${node.name} did not reach one at the gateway of its network within ${REACHED_WITHIN_MS / 1000} s`,
      'a firewall of this machine may block containers: allow traffic from their networks',
    )
  }

  async #ask(doing: string, order: LinkOrder): Promise<LinkReply> {
    try {
      if (!this.#links) throw new Error('there are none')
      const reply = await this.#links.ask(order)
      if (reply.error !== undefined) throw new Error(reply.error)
      return reply
    } catch (error) {
      throw new PlatformError(`could not ${doing}: ${messageOf(error)}`, { cause: error })
    }
  }
}

/**
 * Why the runner's links cannot listen on gateways of the engine's networks; undefined where they can. Only on the
 * engine's own Linux machine are these addresses of this machine too.
 */
export async function detourProblem(engine: Engine): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'this program does not run on the Linux machine of the engine'
  const networks = await engine.call('list the networks', (abortSignal) =>
    engine.docker.listNetworks({ filters: JSON.stringify({ driver: ['bridge'] }), abortSignal }),
  )
  const gateways = networks.flatMap(({ IPAM }) => IPAM?.Config?.map(({ Gateway }) => Gateway) ?? [])
  const [gateway] = gateways.filter((address) => address?.includes('.'))
  // The run's own network always has a gateway, and is asked again when links are opened.
  if (gateway === undefined) return undefined
  return (await listenError(gateway, 0)) && `the gateway ${gateway} of the engine ${NOT_OURS}`
}

function isSame(one: Detour, other: Detour): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function linkPlan(nodes: readonly ServerNode[], gateway: string): LinkPlan {
  return {
    // Every container of this machine reaches the gateway, whichever network it is on.
    refusesStrangers: true,
    senders: Object.fromEntries(nodes.map(({ peerHost, name }) => [peerHost, name])),
    doors: nodes.flatMap(({ name, peerHost, peerPort }) =>
      (['bus', 'data'] as const).map((channel) => ({
        host: gateway,
        port: 0,
        to: name,
        channel,
        target: { host: peerHost, port: channel === 'bus' ? peerPort + BUS_OFFSET : peerPort },
      })),
    ),
  }
}
