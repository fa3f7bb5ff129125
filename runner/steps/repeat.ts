import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { duration, durationMs } from '../base/duration-schema.ts'
import { plural } from '../base/text.ts'
import { stepList } from './parallel.ts'
import { defineVerb } from './verb.ts'

const arg = z.strictObject({
  times: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .meta({ description: 'How often, 1 or more', examples: [3, 10] }),
  every: duration
    .optional()
    .describe(
      'A duration: 3s, from the beginning of a round to that of the next, as flapping needs it; at once if a round took longer',
    ),
  steps: stepList.describe('Steps, in order'),
})

export const repeat = defineVerb({
  name: 'repeat',
  summary: 'Plays a list of steps several times, one after another; the first that does not pass ends it.',
  group: 'flow',
  example: ['- repeat:', '    times: 3', '    every: 20s', '    steps:', '      - restart: random master'],
  proof: 'Every round has passed.',
  arg,
  modifiers: [],
  children: 'steps',
  defaultDeadlineMs: Number.POSITIVE_INFINITY,
  sentence: ({ times, every }, step) => {
    const period = every === undefined ? '' : `, every ${formatDuration(durationMs(every))}`
    return `${plural(times, 'time')}${period}: ${plural(step.children.length, 'step')}`
  },
  async run({ times, every }, context) {
    const startMs = context.clock.nowMs()
    for (let iteration = 1; iteration <= times; iteration += 1) {
      const dueMs = startMs + (iteration - 1) * (every === undefined ? 0 : durationMs(every))
      await context.clock.sleep(Math.max(dueMs - context.clock.nowMs(), 0), context.signal)
      context.progress(`round ${iteration} of ${times}`)
      await context.playChildren(context.step.children, { parallel: false, iteration })
    }
    return { attempts: times }
  },
})
