import { z } from 'zod'
import { damage as kind, MOST_DAMAGED_BYTES } from '../faults/damage.ts'
import { faultVerb } from './fault-verb.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'

const BELOW = 2 ** 32

const arg = z.strictObject({
  node: targets.describe('Servers that are down, whose files are damaged'),
  file: z
    .enum(['aof', 'rdb', 'nodes.conf'])
    .describe(
      'aof: the last part of the append-only file; rdb: the snapshot; nodes.conf: what the node knows of the cluster',
    ),
  how: z
    .enum(['truncated', 'flipped'])
    .describe('truncated: bytes at its end are gone; flipped: one bit of each byte is wrong'),
  bytes: z
    .int()
    .min(1)
    .max(MOST_DAMAGED_BYTES)
    .optional()
    .describe('How many bytes; 1 to 16 at the end (truncated) or 1 (flipped) if not given, from the seed'),
  at: z
    .int()
    .min(0)
    .optional()
    .describe('With flipped: from which byte on, the first being 0; from the seed if not given'),
})

type Arg = z.infer<typeof arg>

export const damage = faultVerb({
  name: 'damage',
  summary:
    'Cuts a file of a stopped server short, or flips bits in it. heal puts it right if the server has not started.',
  example: ['- stop: redis-node1', '- damage: { node: redis-node1, file: rdb, how: truncated, bytes: 20 }'],
  proof: 'The file’s checksum is another one.',
  arg: arg
    .refine(({ how, at }) => how === 'flipped' || at === undefined, {
      path: ['at'],
      error: '`at` goes with `how: flipped`: what is truncated is cut off at the end',
    })
    .meta({ not: { required: ['how', 'at'], properties: { how: { const: 'truncated' } } } }),
  kind,
  onStopped: true,
  sentence: (value) => describe(value, describeTargets(value.node)),
  async plan(value, context) {
    const nodes = await resolveTargets(value.node, context, ['node'])
    const { node: _, ...spec } = value
    return {
      spec: { nodes, ...spec, seed: context.random(BELOW) },
      nodes,
      sentence: describe(value, nodes.join(', ')),
    }
  },
})

function describe({ file, how, bytes, at }: Arg, nodes: string): string {
  const what = { aof: 'append-only file', rdb: 'RDB file', 'nodes.conf': 'nodes.conf' }[file]
  const amount = bytes === undefined ? '' : ` ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
  return how === 'truncated'
    ? `cut${amount || ' a few bytes'} off the end of the ${what} of ${nodes}`
    : `flip bits of${amount || ' 1 byte'}${at === undefined ? '' : `, from ${at} on,`} in the ${what} of ${nodes}`
}
