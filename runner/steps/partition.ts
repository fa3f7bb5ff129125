import { partition as kind } from '../faults/partition.ts'
import { type Channel, CLIENTS, type LinkFault } from '../platforms/faults.ts'
import { faultVerb } from './fault-verb.ts'
import { type PartitionArg, partitionArg } from './partition/arg.ts'
import { resolveSides, type Sides } from './partition/sides.ts'
import { describeTargets } from './targets.ts'
import type { Given } from './verb.ts'

export const partition = faultVerb({
  name: 'partition',
  summary: 'Cuts nodes off from each other, until heal or for a time.',
  example: ['- partition: { isolate: minority of masters, clients: cut }', '  for: 30s'],
  proof: 'What was cut off is no longer reached, and what was not, is.',
  arg: partitionArg,
  kind,
  needs: (given) => (cutsClients(given) ? { links: true, clientLinks: true } : { links: true }),
  sentence: describe,
  async plan(arg, context) {
    const sides = await resolveSides(arg, context)
    const links = [...(arg.traffic === 'client' ? [] : nodeLinks(sides, arg)), ...clientLinks(sides, arg)]
    const nodes = [...new Set(links.flatMap(({ from, to }) => [from, to]))].filter((name) => name !== CLIENTS)
    const clients = !cutsClients(arg) ? '' : arg.traffic === 'client' ? '' : ', and from clients'
    const sentence = arg.traffic === 'client' ? `cut clients off from ${sides.sides[1]?.join(', ')}` : sides.sentence
    return {
      spec: { links },
      nodes: arg.isolate === undefined ? nodes : (sides.sides[1] ?? []),
      sentence: sentence + clients,
    }
  },
})

function cutsClients({ clients, traffic }: Given<PartitionArg>): boolean {
  return clients === 'cut' || traffic === 'client'
}

function nodeLinks({ sides, oneWay }: Sides, { traffic = 'all', mode = 'drop' }: PartitionArg): LinkFault[] {
  const channel: Channel = traffic === 'client' ? 'data' : traffic
  return sides.flatMap((senders, side) =>
    sides.flatMap((receivers, other) => {
      if (side === other || (oneWay && side !== 0)) return []
      return senders.flatMap((from) => receivers.map((to): LinkFault => ({ from, to, channel, cut: mode })))
    }),
  )
}

/** Clients keep the first side: of an isolation, that is all the others. */
function clientLinks({ sides }: Sides, arg: PartitionArg): LinkFault[] {
  if (!cutsClients(arg)) return []
  const cut = arg.mode ?? 'drop'
  return sides
    .slice(1)
    .flat()
    .flatMap((node): LinkFault[] => [
      { from: CLIENTS, to: node, channel: 'data', cut },
      { from: node, to: CLIENTS, channel: 'data', cut },
    ])
}

function describe(arg: PartitionArg): string {
  const traffic = { all: '', bus: ' on the cluster bus', data: ' for replication', client: '' }[arg.traffic ?? 'all']
  const clients = arg.clients === 'cut' ? ', and from clients' : ''
  const how = arg.mode === 'reject' ? ', with resets' : ''
  return `${describeCut(arg)}${traffic}${clients}${how}`
}

function describeCut(arg: PartitionArg): string {
  if (arg.isolate !== undefined) {
    const from = arg.traffic === 'client' ? 'clients' : 'all other nodes'
    return `cut ${describeTargets(arg.isolate)} off from ${from}`
  }
  if (arg.from !== undefined) return `lose what ${describeTargets(arg.from)} sends to ${describeTargets(arg.to ?? [])}`
  if (arg.halves !== undefined) return `cut the cluster into a majority and a minority, with replicas ${arg.halves}`
  const bridge = arg.bridge === undefined ? '' : `, with ${arg.bridge} reaching both`
  if (arg.groups === undefined) return `cut the other nodes into two halves${bridge}`
  return `cut ${arg.groups.map((side) => `(${side.join(', ')})`).join(' and ')} off from each other${bridge}`
}
