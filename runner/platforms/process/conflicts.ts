import { BUS_OFFSET } from '../bus-port.ts'
import { type Conflict, conflictError } from '../docker/conflicts.ts'
import { hasLinks, hiddenAddress } from '../links/loopback.ts'
import type { ServerNode } from '../platform.ts'
import { portHolder } from '../port-holder.ts'
import { listRuns, type RecordedRun, readRun } from './run-record.ts'

/**
 * Throws ConflictError if something listens on a port of these nodes or on the port of a cluster bus, at an address that they or
 * their links listen on.
 */
export async function demandFreePorts(stateFolder: string, nodes: readonly ServerNode[]): Promise<void> {
  const wanted = nodes.flatMap(({ index, port, peerHost }) => {
    const more = hasLinks({ index, peerHost }) ? [peerHost, hiddenAddress(index)] : []
    return [
      { port, what: String(port), more },
      { port: port + BUS_OFFSET, what: `${port + BUS_OFFSET} (the cluster bus of ${port})`, more },
    ]
  })
  const held = await Promise.all(wanted.map(async (one) => ({ ...one, holder: await portHolder(one.port, one.more) })))
  const taken = held.filter(({ holder }) => holder !== undefined)
  if (taken.length === 0) return
  const runs = await readRuns(stateFolder)
  throw conflictError(
    taken.map(({ port, what, holder = '' }): Conflict => {
      const run = runs.find(({ nodes: own }) =>
        own.some((node) => node.port === port || node.port + BUS_OFFSET === port),
      )
      if (!run) return { kind: 'port', what, holder }
      return {
        kind: 'port',
        what,
        holder: `${run.purpose} (run ${run.runId}, processes of this machine)`,
        ...(run.purpose.includes('npm run cluster') ? { removal: cleanCommand(run) } : {}),
      }
    }),
  )
}

function cleanCommand({ nodes }: RecordedRun): string {
  const prefix = nodes[0]?.serverName.replace(/0$/, '') ?? ''
  return `\`npm run cluster clean -- --platform process --name-prefix ${prefix}\``
}

async function readRuns(stateFolder: string): Promise<RecordedRun[]> {
  const runs = await Promise.all((await listRuns(stateFolder)).map((runId) => readRun(stateFolder, runId)))
  return runs.filter((run) => run !== undefined)
}
