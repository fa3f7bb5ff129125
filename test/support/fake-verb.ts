import { z } from 'zod'
import { defineVerb, type StepContext, type StepResult, type Verb, type VerbSpec } from '../../runner/steps/verb.ts'

/** A verb that does what a test wants of it. */
export function fakeVerb(
  name: string,
  run: (context: StepContext, arg: unknown) => Promise<StepResult | undefined> | StepResult | undefined,
  more: Partial<VerbSpec<unknown, unknown>> = {},
): Verb {
  return defineVerb({
    name,
    summary: name,
    group: 'flow',
    example: [],
    proof: '',
    arg: z.unknown(),
    modifiers: [],
    defaultDeadlineMs: 20_000,
    sentence: () => `do ${name}`,
    run: async (arg, context) => (await run(context, arg)) ?? {},
    ...more,
  })
}

/** Resolves after real milliseconds, and takes no notice of any signal. */
export function afterMs(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}
