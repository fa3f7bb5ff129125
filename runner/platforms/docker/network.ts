import type { NetworkInspectInfo } from 'dockerode'
import { PlatformError } from '../errors.ts'
import { type Engine, EngineRefusal } from './engine.ts'
import type { Labels } from './labels.ts'

/** The network of a run. */
export function networkName(runId: string): string {
  return `redis-chaos-${runId}`
}

export interface RunNetwork {
  name: string
  /** Addresses of the nodes on it, by index. */
  addresses: readonly string[]
  /** Makes it. Rejects with SubnetTaken when another network took the subnet meanwhile. */
  make(): Promise<void>
}

/** The subnet chosen for a network was taken by another one before the network was made: choose again. */
export class SubnetTaken extends PlatformError {
  override name = 'SubnetTaken'
}

/**
 * Chooses addresses on a bridge network for a run, which `make` then makes: on a subnet that the engine found free,
 * stated explicitly, since only then may containers have addresses that stay theirs while they are stopped. The
 * addresses are known before the network exists, so that containers can be created meanwhile.
 */
export async function chooseNetwork(engine: Engine, name: string, labels: Labels, nodes: number): Promise<RunNetwork> {
  const trial = await createBridge(engine, `${name}-subnet`, labels)
  const details = await engine.call(
    `inspect network ${name}-subnet`,
    (): Promise<NetworkInspectInfo> => trial.inspect(),
  )
  const subnet = details.IPAM?.Config?.find((config) => config.Subnet?.includes('.'))?.Subnet
  if (!subnet) throw new PlatformError(`the Docker engine gave network ${name} no IPv4 subnet`)
  const make = async () => {
    await engine.call(`remove network ${name}-subnet`, (abortSignal) => trial.remove({ abortSignal }))
    try {
      await createBridge(engine, name, labels, subnet)
    } catch (error) {
      if (!(error instanceof EngineRefusal) || !/overlap|conflict/i.test(error.reply)) throw error
      throw new SubnetTaken(`no subnet of its own could be had for network ${name}: ${error.reply}`, {
        hint: 'remove networks that are not used any more: `docker network prune`',
        cause: error,
      })
    }
  }
  return { name, addresses: hostAddresses(subnet, nodes), make }
}

function createBridge(engine: Engine, name: string, labels: Labels, subnet?: string) {
  return engine.call(`create network ${name}`, (abortSignal) =>
    engine.docker.createNetwork({
      Name: name,
      Driver: 'bridge',
      CheckDuplicate: true,
      Labels: labels,
      ...(subnet && { IPAM: { Driver: 'default', Config: [addressPlan(subnet)] } }),
      abortSignal,
    }),
  )
}

/**
 * Addresses that the engine hands out itself come from the upper half only: those of stopped nodes are not given away.
 */
function addressPlan(subnet: string): { Subnet: string; Gateway: string; IPRange: string } {
  const { first, prefix } = parseSubnet(subnet)
  const upperHalf = first + 2 ** (31 - prefix)
  return { Subnet: subnet, Gateway: formatAddress(first + 1), IPRange: `${formatAddress(upperHalf)}/${prefix + 1}` }
}

/**
 * The first `count` host addresses of an IPv4 subnet (`172.18.0.0/16`) after its gateway's. Throws PlatformError if its
 * lower half has fewer.
 */
export function hostAddresses(subnet: string, count: number): string[] {
  const { first, prefix } = parseSubnet(subnet)
  const room = 2 ** (31 - prefix) - 2
  if (count > room) {
    throw new PlatformError(`the engine's subnet ${subnet} has room for ${room} nodes, not for ${count}`, {
      hint: 'widen `default-address-pools` in the configuration of the Docker engine',
    })
  }
  return Array.from({ length: count }, (_, index) => formatAddress(first + 2 + index))
}

/**
 * Addresses for nodes that move, best first: from the end of the lower half of the subnet, which no new node comes near.
 */
export function spareAddresses(subnet: string, count: number): string[] {
  const { first, prefix } = parseSubnet(subnet)
  const last = first + 2 ** (31 - prefix) - 1
  return Array.from({ length: count }, (_, index) => formatAddress(last - index))
}

function parseSubnet(subnet: string): { first: number; prefix: number } {
  const [network = '', prefix = ''] = subnet.split('/')
  return { first: network.split('.').reduce((value, byte) => value * 256 + Number(byte), 0), prefix: Number(prefix) }
}

function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}
