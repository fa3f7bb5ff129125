import { type LinkAnswer, type LinkCount, type LinkFault, type NetworkControl, UnsupportedFault } from '../faults.ts'

/** Faults of the network of a group of processes. */
export class ProcessNetworkControl implements NetworkControl {
  async set(links: readonly LinkFault[]): Promise<void> {
    if (links.length > 0) throw new UnsupportedFault('a fault of the network', 'this platform has none')
  }

  async counts(): Promise<LinkCount[]> {
    return []
  }

  async probe(): Promise<LinkAnswer[]> {
    throw new UnsupportedFault('a probe of the network', 'this platform has none')
  }
}
