import { systemClock } from '../../base/clock.ts'
import { typed } from '../../base/command-line.ts'
import { type Conflict, conflictError, isCluster } from '../conflicts.ts'
import { hasLinks, hiddenAddress } from '../links/loopback.ts'
import type { ServerNode } from '../platform.ts'
import { BUS_OFFSET } from '../platform.ts'
import { NOBODY_SEEN, portHolder } from '../port-holder.ts'
import { listRuns, type RecordedRun, readRun } from './run-record.ts'

const NOBODY_WITHIN_MS = 500
const LOOK_EVERY_MS = 20

/**
 * Throws ConflictError if something listens on a port of these nodes or on the port of a cluster bus, at an address
 * that they or their links listen on.
 */
export async function assertFreePorts(stateFolder: string, nodes: readonly ServerNode[]): Promise<void> {
  const wanted = nodes.flatMap(({ index, port, peerHost }) => {
    const more = hasLinks({ index, peerHost }) ? [peerHost, hiddenAddress(index)] : []
    return [
      { port, what: String(port), more },
      { port: port + BUS_OFFSET, what: `${port + BUS_OFFSET} (the cluster bus of ${port})`, more },
    ]
  })
  const taken = await takenPorts(wanted)
  if (taken.length === 0) return
  const runs = await readRuns(stateFolder)
  throw conflictError(
    taken.map(({ port, what, holder }): Conflict => {
      const run = runs.find(({ nodes: own }) =>
        own.some((node) => node.port === port || node.port + BUS_OFFSET === port),
      )
      if (!run) return { kind: 'port', what, holder }
      return {
        kind: 'port',
        what,
        holder: `${run.purpose} (run ${run.runId}, processes of this machine)`,
        ...(isCluster(run.purpose) ? { removal: cleanCommand(run) } : {}),
      }
    }),
  )
}

interface Wanted {
  port: number
  what: string
  more: readonly string[]
}

/**
 * The ports that are held. A server of several threads that was killed may be gone from the list of processes a moment
 * before its sockets are: what nobody to be seen holds is looked at again for half a second.
 */
async function takenPorts(wanted: readonly Wanted[]): Promise<(Wanted & { holder: string })[]> {
  const deadlineMs = systemClock.ranMs() + NOBODY_WITHIN_MS
  for (;;) {
    const held = await Promise.all(
      wanted.map(async (one) => ({ ...one, holder: await portHolder(one.port, one.more) })),
    )
    const taken = held.flatMap(({ holder, ...one }) => (holder === undefined ? [] : [{ ...one, holder }]))
    if (!taken.some(({ holder }) => holder === NOBODY_SEEN) || systemClock.ranMs() > deadlineMs) return taken
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

function cleanCommand({ nodes }: RecordedRun): string {
  const prefix = nodes[0]?.serverName.replace(/0$/, '') ?? ''
  return `\`${typed('cluster', ['clean'], [`--platform process --name-prefix ${prefix}`])}\``
}

async function readRuns(stateFolder: string): Promise<RecordedRun[]> {
  const runs = await Promise.all((await listRuns(stateFolder)).map((runId) => readRun(stateFolder, runId)))
  return runs.filter((run) => run !== undefined)
}
