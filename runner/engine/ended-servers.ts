import { describeEnd } from '../platforms/last-words.ts'
import type { ServerGroup } from '../platforms/platform.ts'

/**
 * Servers that are down although nobody asked for it, a sentence for each: `redis-node2 ended: process exited with code
 * 1: "Out Of Memory …"`. Best effort: of a server whose platform does not answer, nothing is said. Never throws.
 */
export async function endedServers(
  servers: ServerGroup,
  isEndedOnPurpose: (node: string) => boolean = () => false,
): Promise<string[]> {
  const found = await Promise.all(
    servers.nodes.map(async ({ name }) => {
      const state = isEndedOnPurpose(name) ? undefined : await servers.state(name).catch(() => undefined)
      return state?.status === 'stopped' ? [`${name} ended: ${await describeEnd(servers, name, state)}`] : []
    }),
  )
  return found.flat()
}
