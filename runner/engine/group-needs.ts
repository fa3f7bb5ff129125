import type { GroupNeeds } from '../platforms/faults.ts'
import type { Scenario } from '../scenario/model.ts'
import { Names } from '../steps/names.ts'
import { namesInside, type Step, type Verb } from '../steps/verb.ts'

/** What the servers of a scenario must be made with, from all steps that it may play. */
export function needsOf(scenario: Scenario, verbs: ReadonlyMap<string, Verb>): GroupNeeds {
  const names = new Names(scenario.params)
  const needs: GroupNeeds = {}
  for (const step of [...scenario.steps, ...scenario.finally]) Object.assign(needs, ...needsInside(step, names, verbs))
  return needs
}

function needsInside(step: Step, names: Names, verbs: ReadonlyMap<string, Verb>): GroupNeeds[] {
  const inner = namesInside(step, names)
  return [
    verbs.get(step.verb)?.needs(step, names) ?? {},
    ...step.children.flatMap((child) => needsInside(child, inner, verbs)),
  ]
}
