import { z } from 'zod'
import { duration, durationMs } from '../base/duration-schema.ts'
import { bus as kind } from '../faults/bus.ts'
import { PACKET_NAMES } from '../platforms/bus-packets.ts'
import { dialectOf } from '../platforms/dialects.ts'
import type { LinkFault, PacketFault } from '../platforms/faults.ts'
import { faultVerb } from './fault-verb.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'
import { type StepContext, StepFailure, StepInconclusive } from './verb.ts'

const LONGEST_DELAY_MS = 60_000
const FATES = ['drop', 'delay', 'duplicate', 'reorder'] as const

const type = z.enum(PACKET_NAMES)

const arg = z
  .strictObject({
    from: targets.describe('Who sends the packets'),
    to: targets.describe('Who gets them'),
    type: z
      .union([type, z.array(type).min(1)])
      .describe('Which packets of the cluster bus, one type or several: ping, or [ping, pong]; all others pass'),
    drop: z.literal(true).optional().describe('true: they never arrive'),
    delay: duration
      .optional()
      .describe(
        'A duration: 500ms, by which each comes later; others overtake it. Healing lets come what is on its way',
      ),
    duplicate: z.literal(true).optional().describe('true: each comes twice'),
    reorder: z
      .literal(true)
      .optional()
      .describe('true: each is overtaken by the next packet that goes the same way, if one does within 2s'),
  })
  .superRefine((value, refinement) => {
    const say = (message: string) => refinement.addIssue({ code: 'custom', message })
    const fates = FATES.filter((fate) => value[fate] !== undefined)
    if (fates.length === 0)
      say(`it does not say what becomes of the packets: ${FATES.slice(0, -1).join(', ')} or ${FATES.at(-1)}`)
    if (fates.length > 1) say(`${fates.join(' and ')} do not go together: say one of them`)
    if (value.delay === undefined) return
    if (durationMs(value.delay) === 0) say('a `delay` of 0 changes nothing')
    if (durationMs(value.delay) > LONGEST_DELAY_MS) say('the longest `delay` is 60s')
  })
  .meta({ allOf: [{ oneOf: FATES.map((fate) => ({ required: [fate] })) }] })

type Arg = z.infer<typeof arg>

export const bus = faultVerb({
  name: 'bus',
  summary: 'Drops, delays, doubles or reorders packets of the cluster bus by their type, until heal or for a time.',
  example: ['- bus: { from: master of shard 1, to: all masters, type: [ping, pong], delay: 500ms }', '  for: 10s'],
  proof:
    'The links count packets of that type that they treated. Where none came before it was healed, it is inconclusive.',
  arg,
  kind,
  needs: () => ({ links: true }),
  sentence: describe,
  async plan(value, context) {
    const senders = await resolveTargets(value.from, context, ['from'])
    const receivers = await resolveTargets(value.to, context, ['to'])
    assertTheySend(typesOf(value), senders, context)
    const links = senders.flatMap((from) =>
      receivers
        .filter((to) => to !== from)
        .flatMap((to) =>
          typesOf(value).map(
            (type): LinkFault => ({ from, to, channel: 'bus', packet: { type, fate: fateOf(value) } }),
          ),
        ),
    )
    if (links.length === 0) throw new StepFailure({ message: 'there is no link from a node to itself' })
    const nodes = [...new Set(links.flatMap(({ from, to }) => [from, to]))]
    return { spec: { links }, nodes, sentence: describe({ ...value, from: senders, to: receivers }) }
  },
})

/** Throws StepInconclusive for a packet that the version of its sender does not have: it would never come. */
function assertTheySend(types: readonly PacketFault['type'][], senders: readonly string[], { servers }: StepContext) {
  if (!types.includes('publish-shard')) return
  const without = servers.nodes.find(
    ({ name, server }) => senders.includes(name) && server && !dialectOf(server).can('sharded-pubsub'),
  )
  if (!without) return
  throw new StepInconclusive({
    message: `a fault of publish-shard packets is unsupported here: ${without.name} is ${without.server}, which has none`,
    hint: 'Redis has them from 7.0 on.',
  })
}

function typesOf(value: Arg): PacketFault['type'][] {
  return [...new Set([value.type].flat())]
}

function fateOf({ drop, delay, duplicate }: Arg): PacketFault['fate'] {
  if (delay !== undefined) return { delayMs: durationMs(delay) }
  if (drop) return 'drop'
  return duplicate ? 'duplicate' : 'reorder'
}

function describe(value: Arg): string {
  const packets = `${typesOf(value).join(' and ')} packets from ${describeTargets(value.from)} to ${describeTargets(value.to)}`
  if (value.delay !== undefined) return `delay ${packets} by ${value.delay}`
  const fate = fateOf(value)
  return fate === 'duplicate' ? `send ${packets} twice` : `${fate} ${packets}`
}
