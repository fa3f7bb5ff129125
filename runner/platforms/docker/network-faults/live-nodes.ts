import type { ServerNode } from '../../platform.ts'
import { type Engine, undefinedIfGone } from '../engine.ts'

/** A node that has a process, paused or not, and so a network namespace that can be entered. */
export interface LiveNode {
  node: ServerNode
  /** The server's process id on the engine's machine. It changes with every start. */
  pid: number
}

/** The nodes that have a process now. */
export async function liveNodes(engine: Engine, nodes: readonly ServerNode[]): Promise<LiveNode[]> {
  const all = await Promise.all(
    nodes.map(async (node): Promise<LiveNode> => {
      const container = engine.docker.getContainer(node.serverName)
      const details = await undefinedIfGone(
        engine.call(`inspect ${node.name}`, (abortSignal) => container.inspect({ abortSignal })),
      )
      return { node, pid: details?.State.Running ? details.State.Pid : 0 }
    }),
  )
  return all.filter(({ pid }) => pid > 0)
}
