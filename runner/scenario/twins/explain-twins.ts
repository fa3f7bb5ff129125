import { describeFailure } from '../../record/twin.ts'
import { Names } from '../../steps/names.ts'
import type { Step, Verb } from '../../steps/verb.ts'
import type { Scenario, Twin, TwinChanges } from '../model.ts'

/** The twins of a scenario in sentences: what each changes, why it must fail, and where. Nothing where it has none. */
export function twinLines({ twins }: Scenario, verbs: ReadonlyMap<string, Verb>): string[] {
  if (twins.length === 0) return []
  const lines = twins.flatMap((scenario) => (scenario.twin ? linesOf(scenario.twin, scenario, verbs) : []))
  return ['', 'Its twins, each of which must fail:', ...lines]
}

function linesOf({ number, because, fails, changes }: Twin, scenario: Scenario, verbs: ReadonlyMap<string, Verb>) {
  return [
    `  ${number}. ${because}.`,
    ...changeTexts(changes).map((text) => `     ${text}`),
    ...moreLines(changes, scenario, verbs),
    `     It must fail at ${describeFailure(fails)}.`,
  ]
}

/** What is different in a twin beside the steps that are played as well. */
export function changeTexts({ config, set, workloads, without }: TwinChanges): string[] {
  const given = (values: Record<string, unknown>) =>
    Object.entries(values).map(([name, value]) => `${name} ${value === null ? 'left out' : JSON.stringify(value)}`)
  const ofLoads = Object.entries(workloads).map(
    ([name, options]) => `workload ${name} with ${given(options).join(', ')}`,
  )
  return [
    ...given(config).map((text) => `setting ${text}`),
    ...given(set).map((text) => `param ${text}`),
    ...ofLoads,
    ...without.map((name) => `without the step "${name}"`),
  ]
}

function moreLines({ more }: TwinChanges, scenario: Scenario, verbs: ReadonlyMap<string, Verb>) {
  if (more === undefined) return []
  const sentences = addedSteps(scenario).map((step) => sentenceOf(step, scenario, verbs))
  return [`     ${more.where} the step "${more.step}":`, ...sentences.map((sentence) => `       ${sentence}`)]
}

/** The steps that a twin plays as well. */
export function addedSteps({ twin, steps, finally: last }: Scenario): Step[] {
  const paths = twin?.changes.more?.paths ?? []
  return inside([...steps, ...last]).filter(({ path }) => paths.includes(path))
}

export function sentenceOf(step: Step, { params }: Scenario, verbs: ReadonlyMap<string, Verb>): string {
  return verbs.get(step.verb)?.preview(step, new Names(params)).sentence ?? step.verb
}

function inside(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [step, ...inside(step.children)])
}
