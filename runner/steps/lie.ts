import { z } from 'zod'
import { lie as kind } from '../faults/lie.ts'
import { type LinkFault, STREAM_LIES } from '../platforms/faults.ts'
import { faultVerb } from './fault-verb.ts'
import { describeTargets, resolveTargets, target } from './targets.ts'
import { StepFailure } from './verb.ts'

/** Of so many writes, one is treated where nothing else is said. */
const DEFAULT_EVERY = 10

const WORDS: Readonly<Record<(typeof STREAM_LIES)[number], (every: number) => string>> = {
  skip: (every) => `leave out every ${nth(every)} write`,
  double: (every) => `send every ${nth(every)} write twice`,
  reorder: (every) => `let every ${nth(every)} write be overtaken by the next one of its key`,
  stale: (every) => `send an older write of the key in the place of every ${nth(every)}`,
  'no-expiry': (every) => `leave out the time to live of every ${nth(every)} key`,
  'no-tail': (every) => `leave out the last write of every ${nth(every)} transaction`,
  'empty-sync': () => 'send a copy without keys at a full resync',
  'early-ack': () => 'acknowledge everything before it arrives',
}

const arg = z.strictObject({
  from: target.describe('A master'),
  to: target.describe('Its replica'),
  how: z
    .enum(STREAM_LIES)
    .describe(
      'skip: a write is left out. double: it comes twice. reorder: the next of its key comes first. stale: an older one of its key comes in its place. no-expiry: its time to live is left out. no-tail: the last write of a transaction is. empty-sync: at a full resync there is no key. early-ack: the master is told that the replica has everything',
    ),
  every: z.number().int().min(1).optional().describe('1: each; 10, the default: every tenth that it is about'),
})

type Arg = z.infer<typeof arg>

export const lie = faultVerb({
  name: 'lie',
  summary:
    'Falsifies what a master sends its replica, on its way, until heal or for a time: for twins, which must find it.',
  example: ['- lie: { from: master of shard 1, to: replica of shard 1, how: skip, every: 5 }', '  for: 10s'],
  proof: 'The links count the lies told. Where there was nothing to lie about, it is inconclusive.',
  arg,
  kind,
  needs: () => ({ links: true }),
  sentence: describe,
  async plan(value, context) {
    const [from, ...others] = await resolveTargets(value.from, context, ['from'])
    const [to, ...more] = await resolveTargets(value.to, context, ['to'])
    if (from === undefined || to === undefined || others.length + more.length > 0)
      throw new StepFailure({ message: 'a lie is told by one master to one replica' })
    if (from === to) throw new StepFailure({ message: 'there is no link from a node to itself' })
    const { how, every = DEFAULT_EVERY } = value
    const links: LinkFault[] = [{ from, to, channel: 'data', lie: { how, every } }]
    return { spec: { links }, nodes: [from, to], sentence: describe({ ...value, from, to }) }
  },
})

function describe({ from, to, how, every = DEFAULT_EVERY }: Arg): string {
  return `lie to ${describeTargets(to)} about what ${describeTargets(from)} sends: ${WORDS[how](every)}`
}

function nth(number: number): string {
  const ending = { 1: 'st', 2: 'nd', 3: 'rd' }[number % 100 > 10 && number % 100 < 14 ? 0 : number % 10]
  return number === 1 ? 'single' : `${number}${ending ?? 'th'}`
}
