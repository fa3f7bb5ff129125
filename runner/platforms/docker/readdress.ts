import type { NetworkInspectInfo } from 'dockerode'
import { PlatformError } from '../errors.ts'
import type { ServerNode } from '../platform.ts'
import { renderAnnouncement } from '../server-config.ts'
import { type Engine, undefinedIfGone } from './engine.ts'
import { networkName, spareAddresses } from './network.ts'
import { addSettings, hasAnnouncement } from './resources/data-folder.ts'

/** More moves than that are none of a scenario's. */
const MOST_MOVES = 1000

/** An address of the run's network that is none of `taken`. Throws PlatformError. */
export async function spareAddress(engine: Engine, runId: string, taken: ReadonlySet<string>): Promise<string> {
  const name = networkName(runId)
  const details = await engine.call(
    `inspect network ${name}`,
    (): Promise<NetworkInspectInfo> => engine.docker.getNetwork(name).inspect(),
  )
  const subnet = details.IPAM?.Config?.find((config) => config.Subnet?.includes('.'))?.Subnet
  const address = subnet && spareAddresses(subnet, MOST_MOVES).find((one) => !taken.has(one))
  if (address) return address
  throw new PlatformError(`network ${name} has no more addresses for nodes that move`)
}

/**
 * Gives a stopped container another address on the run's network: it leaves the network and joins it again, its server
 * listens there, and announces it if it announced the old one. The node tells it.
 */
export async function readdress(engine: Engine, runId: string, node: ServerNode, to: string): Promise<void> {
  const doing = `give ${node.name} the address ${to}`
  const network = engine.docker.getNetwork(networkName(runId))
  const Container = node.serverName
  // It may have left already, when an earlier try failed.
  await undefinedIfGone(engine.call(doing, () => network.disconnect({ Container, Force: true })))
  await engine.call(doing, () => network.connect({ Container, EndpointConfig: { IPAMConfig: { IPv4Address: to } } }))
  // Later lines win over those that the image makes of the address it was created with.
  const announced = (await hasAnnouncement(engine, Container, doing)) ? renderAnnouncement(to) : ''
  await addSettings(engine, Container, doing, `bind ${to} 127.0.0.1\n${announced}`)
  node.peerHost = to
}
