import type { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import type { Command } from '../../runner/cluster/node-client.ts'
import { slotOfKey } from '../../runner/cluster/slots.ts'

/** Writes to a cluster's masters, so that all know of it or only the master does. */
export interface Planting {
  /** To the master of the key. Throws what the server answers if that is an error. */
  write(...command: Command): Promise<unknown>
  /** As `write`, but the replicas are never told: they keep what they have. */
  writeOnMasterAlone(...command: Command): Promise<unknown>
  masterOf(key: string): string
}

const ALONE = `
  pcall(redis.replicate_commands)
  redis.set_repl(redis.REPL_NONE)
  return redis.call(unpack(ARGV))`

/** By the roles and slots that the cluster has now. */
export async function planting(cluster: LiveCluster): Promise<Planting> {
  const { agreed } = await cluster.look()
  const masterOf = (key: string) => {
    const owner = agreed.ownerOf(slotOfKey(key))
    if (owner === undefined) throw new Error(`nobody owns the slot of ${key}`)
    return owner
  }
  const dataOf = (command: Command) => cluster.node(masterOf(keyOf(command))).data
  return {
    masterOf,
    write: (...command) => dataOf(command).call(...command),
    writeOnMasterAlone: (...command) => dataOf(command).call('EVAL', ALONE, 0, ...command),
  }
}

/** The first argument, or what comes after a sub-command or `GROUP name consumer … STREAMS`. */
function keyOf([name, first, second, ...rest]: Command): string {
  if (name === 'XGROUP') return String(second)
  if (name === 'XREADGROUP') return String(rest[rest.indexOf('STREAMS') + 1])
  return String(first)
}
