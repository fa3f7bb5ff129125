import type { Clock } from '../../base/clock.ts'
import { typed } from '../../base/command-line.ts'
import { formatDuration } from '../../base/duration.ts'
import { messageOf } from '../../base/errors.ts'
import { poll } from '../../base/poll.ts'
import type { LiveCluster } from '../../cluster/live-cluster.ts'
import { PlatformError } from '../../platforms/errors.ts'
import type { ServerGroup } from '../../platforms/platform.ts'

const WITHIN_MS = 30_000
const EVERY_MS = 50

/** Waits until every server answers. Throws PlatformError for one that does not, with what was last seen of it. */
export async function waitUntilAnswering(
  cluster: LiveCluster,
  group: ServerGroup,
  options: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  await Promise.all(
    group.nodes.map(async ({ name }) => {
      const look = async () => {
        try {
          await cluster.node(name).client.callWithin(1000, 'PING')
          return { ok: true, seen: 'it answers' }
        } catch (error) {
          return { ok: false, seen: messageOf(error) }
        }
      }
      const { ok, attempts, lastSeen } = await poll(look, { ...options, withinMs: WITHIN_MS, everyMs: EVERY_MS })
      if (ok) return
      const { text } = await group.state(name)
      throw new PlatformError(
        `${name} did not answer within ${formatDuration(WITHIN_MS)} (${attempts} tries); last seen: ${lastSeen}; ${text}`,
        {
          hint: `Start stopped servers with \`${typed('cluster', ['start'])}\`, or begin anew: \`${typed('cluster', ['clean'])}\`, then \`up\`.`,
        },
      )
    }),
  )
}
