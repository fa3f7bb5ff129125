import { PlatformError } from '../../errors.ts'
import type { ServerNode } from '../../platform.ts'
import { type Engine, unlessGone } from '../engine.ts'

/** A node whose network can be entered, paused or not. */
export interface LiveNode {
  node: ServerNode
  /** Of its server, on the engine's machine: another one whenever it has started anew. */
  pid: number
}

/** Those of the nodes that have a process now. */
export async function liveNodes(engine: Engine, nodes: readonly ServerNode[]): Promise<LiveNode[]> {
  const all = await Promise.all(
    nodes.map(async (node): Promise<LiveNode> => {
      const container = engine.docker.getContainer(node.serverName)
      const details = await unlessGone(
        engine.call(`inspect ${node.name}`, (abortSignal) => container.inspect({ abortSignal })),
      )
      return { node, pid: details?.State.Running ? details.State.Pid : 0 }
    }),
  )
  return all.filter(({ pid }) => pid > 0)
}

/** The node of this name. Throws PlatformError if there is none. */
export function nodeNamed(nodes: readonly ServerNode[], runId: string, name: string): ServerNode {
  const found = nodes.find((node) => node.name === name)
  if (found) return found
  throw new PlatformError(`run ${runId} has no node ${name}; it has ${nodes.map((node) => node.name).join(', ')}`)
}
