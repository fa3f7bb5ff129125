import { type Conflict, conflictError } from '../docker/conflicts.ts'
import type { ServerNode } from '../platform.ts'
import { portHolder } from '../port-holder.ts'
import { listRuns, type RecordedRun, readRun } from './run-record.ts'

/** The cluster bus listens this far above the port for clients (cluster.h: CLUSTER_PORT_INCR, Redis 7.0). */
const BUS_OFFSET = 10_000

/** Throws ConflictError if something listens on a port of these nodes or on the port of a cluster bus. */
export async function demandFreePorts(stateFolder: string, nodes: readonly ServerNode[]): Promise<void> {
  const wanted = nodes.flatMap(({ port }) => [
    { port, what: String(port) },
    { port: port + BUS_OFFSET, what: `${port + BUS_OFFSET} (the cluster bus of ${port})` },
  ])
  const held = await Promise.all(wanted.map(async (one) => ({ ...one, holder: await portHolder(one.port) })))
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
