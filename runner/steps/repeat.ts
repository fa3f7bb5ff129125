import { z } from 'zod'
import { stepList } from './parallel.ts'
import type { Verb } from './verb.ts'

const arg = z.strictObject({
  times: z.number().int().min(1).max(100_000).describe('How often, 1 or more'),
  steps: stepList,
})

export const repeat: Verb<z.infer<typeof arg>> = {
  name: 'repeat',
  summary: 'Plays a list of steps several times, one after another; the first that does not pass ends it.',
  arg,
  modifiers: [],
  children: 'steps',
  defaultDeadlineMs: Number.POSITIVE_INFINITY,
  sentence: ({ times }, step) =>
    `${times} ${times === 1 ? 'time' : 'times'}: ${step.children.length} ${step.children.length === 1 ? 'step' : 'steps'}`,
  async run({ times }, context) {
    for (let iteration = 1; iteration <= times; iteration += 1) {
      context.progress(`round ${iteration} of ${times}`)
      await context.playChildren(context.step.children, { parallel: false, iteration })
    }
    return { attempts: times }
  },
}
