import type { GroupNeeds } from '../platforms/faults.ts'
import type { Scenario } from '../scenario/model.ts'
import { fillIn, Names, UndefinedName } from '../steps/names.ts'
import type { Step, Verb } from '../steps/verb.ts'

/** What the servers of a scenario must be made with, from all steps that it may play. */
export function needsOf(scenario: Scenario, verbs: ReadonlyMap<string, Verb>): GroupNeeds {
  return Object.assign({}, ...played(scenario, verbs).map(({ verb, arg }) => verb.needs?.(arg) ?? {}))
}

function played(scenario: Scenario, verbs: ReadonlyMap<string, Verb>): { verb: Verb; arg: unknown }[] {
  return [...scenario.steps, ...scenario.finally].flatMap((step) =>
    withChildren(step, new Names(scenario.params), verbs),
  )
}

function withChildren(step: Step, names: Names, verbs: ReadonlyMap<string, Verb>): { verb: Verb; arg: unknown }[] {
  const verb = verbs.get(step.verb)
  const inner = step.params ? new Names(filledParams(step.params, names)) : names
  return [
    ...(verb ? [{ verb, arg: filledWhereKnown(step.arg, names) }] : []),
    ...step.children.flatMap((child) => withChildren(child, inner, verbs)),
  ]
}

function filledParams(params: Record<string, unknown>, names: Names): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, filledWhereKnown(value, names)]))
}

/** Names that only a played step will give stay as they are written. */
function filledWhereKnown(value: unknown, names: Names): unknown {
  if (Array.isArray(value)) return value.map((item) => filledWhereKnown(item, names))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledWhereKnown(item, names)]))
  }
  try {
    return fillIn(value, names)
  } catch (error) {
    if (error instanceof UndefinedName) return value
    throw error
  }
}
