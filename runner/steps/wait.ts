import { duration, durationMs } from '../base/duration-schema.ts'
import { defineVerb } from './verb.ts'

export const wait = defineVerb({
  name: 'wait',
  summary: 'Lets a stated time pass. To wait for something to become true, use expect with within.',
  group: 'flow',
  example: ['- wait: 10s'],
  proof: 'The time is over.',
  arg: duration,
  modifiers: [],
  defaultDeadlineMs: 0,
  deadlineMs: (arg) => durationMs(arg) + 1000,
  sentence: (arg) => `wait ${arg}`,
  async run(arg, { clock, signal }) {
    await clock.sleep(durationMs(arg), signal)
    return {}
  },
})
