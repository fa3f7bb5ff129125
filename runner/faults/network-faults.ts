import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { PACKET_NAMES } from '../platforms/bus-packets.ts'
import type { LinkAnswer, LinkCount, LinkFault, LinkProbe } from '../platforms/faults.ts'
import { CLIENTS, STREAM_LIES } from '../platforms/faults.ts'
import { defineFault, type Fault, type FaultKind, type FaultStage, NotProven } from './fault.ts'

const link: z.ZodType<LinkFault> = z.object({
  from: z.string(),
  to: z.string(),
  channel: z.enum(['bus', 'data', 'all']),
  cut: z.enum(['drop', 'reject']).exactOptional(),
  delayMs: z.number().exactOptional(),
  jitterMs: z.number().exactOptional(),
  lossRatio: z.number().exactOptional(),
  bytesPerSecond: z.number().exactOptional(),
  corruptRatio: z.number().exactOptional(),
  duplicateRatio: z.number().exactOptional(),
  reorderRatio: z.number().exactOptional(),
  packet: z
    .object({
      type: z.enum(PACKET_NAMES),
      fate: z.union([z.enum(['drop', 'duplicate', 'reorder']), z.object({ delayMs: z.number() })]),
    })
    .exactOptional(),
  lie: z.object({ how: z.enum(STREAM_LIES), every: z.number() }).exactOptional(),
})

/** What a fault of the network is made of: the links, each direction by itself. */
const linksSpec = z.object({ links: z.array(link) })

type LinksFault = Fault<z.infer<typeof linksSpec>, undefined>

const LINK_KINDS: readonly string[] = ['partition', 'network', 'bus', 'lie']

/** Every link that some fault of the network bites. */
export function linksOf(active: readonly Fault[]): LinkFault[] {
  return active.filter(({ kind }) => LINK_KINDS.includes(kind)).flatMap(({ spec }) => linksSpec.parse(spec).links)
}

/**
 * Pairs of nodes between which a fault stops the cluster bus in one direction or both: either way they no longer hear
 * each other's answers. Undefined for a fault that cuts no links.
 */
export function busCuts({ kind, spec }: Fault): [string, string][] | undefined {
  if (kind !== 'partition') return undefined
  const pairs = linksSpec
    .parse(spec)
    .links.filter(({ channel, from, to }) => channel !== 'data' && from !== CLIENTS && to !== CLIENTS)
    .map(({ from, to }): [string, string] => (from < to ? [from, to] : [to, from]))
  return [...new Map(pairs.map((pair) => [pair.join(' '), pair])).values()]
}

/** A kind of fault of the network; how it is proven, and that it is healed, is its own. */
export function linkFault(
  name: string,
  proofs: {
    prove(fault: LinksFault, stage: FaultStage): Promise<string>
    /** Given the probes along those of its links that no other fault bites now; there is at least one. */
    proveHealed(fault: LinksFault, stage: FaultStage, probes: readonly LinkProbe[]): Promise<string>
    sumUp?(fault: LinksFault, stage: FaultStage): Promise<string>
  },
): FaultKind<z.infer<typeof linksSpec>> {
  return defineFault({
    name,
    spec: linksSpec,
    memo: z.undefined(),
    // The platform itself applies the network's state again to a node that starts anew.
    lostByRestart: false,
    apply: (_, stage) => reconcile(stage),
    heal: (_, stage) => reconcile(stage),
    prove: proofs.prove,
    ...(proofs.sumUp && { sumUp: proofs.sumUp }),
    async proveHealed(fault, stage) {
      const remaining = linksOf(stage.active)
      const along = probesAlong(fault.spec.links, await runningNodes(stage))
      const probes = along.filter((probe) => between(remaining, probe).length === 0)
      if (probes.length === 0) return 'nothing to probe: the nodes are down, or another fault bites there'
      return await proofs.proveHealed(fault, stage, probes)
    },
  })
}

/** Makes the network what all active faults together say. */
async function reconcile({ servers, active }: FaultStage): Promise<void> {
  await servers.network.set(linksOf(active))
}

/** Packets that the faults of these links have stopped or changed until now, by their own counters. */
export async function packetsCounted(links: readonly LinkFault[], stage: FaultStage): Promise<number> {
  return (await countsOf(links, stage)).reduce((sum, { packets }) => sum + packets, 0)
}

/** What the faults of these links have counted until now. */
export async function countsOf(links: readonly LinkFault[], { servers }: FaultStage): Promise<LinkCount[]> {
  const counts = await servers.network.counts()
  return counts.filter(({ link }) => links.some((one) => sameLink(one, link)))
}

/** Links between two ends, in either direction, on the channel of a probe. */
export function between(links: readonly LinkFault[], { from, to, channel }: LinkProbe): LinkFault[] {
  return links.filter(
    (link) =>
      (link.channel === 'all' || link.channel === channel) &&
      ((link.from === from && link.to === to) || (link.from === to && link.to === from)),
  )
}

function sameLink(a: LinkFault, b: LinkFault): boolean {
  return a.from === b.from && a.to === b.to && a.channel === b.channel && isDeepStrictEqual(a.packet, b.packet)
}

/** The nodes that run: from and to others nothing can be shown. */
export async function runningNodes({ servers }: FaultStage): Promise<Set<string>> {
  const states = await Promise.all(
    servers.nodes.map(async ({ name }) => ({ name, running: (await servers.state(name)).status === 'running' })),
  )
  return new Set(states.filter(({ running }) => running).map(({ name }) => name))
}

/** A probe along each link whose ends run, as the sender would make it; CLIENTS always do, and always ask. */
export function probesAlong(links: readonly LinkFault[], running: ReadonlySet<string>): LinkProbe[] {
  const there = (end: string) => end === CLIENTS || running.has(end)
  const probes = links
    .filter(({ from, to }) => there(from) && there(to))
    .map(({ from, to, channel }): LinkProbe => {
      const withClients = from === CLIENTS || to === CLIENTS
      const way = to === CLIENTS ? { from: to, to: from } : { from, to }
      return { ...way, channel: withClients || channel === 'data' ? 'data' : 'bus' }
    })
  return [...new Map(probes.map((probe) => [`${probe.from} ${probe.to} ${probe.channel}`, probe])).values()]
}

/** Pairs of running nodes that no link fault touches, one for each node at most, to show that the rest still works. */
export function wholePairs(links: readonly LinkFault[], running: ReadonlySet<string>): LinkProbe[] {
  const names = [...running]
  const seen = new Set<string>()
  const pairs: LinkProbe[] = []
  for (const from of names) {
    const to = names.find(
      (other) =>
        other !== from && !seen.has(`${other} ${from}`) && !between(links, { from, to: other, channel: 'bus' }).length,
    )
    if (to === undefined) continue
    seen.add(`${from} ${to}`)
    pairs.push({ from, to, channel: 'bus' })
  }
  return pairs
}

/** Asks all probes at once. Throws NotProven where there is none: nothing could be shown. */
export async function askAll(
  probes: readonly LinkProbe[],
  timeoutMs: number,
  stage: FaultStage,
): Promise<LinkAnswer[]> {
  if (probes.length === 0) {
    throw new NotProven('no node on either side of the links runs, so nothing can be shown', 'Start the nodes first.')
  }
  return await stage.servers.network.probe(probes, timeoutMs)
}

export function describeProbe({ from, to, channel }: LinkProbe): string {
  return `${from} → ${to} (${channel === 'bus' ? 'cluster bus' : 'port for clients'})`
}
