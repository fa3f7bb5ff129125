import { z } from 'zod'
import { fillIn, Names } from './names.ts'
import type { Verb } from './verb.ts'

const extras = z.strictObject({
  with: z.record(z.string(), z.unknown()).optional().describe("Values for the step file's params"),
})

export const use: Verb<string, z.infer<typeof extras>> = {
  name: 'use',
  summary: 'Plays the steps of another file, with its params set by with.',
  arg: z.string().min(1).describe('A step file, relative to this scenario'),
  extras,
  modifiers: [],
  defaultDeadlineMs: Number.POSITIVE_INFINITY,
  sentence: (file) => `play the steps of ${file}`,
  async run(_, context) {
    const params = fillIn(context.step.params ?? {}, context.names) as Record<string, unknown>
    await context.playChildren(context.step.children, { parallel: false, scope: new Names(params) })
    return {}
  },
}
