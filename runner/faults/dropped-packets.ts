import { z } from 'zod'
import { PACKET_NAMES, PACKET_TYPES, type PacketType } from '../platforms/bus-packets.ts'
import { assertDebugCommand } from './debug-command.ts'
import { defineFault, type Fault, type FaultKind, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { dropsPackets, FILTER, NO_FILTER } from './packet-filter.ts'
import { asHealing, ask, askToHeal, healableOf, healEach, runningOf } from './reach.ts'

const droppedPacketsSpec = z.object({ nodes: z.array(z.string()), type: z.enum(PACKET_NAMES) })

/** Servers that drop what comes in on their cluster bus, of one type of packet: a server has one filter. */
export const droppedPackets = dropping('dropped-packets')

/** The same, by the name of what comes of it when masters drop requests for their vote. */
export const lostVotes = dropping('lost-votes')

/** A fault that already has the filter of one of these nodes. */
export function filterClash(active: readonly Fault[], nodes: readonly string[]): Fault | undefined {
  const kinds: string[] = [droppedPackets.name, lostVotes.name]
  return active.find((fault) => kinds.includes(fault.kind) && fault.nodes.some((node) => nodes.includes(node)))
}

function dropping(name: string): FaultKind<z.infer<typeof droppedPacketsSpec>> {
  return defineFault({
    name,
    spec: droppedPacketsSpec,
    memo: z.undefined(),
    lostByRestart: true,

    async remember({ nodes }, stage) {
      await assertDebugCommand(stage, nodes, FILTER, 'dropping cluster packets')
      return undefined
    },

    async apply(fault, stage) {
      const running = await runningOf(fault, stage)
      await Promise.all(running.map((node) => setFilter(stage, node, fault.spec.type)))
    },

    async prove(fault, stage) {
      const running = await runningOf(fault, stage)
      await Promise.all(
        running.map(async (node) => {
          if (await dropsPackets(stage, node, [fault.spec.type])) return
          throw new NotProven(`${node} took the filter, but still reads ${fault.spec.type} packets`)
        }),
      )
      return `a ${fault.spec.type} packet sent to the bus of ${running.join(', ')} was dropped, as the log says`
    },

    async heal(fault, stage) {
      await healEach(fault, stage, (node) => askToHeal(stage, node, 'DEBUG', FILTER, NO_FILTER))
    },

    async proveHealed(fault, stage) {
      const { running, down } = await healableOf(fault, stage)
      await Promise.all(running.map((node) => assertNoFilter(fault.spec.type, stage, node)))
      const read = running.length === 0 ? [] : [`${running.join(', ')}: ${fault.spec.type} packets are read again`]
      return [...read, ...down].join('; ')
    },
  })
}

async function setFilter(stage: FaultStage, node: string, type: PacketType): Promise<void> {
  await ask(stage, node, 'DEBUG', FILTER, String(PACKET_TYPES[type]))
}

async function assertNoFilter(type: PacketType, stage: FaultStage, node: string): Promise<void> {
  if (!(await asHealing(dropsPackets(stage, node, [type])))) return
  throw new NotHealed(`${node} still drops ${type} packets`, `A restart of ${node} ends it.`)
}
