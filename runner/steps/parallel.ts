import { z } from 'zod'
import { defineVerb } from './verb.ts'

/** Steps are checked one by one where they stand; here only that there are some. */
export const stepList = z.array(z.unknown()).min(1)

export const parallel = defineVerb({
  name: 'parallel',
  summary: 'Plays steps at the same time; it passes when all of them have passed.',
  group: 'flow',
  example: ['- parallel:', '    - stop: master of shard 1', '    - stop: master of shard 2'],
  proof: 'All of its steps have passed.',
  arg: stepList,
  modifiers: [],
  children: '',
  defaultDeadlineMs: Number.POSITIVE_INFINITY,
  sentence: (_, step) => `at the same time: ${step.children.length} steps`,
  async run(_, context) {
    await context.playChildren(context.step.children, { parallel: true })
    return {}
  },
})
