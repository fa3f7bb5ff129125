import { isDrawn, parseTarget } from '../cluster/targets.ts'
import type { Lookback } from '../steps/lookback.ts'
import type { Names } from '../steps/names.ts'
import { type StepContext, StepFailure } from '../steps/verb.ts'
import type { Stage } from './stage.ts'

/** The part of a stage that steps come to see. */
export type ContextStage = { lookback: Lookback } & Pick<
  Stage,
  | 'addServer'
  | 'allowed'
  | 'clock'
  | 'cluster'
  | 'datasets'
  | 'migrations'
  | 'faults'
  | 'hindsight'
  | 'noteTargets'
  | 'random'
  | 'servers'
  | 'targets'
>

/** What a step tells while it is played. */
type StepListener = Pick<StepContext, 'progress' | 'noteMoves' | 'noteMoved'>

const UNHEARD: StepListener = { progress: () => undefined, noteMoves: () => undefined, noteMoved: () => undefined }

/**
 * What a step is given to work with. Nodes that its phrases stand for are added to `targets`; `path` is its place, for
 * the scenario as played.
 */
export function contextOf(
  stage: ContextStage,
  names: Names,
  path: string,
  targets: Set<string>,
  told: StepListener = UNHEARD,
): Omit<StepContext, 'step' | 'signal' | 'playChildren'> {
  const drawn = new Map<string, string[]>()
  const resolveMany: StepContext['resolveMany'] = async (phrase, where) => {
    const nodes = drawn.get(phrase) ?? (await stage.targets.resolve(phrase))
    // Polling asks again and again: what was drawn at random stays drawn for the step.
    if (isRandom(phrase)) drawn.set(phrase, nodes)
    for (const node of nodes) targets.add(node)
    if (where) stage.noteTargets(path, where, nodes)
    return nodes
  }
  return {
    cluster: stage.cluster,
    servers: stage.servers,
    faults: stage.faults,
    hindsight: stage.hindsight,
    lookback: stage.lookback,
    policy: {
      allowed: stage.allowed,
      isNode: (host, port) => stage.cluster.nameOfAddress(host, port) !== undefined,
    },
    clock: stage.clock,
    targets: stage.targets,
    names,
    datasets: stage.datasets,
    migrations: stage.migrations,
    random: stage.random,
    addServer: stage.addServer,
    resolveMany,
    resolveOne: async (phrase, where) => {
      const nodes = await resolveMany(phrase, where)
      const [node, second] = nodes
      if (node === undefined || second !== undefined) {
        throw new StepFailure({
          message: `\`${phrase}\` stands for ${nodes.length} nodes (${nodes.join(', ')}), but one is needed here`,
        })
      }
      return node
    },
    ...told,
  }
}

function isRandom(phrase: string): boolean {
  const parsed = parseTarget(phrase)
  return 'target' in parsed && isDrawn(parsed.target)
}
