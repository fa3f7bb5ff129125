import type { ServerGroupSpec } from '../../runner/platforms/platform.ts'
import { leaseCluster } from './lease.ts'

/** One that every way of handing it on has to quote. */
export const password = 'a "pass\\word" of $HOME @PORT@ ü'

/** A group of servers to ask a platform for: two, unless told otherwise, with a run, names and ports of their own. */
export async function groupSpec(overrides: Partial<ServerGroupSpec> = {}): Promise<ServerGroupSpec> {
  const { portBase, namePrefix } = await leaseCluster()
  return {
    runId: `${namePrefix}run`,
    purpose: 'a test of platforms',
    namePrefix,
    portBase,
    nodes: 2,
    password,
    settings: { save: '3600 1 300 100', 'cluster-node-timeout': '2500' },
    ...overrides,
  }
}
