import { fillIn, type Names } from '../steps/names.ts'
import { type Step, StepFailure, type Verb } from '../steps/verb.ts'

export interface CheckedArgument {
  arg: unknown
  extras: unknown
  sentence: string
}

/**
 * The step's argument with its `$names` filled in, checked against the verb's schema once more: a saved value may not
 * be what the verb needs. Throws UndefinedName, or StepFailure with what is wrong.
 */
export function checkedArgument(verb: Verb, step: Step, names: Names): CheckedArgument {
  const filled = filledArgument(verb, step, names)
  const filledExtras = fillIn(step.extras, names)
  const arg = verb.arg.safeParse(filled)
  const extras = verb.extras ? verb.extras.safeParse(filledExtras) : { success: true as const, data: {} }
  const issues = [...(arg.success ? [] : arg.error.issues), ...(extras.success ? [] : extras.error.issues)]
  if (!arg.success || !extras.success) {
    throw new StepFailure({
      message: `${step.verb} cannot work with ${JSON.stringify(filled)}: ${issues.map((issue) => issue.message).join('; ')}`,
      hint: 'A $name in this step holds something else than the step needs: look at the let or save that gave it.',
    })
  }
  return { arg: arg.data, extras: extras.data, sentence: verb.sentence(arg.data, withFilledOn(step, names)) }
}

/** The step with the `$names` of its `on` filled in. Throws UndefinedName. */
export function withFilledOn(step: Step, names: Names): Step {
  return step.on === undefined ? step : { ...step, on: String(fillIn(step.on, names)) }
}

/** Child steps keep their `$names`: they are filled in when each child is played. */
function filledArgument(verb: Verb, step: Step, names: Names): unknown {
  if (verb.fillsInNames || verb.children === '') return step.arg
  if (verb.children === undefined) return fillIn(step.arg, names)
  const { [verb.children]: children, ...rest } = step.arg as Record<string, unknown>
  return { ...(fillIn(rest, names) as Record<string, unknown>), [verb.children]: children }
}
