import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { duration, durationMs } from '../base/duration-schema.ts'
import { stall as kind } from '../faults/stall.ts'
import { faultVerb } from './fault-verb.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'

/**
 * Shorter ones end before they can be seen, longer ones would hold up a step for too long: `pause` has no end of its
 * own.
 */
const [SHORTEST_MS, LONGEST_MS] = [500, 30_000]

const time = duration
  .superRefine((text, refinement) => {
    const timeMs = durationMs(text)
    // What is no duration at all has been told by then.
    if (timeMs === 0 || (timeMs >= SHORTEST_MS && timeMs <= LONGEST_MS)) return
    const message = `a stall lasts from ${formatDuration(SHORTEST_MS)} to ${formatDuration(LONGEST_MS)}, not ${text}; \`pause\` with \`for\` lasts as long as you want`
    refinement.addIssue({ code: 'custom', message })
  })
  .meta({
    title: 'Time of a stall',
    description: 'How long it lasts: 3s; from 500ms to 30s',
    pattern: `^(?:(?:[5-9]\\d{2}|\\d{4}|[12]\\d{4})(?:\\.\\d+)?ms|30000ms|0\\.[5-9]\\d*s|[1-9]\\d?(?:\\.\\d+)?s|0\\.[0-5]\\d*m)$`,
    examples: ['500ms', '3s', '10s'],
  })

export const stall = faultVerb({
  name: 'stall',
  summary: 'Blocks the event loop of servers for a time: they run and take connections, but answer nobody.',
  example: ['- stall: { node: master of shard 1, time: 3s }'],
  proof: 'The server answered nobody, and then did again.',
  arg: z.strictObject({ node: targets.describe('Servers that stand still'), time }),
  kind,
  passes: true,
  needs: () => ({ debug: true }),
  sentence: (arg) => `stall ${describeTargets(arg.node)} for ${formatDuration(durationMs(arg.time))}`,
  async plan(arg, context) {
    const nodes = await resolveTargets(arg.node, context, ['node'])
    const timeMs = durationMs(arg.time)
    return { spec: { nodes, timeMs }, nodes, sentence: `stall ${nodes.join(', ')} for ${formatDuration(timeMs)}` }
  },
})
