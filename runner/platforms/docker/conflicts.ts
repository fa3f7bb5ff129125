import type { ContainerInfo } from 'dockerode'
import { ConflictError } from '../platform.ts'
import { PURPOSE_LABEL, RUN_LABEL } from './labels.ts'
import { portHolder } from './port-holder.ts'

/** A name or port that is wanted, and what has it. */
export interface Conflict {
  kind: 'name' | 'port'
  what: string
  holder: string
  /** Held by the cluster of `npm run cluster`. */
  byCluster: boolean
}

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
      return holder ? [...conflicts, { kind: 'port', what: String(port), holder, byCluster: false }] : conflicts
    }),
  )
  return found.flat()
}

function containerHolder(container: ContainerInfo): Pick<Conflict, 'holder' | 'byCluster'> {
  const runId = container.Labels[RUN_LABEL]
  const purpose = container.Labels[PURPOSE_LABEL]
  if (runId && purpose) {
    return {
      holder: `${purpose} (run ${runId}, containers of image ${container.Image})`,
      byCluster: purpose.startsWith('npm run cluster'),
    }
  }
  const name = container.Names[0]?.slice(1) ?? container.Id.slice(0, 12)
  return { holder: `container ${name} (image ${container.Image}), which this runner did not make`, byCluster: false }
}

/** One error for all conflicts, by holder; it names the flags that avoid them. */
export function conflictError(conflicts: readonly Conflict[]): ConflictError {
  const holders = [...new Set(conflicts.map(({ holder }) => holder))]
  const parts = holders.map((holder) => {
    const held = conflicts.filter((conflict) => conflict.holder === holder)
    const of = (kind: Conflict['kind']) => held.filter((conflict) => conflict.kind === kind).map(({ what }) => what)
    const things = [listOf('name', of('name')), listOf('port', of('port'))].filter((text) => text !== '')
    return `${things.join(' and ')} ${held.length === 1 ? 'is' : 'are'} taken by ${holder}`
  })
  const flags = [
    ...(conflicts.some(({ kind }) => kind === 'port') ? ['other ports with `--port-base`'] : []),
    ...(conflicts.some(({ kind }) => kind === 'name') ? ['other names with `--name-prefix`'] : []),
  ]
  const clean = conflicts.some(({ byCluster }) => byCluster)
    ? '; or remove the cluster that is up with `npm run cluster clean`'
    : ''
  return new ConflictError(`${parts.join('; ')}; nothing was touched`, {
    hint: `choose ${flags.join(' and ')}${clean}`,
  })
}

function listOf(kind: string, things: readonly string[]): string {
  if (things.length === 0) return ''
  return `${kind}${things.length === 1 ? '' : 's'} ${things.join(', ')}`
}
