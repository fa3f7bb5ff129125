import { plural } from '../base/text.ts'
import { type LinkCount, type LinkFault, type PacketFault, UnsupportedFault } from '../platforms/faults.ts'
import { NotHealed, NotProven } from './fault.ts'
import { askAll, countsOf, describeProbe, linkFault } from './network-faults.ts'

/** Nodes send these to each other by themselves, at least twice in a node time-out (clusterCron, cluster.c, Redis 7.0). */
const PERIODIC: readonly PacketFault['type'][] = ['ping', 'pong']
const COUNTED_WITHIN_MS = 8000
const LOOK_EVERY_MS = 50
const ANSWER_WITHIN_MS = 2000

/** Packets of the cluster bus that vanish, come twice, late or out of order, by their type. */
export const bus = linkFault('bus', {
  async prove(fault, stage) {
    const { links } = fault.spec
    const awaitsOwn = links.some(({ packet }) => packet && PERIODIC.includes(packet.type))
    const startMs = stage.clock.ranMs()
    for (;;) {
      const counts = await countsOf(links, stage)
      assertPackets(counts)
      if (sumOf(counts, 'packets') > 0) return describeCounts(counts)
      const seen = sumOf(counts, 'seen')
      if (seen > 0 && !awaitsOwn)
        return `${plural(seen, 'packet')} seen on these links, none of them ${typesOf(links)} yet`
      if (stage.clock.ranMs() - startMs > COUNTED_WITHIN_MS) throw noneCame(counts, links)
      await stage.clock.sleep(LOOK_EVERY_MS, stage.signal)
    }
  },

  async sumUp(fault, stage) {
    const counts = await countsOf(fault.spec.links, stage)
    if (counts.length === 0) return 'what it did is not known (its links ended with the runner that had them)'
    if (sumOf(counts, 'packets') === 0) throw noneCame(counts, fault.spec.links)
    return describeCounts(counts)
  },

  async proveHealed(_, stage, probes) {
    const silent = (await askAll(probes, ANSWER_WITHIN_MS, stage)).find(({ outcome }) => outcome !== 'open')
    if (silent) throw new NotHealed(`no answer after the bus was healed: ${describeProbe(silent)}`)
    return 'all packets pass again'
  },
})

/** Throws UnsupportedFault where something else is said than packets of the one version of the bus that is known. */
function assertPackets(counts: readonly LinkCount[]): void {
  const other = counts.find(({ unread = 0 }) => unread > 0)
  if (!other) return
  throw new UnsupportedFault(
    'a fault of packets',
    `what ${other.link.from} sends to ${other.link.to} is no packet of version 1 of the cluster bus`,
    'this server may speak a later version; a `partition` works with every server',
  )
}

function noneCame(counts: readonly LinkCount[], links: readonly LinkFault[]): NotProven {
  return new NotProven(
    `no ${typesOf(links)} packet was treated; ${sumOf(counts, 'seen')} packets of all types were seen on these links`,
    'The fault did not bite: have the nodes send such a packet while it is there.',
  )
}

/** `4 ping packets dropped on 2 of 5 links`. */
function describeCounts(counts: readonly LinkCount[]): string {
  const types = [...new Set(counts.flatMap(({ link }) => link.packet?.type ?? []))]
  return types
    .map((type) => {
      const own = counts.filter(({ link }) => link.packet?.type === type)
      const bitten = own.filter(({ packets }) => packets > 0).length
      const where = own.length === 1 ? '' : ` on ${bitten} of ${own.length} links`
      return `${plural(sumOf(own, 'packets'), `${type} packet`)} ${pastOf(own[0]?.link.packet?.fate)}${where}`
    })
    .join(', ')
}

function pastOf(fate: PacketFault['fate'] | undefined): string {
  if (fate === 'drop') return 'dropped'
  if (fate === 'duplicate') return 'sent twice'
  return fate === 'reorder' ? 'overtaken' : 'delayed'
}

function typesOf(links: readonly LinkFault[]): string {
  return [...new Set(links.flatMap(({ packet }) => packet?.type ?? []))].join(' or ')
}

function sumOf(counts: readonly LinkCount[], what: 'packets' | 'seen'): number {
  return counts.reduce((sum, count) => sum + (count[what] ?? 0), 0)
}
