import type { ContainerInfo } from 'dockerode'
import { typed } from '../../base/command-line.ts'
import { type Conflict, isCluster } from '../conflicts.ts'
import { portHolder } from '../port-holder.ts'
import { PURPOSE_LABEL, RUN_LABEL } from './labels.ts'
import { removalCommand } from './runs.ts'

/** The run id of such a cluster says its name prefix; the command wants it as a flag. */
const CLEAN = `\`${typed('cluster', ['clean'])}\` (with the --name-prefix of that cluster)`

export interface Wanted {
  name: string
  port: number
}

/**
 * What of the wanted names and ports is taken: by one of `containers` (all of the engine's, stopped ones too), or by a
 * program of this machine.
 */
export async function findConflicts(
  wanted: readonly Wanted[],
  containers: readonly ContainerInfo[],
): Promise<Conflict[]> {
  const found = await Promise.all(
    wanted.map(async ({ name, port }): Promise<Conflict[]> => {
      const conflicts: Conflict[] = []
      const named = containers.find((container) => container.Names.includes(`/${name}`))
      if (named) conflicts.push({ kind: 'name', what: name, ...containerHolder(named) })
      const publisher = containers.find((container) => container.Ports.some(({ PublicPort }) => PublicPort === port))
      if (publisher) return [...conflicts, { kind: 'port', what: String(port), ...containerHolder(publisher) }]
      const holder = await portHolder(port)
      return holder ? [...conflicts, { kind: 'port', what: String(port), holder }] : conflicts
    }),
  )
  return found.flat()
}

function containerHolder(container: ContainerInfo): Pick<Conflict, 'holder' | 'removal'> {
  const runId = container.Labels[RUN_LABEL]
  const purpose = container.Labels[PURPOSE_LABEL]
  if (runId && purpose) {
    return {
      holder: `${purpose} (run ${runId}, containers of image ${container.Image})`,
      removal: isCluster(purpose) ? CLEAN : `\`${removalCommand(runId)}\``,
    }
  }
  const name = container.Names[0]?.slice(1) ?? container.Id.slice(0, 12)
  return { holder: `container ${name} (image ${container.Image}), which this runner did not make` }
}
