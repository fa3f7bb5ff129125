import { systemClock } from '../../base/clock.ts'
import { settleAll } from '../../base/settle.ts'
import { type Lost, type PowerCut, UnsupportedFault } from '../faults.ts'
import type { ServerGroup } from '../platform.ts'
import { rollBack, UNDO_LOG } from './undo-log.ts'

type Servers = Pick<ServerGroup, 'kill' | 'control'>

/** `ServerGroup.cutPower`, of any group that can kill servers and change their files. */
export async function cutPower(servers: Servers, nodes: readonly string[]): Promise<PowerCut> {
  await settleAll(nodes.map((node) => assertLogged(servers, node)))
  const startMs = systemClock.nowMs()
  await settleAll(nodes.map((node) => servers.kill(node)))
  const withinMs = systemClock.nowMs() - startMs
  const lost = await settleAll(nodes.map(async (node) => [node, await loseUnsynced(servers, node)] as const))
  return { withinMs, lost: new Map(lost) }
}

async function assertLogged({ control }: Servers, node: string): Promise<void> {
  if ((await control.readData(node)).has(UNDO_LOG)) return
  throw new UnsupportedFault(
    'a power cut',
    `${node} keeps no log of what it has not synced: it was made without, or is linked statically, so that no library can be loaded into it`,
    'use a server that is linked with its C library',
  )
}

async function loseUnsynced({ control }: Servers, node: string): Promise<Lost[]> {
  const { files, lost } = rollBack(await control.readData(node))
  await control.replaceData(node, files)
  return lost
}
