import type { ContainerInfo } from 'dockerode'
import type { Conflict } from '../conflicts.ts'
import { cleanRunCommand, describeRun } from '../found-run.ts'
import { portHolder } from '../port-holder.ts'
import { PURPOSE_LABEL, RUN_LABEL } from './labels.ts'
import { runOf } from './runs.ts'

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
      if (named) conflicts.push({ kind: 'name', what: name, ...containerHolder(named, containers) })
      const publisher = containers.find((container) => container.Ports.some(({ PublicPort }) => PublicPort === port))
      if (publisher)
        return [...conflicts, { kind: 'port', what: String(port), ...containerHolder(publisher, containers) }]
      const holder = await portHolder(port)
      return holder ? [...conflicts, { kind: 'port', what: String(port), holder }] : conflicts
    }),
  )
  return found.flat()
}

function containerHolder(
  container: ContainerInfo,
  all: readonly ContainerInfo[],
): Pick<Conflict, 'holder' | 'removal'> {
  if (container.Labels[RUN_LABEL] && container.Labels[PURPOSE_LABEL]) {
    const run = runOf(container.Labels, all)
    const holder = describeRun('docker', run)
    return run.state === 'live' ? { holder } : { holder, removal: `\`${cleanRunCommand(run.runId)}\`` }
  }
  const name = container.Names[0]?.slice(1) ?? container.Id.slice(0, 12)
  return { holder: `container ${name} (image ${container.Image}), which this runner did not make` }
}
