import { typed } from '../base/command-line.ts'
import { BUS_OFFSET } from '../platforms/platform.ts'
import type { ContainerSeen } from './engine.ts'
import type { Environment } from './environment.ts'
import { type Finding, findingsOf } from './finding.ts'
import type { Machine } from './machine.ts'

const NODES = 6
/** How far from each other the bases are that are tried in place of a taken one. */
const BASE_STEP = 100
const BASES_TRIED = 10

interface Held {
  port: number
  holder: string
}

/** Whether the ports and names of six nodes are free, or by what they are held. Nothing is touched. */
export async function portFindings(environment: Environment, containers: readonly ContainerSeen[]): Promise<Finding[]> {
  const { machine, portBase, namePrefix } = environment
  const { ok, degraded } = findingsOf('ports')
  const runs = await environment.processRuns()
  const holderOf = (port: number, holder: string): string => {
    const container = containers.find(({ ports }) => ports.includes(port))
    if (container) return describe(container)
    const run = runs.find(({ ports }) => ports.includes(port) || ports.includes(port - BUS_OFFSET))
    return run ? `${run.purpose} (processes of run ${run.runId})` : holder
  }
  const [clients, buses] = await Promise.all(
    [portBase, portBase + BUS_OFFSET].map(async (first) =>
      (await heldPorts(machine, first)).map(({ port, holder }) => ({ port, holder: holderOf(port, holder) })),
    ),
  )
  const taken = (clients?.length ?? 0) + (buses?.length ?? 0) > 0
  const freeBase = taken ? await findFreeBase(machine, portBase) : undefined
  const remedy = freeBase === undefined ? '' : typed('run', ['failover-basic'], [`--port-base ${freeBase}`])
  const finding = (subject: string, first: number, held: readonly Held[]) =>
    held.length === 0
      ? ok(subject, `${first} to ${first + NODES - 1} are free`)
      : degraded(
          subject,
          `${describeHeld(held)}; other ports do as well`,
          remedy || 'give --port-base a range that is free',
        )
  const names = Array.from({ length: NODES }, (_, index) => `${namePrefix}${index}`)
  const named = containers.filter(({ name }) => names.includes(name))
  return [
    finding('for clients', portBase, clients ?? []),
    finding('cluster bus', portBase + BUS_OFFSET, buses ?? []),
    ...(named.length === 0
      ? []
      : [
          degraded(
            'container names',
            `${named.map(describe).join(', ')}; other names do as well`,
            typed('run', ['failover-basic'], ['--name-prefix other-node']),
          ),
        ]),
  ]
}

async function heldPorts(machine: Machine, first: number): Promise<Held[]> {
  const ports = Array.from({ length: NODES }, (_, index) => first + index)
  const holders = await Promise.all(ports.map((port) => machine.portHolder(port)))
  return ports.flatMap((port, index) => {
    const holder = holders[index]
    return holder === undefined ? [] : [{ port, holder }]
  })
}

async function findFreeBase(machine: Machine, taken: number): Promise<number | undefined> {
  for (let tries = 1; tries <= BASES_TRIED; tries += 1) {
    const base = taken + tries * BASE_STEP
    const held = await Promise.all([heldPorts(machine, base), heldPorts(machine, base + BUS_OFFSET)])
    if (held.flat().length === 0) return base
  }
  return undefined
}

/** `7010, 7011 are held by process 4 (nginx)`, by holder. */
function describeHeld(held: readonly Held[]): string {
  const holders = [...new Set(held.map(({ holder }) => holder))]
  return holders
    .map((holder) => {
      const ports = held.filter((one) => one.holder === holder).map(({ port }) => port)
      return `${ports.join(', ')} ${ports.length === 1 ? 'is' : 'are'} held by ${holder}`
    })
    .join('; ')
}

function describe({ name, image, purpose }: ContainerSeen): string {
  return purpose
    ? `container ${name} of ${purpose}`
    : `container ${name} (image ${image}), which this runner did not make`
}
