import { z } from 'zod'
import { disk as kind } from '../faults/disk.ts'
import type { Resources } from '../platforms/faults.ts'
import { bandwidth, bytesPerSecondOf } from './amounts.ts'
import { faultVerb } from './fault-verb.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'

const arg = z
  .strictObject({
    node: targets.describe('Servers whose disk it is'),
    state: z
      .enum(['full', 'read-only', 'slow'])
      .describe(
        'full: nothing more can be written. read-only: no file can be made, replaced or opened for writing; what a server has open it can go on writing. slow: no more than `rate` is written',
      ),
    rate: bandwidth.optional().describe('With slow: 1mb/s'),
  })
  .superRefine(({ state, rate }, refinement) => {
    const say = (message: string) => refinement.addIssue({ code: 'custom', message })
    if (state === 'slow' && rate === undefined) say('a slow disk needs its `rate`: 1mb/s')
    if (state !== 'slow' && rate !== undefined) say('`rate` goes with state: slow')
  })
  .meta({
    allOf: [
      {
        if: { required: ['state'], properties: { state: { const: 'slow' } } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { required: ['rate'] },
      },
      {
        if: { required: ['state'], properties: { state: { enum: ['full', 'read-only'] } } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { not: { required: ['rate'] } },
      },
    ],
  })

type Arg = z.infer<typeof arg>

export const disk = faultVerb({
  name: 'disk',
  summary: 'Makes the disk of servers full, read-only or slow, until heal or for a time.',
  example: ['- disk: { node: replica of shard 1, state: full }', '  for: 15s'],
  proof: 'The server fails to save its data there; of a slow disk, the kernel tells the limit.',
  arg,
  kind,
  needs: ({ state }) => (state === 'slow' ? {} : { disk: true }),
  sentence: (value) => describe(value, describeTargets(value.node)),
  async plan(value, context) {
    const nodes = await resolveTargets(value.node, context, ['node'])
    return { spec: { resources: { disk: stateOf(value) } }, nodes, sentence: describe(value, nodes.join(', ')) }
  },
})

function stateOf({ state, rate }: Arg): NonNullable<Resources['disk']> {
  return state === 'slow' ? { bytesPerSecond: bytesPerSecondOf(rate ?? '') } : state
}

function describe({ state, rate }: Arg, nodes: string): string {
  return `make the disk of ${nodes} ${state}${rate === undefined ? '' : `, ${rate} at most`}`
}
