import { nodeCount } from '../cluster/topology.ts'
import { fillInKnown, Names } from '../steps/names.ts'
import { namesInside, type Step } from '../steps/verb.ts'
import type { Scenario } from './model.ts'

/** How many servers the steps of a scenario may add to those that its cluster is formed of. */
export function serversToAdd({ steps, finally: last, params }: Pick<Scenario, 'steps' | 'finally' | 'params'>): number {
  return serversAdded([...steps, ...last], new Names(params))
}

/** How many servers a scenario has at most. */
export function serversNeeded(scenario: Pick<Scenario, 'cluster' | 'steps' | 'finally' | 'params'>): number {
  return nodeCount(scenario.cluster.topology) + serversToAdd(scenario)
}

/** How many servers these steps may add, by what is known of them before they are played. */
function serversAdded(steps: readonly Step[], names: Names): number {
  return steps.reduce((sum, step) => {
    const inside = serversAdded(step.children, namesInside(step, names))
    return sum + (step.verb === 'add-node' ? 1 : 0) + (inside === 0 ? 0 : inside * rounds(step, names))
  }, 0)
}

function rounds({ verb, arg }: Step, names: Names): number {
  const filled = fillInKnown(arg, names)
  if (verb !== 'repeat' || typeof filled !== 'object' || filled === null) return 1
  return 'times' in filled && typeof filled.times === 'number' ? filled.times : 1
}
