import type { Step } from '../../steps/verb.ts'
import type { Scenario } from '../model.ts'

/** What the twin's `verify` steps read back and its scenario writes, but not the twin itself: names, each once. */
export function verifiesWithoutWrites(scenario: Scenario, twin: Scenario): string[] {
  const written = namesWritten(twin)
  const lost = namesWritten(scenario).filter((name) => !written.includes(name))
  const read = allSteps(twin).flatMap(({ verb, arg }) => (verb === 'verify' ? [String(arg)] : []))
  return [...new Set(lost.filter((name) => read.includes(name)))]
}

function namesWritten(scenario: Scenario): string[] {
  return allSteps(scenario).flatMap(({ verb, arg }) => {
    const isNamed = verb === 'write' && typeof arg === 'object' && arg !== null && 'as' in arg
    return isNamed ? [String(arg.as)] : []
  })
}

function allSteps({ steps, finally: last }: Scenario): Step[] {
  return [...steps, ...last].flatMap(withInner)
}

function withInner(step: Step): Step[] {
  return [step, ...step.children.flatMap(withInner)]
}
