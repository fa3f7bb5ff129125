import { readFile, writeFile } from 'node:fs/promises'
import { PlatformError } from '../errors.ts'
import { type GroupNeeds, UnsupportedFault } from '../faults.ts'
import { wrapFileErrors } from '../files.ts'
import { needsLinks, nextAddress } from '../links/loopback.ts'
import type { ServerNode } from '../platform.ts'
import type { Control } from './control.ts'
import { configFile } from './node-folder.ts'
import { rewriteNodes } from './run-record.ts'

export interface Readdressing {
  /** Of the group, as it knows them, its spares last. */
  nodes: readonly ServerNode[]
  /** The run's folder. */
  folder: string
  needs: GroupNeeds
  control: Control
}

/** The next address of a node among the others. Throws UnsupportedFault where it can have none. */
export async function addressAfter(node: ServerNode, needs: GroupNeeds): Promise<string> {
  if (needsLinks(needs)) return await nextAddress(node.peerHost)
  throw new UnsupportedFault(
    'another address',
    'the servers were made without addresses of their own',
    'say so when they are made: `needs: { addresses: true }`',
  )
}

/**
 * Gives a stopped server another address among the others: what links there are listen at the new one and no longer at
 * the old one, its configuration announces it, and the node and the run's record tell it. Throws PlatformError.
 */
export async function readdress(node: ServerNode, to: string, group: Readdressing): Promise<void> {
  const from = node.peerHost
  const doing = `give ${node.name} the address ${to}`
  await group.control.askLinks(doing, { do: 'move', node: node.name, from, to })
  node.peerHost = to
  await wrapFileErrors(doing, async () => {
    const file = configFile(group.folder, node.serverName)
    const before = await readFile(file, 'utf8')
    const after = before.replace(/^(?:(?:cluster|replica)-announce-ip|bind-source-addr) .*$/gm, (line) =>
      line.replace(from, to),
    )
    if (after === before) throw new PlatformError(`${file} does not say that ${node.name} is at ${from}`)
    // In place: the file has the server's own user, and may be the only one of its folder that the server sees.
    await writeFile(file, after)
    await rewriteNodes(group.folder, group.nodes)
  })
}
