import { z } from 'zod'
import { fillIn, paramNames } from './names.ts'
import { defineVerb } from './verb.ts'

const extras = z.strictObject({
  with: z.record(z.string(), z.unknown()).optional().describe("Values for the step file's params"),
})

export const use = defineVerb({
  name: 'use',
  summary: 'Plays the steps of another file, with its params set by with.',
  group: 'flow',
  example: ['- use: steps/lose-a-master.yaml', '  with: { victim: redis-node0, heir: redis-node1 }'],
  proof: 'All steps of the file have passed.',
  arg: z.string().min(1).describe('A step file, relative to this scenario'),
  extras,
  modifiers: [],
  defaultDeadlineMs: Number.POSITIVE_INFINITY,
  sentence: (file) => `play the steps of ${file}`,
  async run(_, context) {
    const { children, params = {} } = context.step
    const scope = paramNames(params, (value) => fillIn(value, context.names))
    await context.playChildren(children, { parallel: false, scope })
    return {}
  },
})
