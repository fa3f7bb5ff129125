import { systemClock } from '../../base/clock.ts'
import { type Conflict, conflictError } from '../conflicts.ts'
import { cleanRunCommand, describeRun } from '../found-run.ts'
import { hasLinks, hiddenAddress } from '../links/loopback.ts'
import type { FoundRun, ServerNode } from '../platform.ts'
import { BUS_OFFSET } from '../platform.ts'
import { NOBODY_SEEN, portHolder } from '../port-holder.ts'
import { foundRun, listRuns, readRun } from './run-record.ts'

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
      const run = runs.find(({ ports = [] }) => ports.includes(port) || ports.includes(port - BUS_OFFSET))
      if (!run) return { kind: 'port', what, holder }
      return {
        kind: 'port',
        what,
        holder: describeRun('process', run),
        ...(run.state === 'live' ? {} : { removal: `\`${cleanRunCommand(run.runId)}\`` }),
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

async function readRuns(stateFolder: string): Promise<FoundRun[]> {
  const runs = await Promise.all((await listRuns(stateFolder)).map((runId) => readRun(stateFolder, runId)))
  return runs.filter((run) => run !== undefined).map(foundRun)
}
