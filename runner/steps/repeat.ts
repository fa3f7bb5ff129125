import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { duration, durationMs } from '../base/duration-schema.ts'
import { plural } from '../base/text.ts'
import { parseTarget } from '../cluster/targets.ts'
import { stepList } from './parallel.ts'
import { defineVerb, type StepContext } from './verb.ts'

const item = z.union([z.string().min(1), z.number(), z.boolean()])

const arg = z
  .strictObject({
    times: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .meta({ description: 'How often, 1 or more', examples: [3, 10] }),
    over: z
      .union([item, z.array(z.union([item, z.array(item)])).min(1)])
      .optional()
      .meta({
        description:
          'Targets or values, one a round, in the place of `times`. A target is looked up when its turn comes, and one that stands for several nodes is gone through node by node',
        examples: ['all masters', 'all replicas'],
      }),
    as: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
      .optional()
      .describe('With `over`: the $name that stands for the node or value of the round'),
    every: duration
      .optional()
      .describe(
        'A duration: 3s, from the beginning of a round to that of the next, as flapping needs it; at once if a round took longer',
      ),
    steps: stepList.describe('Steps, in order; $index is the number of the round, from 1'),
  })
  .superRefine(({ times, over, as }, refinement) => {
    const complain = (message: string, path: string[] = []) => refinement.addIssue({ code: 'custom', message, path })
    if (times === undefined && over === undefined) complain('say how often, with `times`, or over what, with `over`')
    if (times !== undefined && over !== undefined) complain('give `times` or `over`, not both', ['times'])
    if (over !== undefined && as === undefined) complain('`over` needs `as`, the name that its steps use: `as: node`')
    if (over === undefined && as !== undefined) complain('`as` names what `over` goes through')
  })
  .meta({
    allOf: [
      {
        oneOf: [
          { required: ['times'], not: { anyOf: [{ required: ['over'] }, { required: ['as'] }] } },
          { required: ['over', 'as'], not: { required: ['times'] } },
        ],
      },
    ],
  })

type RepeatArg = z.infer<typeof arg>

export const repeat = defineVerb({
  name: 'repeat',
  summary: 'Plays a list of steps several times, one after another; the first that does not pass ends it.',
  group: 'flow',
  example: [
    '- repeat:',
    '    times: 3',
    '    every: 20s',
    '    steps:',
    '      - restart: random master',
    '- repeat:',
    '    over: all replicas',
    '    as: node',
    '    steps:',
    '      - restart: $node',
    '      - expect: { node: $node, link: up }',
    '        within: 20s',
  ],
  proof: 'Every round has passed.',
  arg,
  modifiers: [],
  children: 'steps',
  defaultDeadlineMs: Number.POSITIVE_INFINITY,
  sentence: ({ times, over, as, every }, step) => {
    const period = every === undefined ? '' : `, every ${formatDuration(durationMs(every))}`
    const rounds = over === undefined ? plural(times ?? 0, 'time') : `for $${as} of ${[over].flat(2).join(', ')}`
    return `${rounds}${period}: ${plural(step.children.length, 'step')}`
  },
  async run(value, context) {
    const { as, every } = value
    const startMs = context.clock.nowMs()
    let index = 0
    for await (const { round, of } of roundsOf(value, context)) {
      const dueMs = startMs + index * (every === undefined ? 0 : durationMs(every))
      await context.clock.sleep(Math.max(dueMs - context.clock.nowMs(), 0), context.signal)
      index += 1
      context.progress(as === undefined ? `round ${index}${of}` : `round ${index}${of}: $${as} = ${String(round)}`)
      const scope = context.names.with({ index, ...(as !== undefined && { [as]: round }) })
      await context.playChildren(context.step.children, { parallel: false, iteration: index, scope })
    }
    return { attempts: index }
  },
})

interface Round {
  round: unknown
  /** ` of 3`, where that is known. */
  of: string
}

/** A target stands for nodes when its turn comes, and not before. */
async function* roundsOf({ times, over }: RepeatArg, context: StepContext): AsyncGenerator<Round> {
  for (let round = 1; round <= (times ?? 0); round += 1) yield { round, of: ` of ${times}` }
  for (const item of over === undefined ? [] : [over].flat(2)) {
    if (!isTarget(item, context)) yield { round: item, of: '' }
    else for (const node of await context.resolveMany(item)) yield { round: node, of: '' }
  }
}

/** Words of a phrase; one word alone only if it is a node's name, for it may be any value. */
function isTarget(item: unknown, { cluster }: StepContext): item is string {
  if (typeof item !== 'string') return false
  const parsed = parseTarget(item)
  return 'target' in parsed && (parsed.target.kind !== 'node' || cluster.has(parsed.target.node))
}
