import { z } from 'zod'
import { duration, durationMs } from '../base/duration-schema.ts'
import { network as kind } from '../faults/network.ts'
import { type Channel, CLIENTS, type Impairment, type LinkFault } from '../platforms/faults.ts'
import { bandwidth, bytesPerSecondOf, percent, ratioOf } from './amounts.ts'
import { faultVerb } from './fault-verb.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'
import { type StepContext, StepFailure } from './verb.ts'

const LONGEST_DELAY_MS = 60_000
const EFFECTS = ['delay', 'loss', 'bandwidth', 'corrupt', 'duplicate', 'reorder'] as const

const arg = z
  .strictObject({
    node: targets.optional().describe('All that these nodes exchange with the others'),
    from: targets.optional().describe('With `to`: only what these nodes send'),
    to: targets.optional().describe('With `from`: only what these nodes get'),
    delay: duration
      .optional()
      .describe('A duration: 100ms, by which each packet comes later; a round trip pays for both ways'),
    jitter: duration.optional().describe('A duration: 20ms, by which the delay varies to either side'),
    loss: percent.optional().describe('A share: 5%, of packets that are lost'),
    bandwidth: bandwidth.optional().describe('A bandwidth: 500kb/s, 1mb/s (bytes), 8mbit/s, of each link'),
    corrupt: percent.optional().describe('A share: 1%, of packets that are damaged'),
    duplicate: percent.optional().describe('A share: 1%, of packets that come twice'),
    reorder: percent.optional().describe('A share: 5%, of packets that overtake others; needs a delay'),
    direction: z
      .enum(['both', 'out', 'in'])
      .optional()
      .describe('With `node`: what it sends and gets (both, default), only sends (out), only gets (in)'),
    traffic: z
      .enum(['all', 'bus', 'data', 'client'])
      .optional()
      .describe(
        'all (default): everything between nodes. bus: the cluster bus. data: replication. client: with clients',
      ),
  })
  .superRefine((value, refinement) => {
    const say = (message: string) => refinement.addIssue({ code: 'custom', message })
    if (EFFECTS.every((effect) => value[effect] === undefined))
      say(`it does not say what is wrong: ${EFFECTS.join(', ')}`)
    if (value.node === undefined && value.from === undefined && value.to === undefined)
      say('it does not say where: node, or from and to')
    if (value.node !== undefined && (value.from ?? value.to) !== undefined)
      say('`node` and `from` or `to` do not go together')
    if (value.node === undefined && (value.from === undefined) !== (value.to === undefined))
      say('one way needs both: `from` and `to`')
    if (value.direction !== undefined && value.node === undefined) say('`direction` goes with `node`')
    if (value.traffic === 'client' && value.node === undefined) say('traffic: client goes with `node`')
    if (value.jitter !== undefined && value.delay === undefined) say('`jitter` varies a `delay`, and there is none')
    if (value.reorder !== undefined && value.delay === undefined)
      say('`reorder` lets packets overtake delayed ones: it needs a `delay`')
    if (value.delay !== undefined && durationMs(value.delay) > LONGEST_DELAY_MS) say('the longest `delay` is 60s')
    if (value.delay !== undefined && durationMs(value.delay) === 0) say('a `delay` of 0 changes nothing')
    if (value.jitter !== undefined && value.delay !== undefined && durationMs(value.jitter) > durationMs(value.delay)) {
      say('`jitter` cannot be longer than the `delay` that it varies')
    }
  })
  .meta({
    allOf: [
      { anyOf: EFFECTS.map((effect) => ({ required: [effect] })) },
      { oneOf: [{ required: ['node'] }, { anyOf: [{ required: ['from'] }, { required: ['to'] }] }] },
    ],
    dependencies: { from: ['to'], to: ['from'], direction: ['node'], jitter: ['delay'], reorder: ['delay'] },
  })

type Arg = z.infer<typeof arg>

type Pair = [from: string, to: string]

export const network = faultVerb({
  name: 'network',
  summary: 'Makes the network slow, lossy or narrow, until heal or for a time.',
  example: ['- network: { node: replica of shard 1, delay: 200ms, traffic: client }', '  for: 20s'],
  proof: 'What is sent there is as late, as often lost or as narrow as was asked for.',
  arg,
  kind,
  needs: ({ traffic }) => (traffic === 'client' ? { links: true, clientLinks: true } : { links: true }),
  sentence: describe,
  async plan(value, context) {
    const links = await linksOf(value, context)
    const nodes = value.node === undefined ? endsOf(links) : await resolveTargets(value.node, context, ['node'])
    return { spec: { links }, nodes, sentence: describe(value) }
  },
})

function impairmentOf(value: Arg): Impairment {
  return {
    ...(value.delay !== undefined && { delayMs: durationMs(value.delay) }),
    ...(value.jitter !== undefined && { jitterMs: durationMs(value.jitter) }),
    ...(value.loss !== undefined && { lossRatio: ratioOf(value.loss) }),
    ...(value.bandwidth !== undefined && { bytesPerSecond: bytesPerSecondOf(value.bandwidth) }),
    ...(value.corrupt !== undefined && { corruptRatio: ratioOf(value.corrupt) }),
    ...(value.duplicate !== undefined && { duplicateRatio: ratioOf(value.duplicate) }),
    ...(value.reorder !== undefined && { reorderRatio: ratioOf(value.reorder) }),
  }
}

async function linksOf(value: Arg, context: StepContext): Promise<LinkFault[]> {
  const pairs =
    value.node === undefined ? await oneWayPairs(value, context) : await nodePairs(value.node, value, context)
  const channel: Channel = value.traffic === 'client' ? 'data' : (value.traffic ?? 'all')
  const links = pairs.map(([from, to]): LinkFault => ({ from, to, channel, ...impairmentOf(value) }))
  if (links.length > 0) return links
  throw new StepFailure({ message: 'there is no link between these nodes: each stands alone on both ends' })
}

async function oneWayPairs({ from, to }: Arg, context: StepContext): Promise<Pair[]> {
  const senders = await resolveTargets(from ?? [], context, ['from'])
  const receivers = await resolveTargets(to ?? [], context, ['to'])
  return senders.flatMap((sender) =>
    receivers.filter((receiver) => receiver !== sender).map((receiver): Pair => [sender, receiver]),
  )
}

async function nodePairs(
  node: NonNullable<Arg['node']>,
  { direction = 'both', traffic }: Arg,
  context: StepContext,
): Promise<Pair[]> {
  const nodes = await resolveTargets(node, context, ['node'])
  const all = traffic === 'client' ? [CLIENTS] : context.servers.nodes.map(({ name }) => name)
  const pairs = nodes.flatMap((name) =>
    all
      .filter((other) => other !== name)
      .flatMap((other) => {
        const out: Pair = [name, other]
        const back: Pair = [other, name]
        return { out: [out], in: [back], both: [out, back] }[direction]
      }),
  )
  return [...new Map(pairs.map((pair) => [pair.join(' '), pair])).values()]
}

function endsOf(links: readonly LinkFault[]): string[] {
  return [...new Set(links.flatMap(({ from, to }) => [from, to]))].filter((name) => name !== CLIENTS)
}

function describe(value: Arg): string {
  const jitter = value.jitter === undefined ? '' : ` ± ${value.jitter}`
  const effects = [
    ...(value.delay === undefined ? [] : [`${value.delay}${jitter} of delay`]),
    ...(value.loss === undefined ? [] : [`${value.loss} of loss`]),
    ...(value.bandwidth === undefined ? [] : [`${value.bandwidth} at most`]),
    ...(value.corrupt === undefined ? [] : [`${value.corrupt} damaged`]),
    ...(value.duplicate === undefined ? [] : [`${value.duplicate} twice`]),
    ...(value.reorder === undefined ? [] : [`${value.reorder} out of order`]),
  ].join(', ')
  const traffic = { all: '', bus: ' on the cluster bus', data: ' for replication', client: ' with clients' }[
    value.traffic ?? 'all'
  ]
  const direction = { both: '', out: ', outwards only', in: ', inwards only' }[value.direction ?? 'both']
  const where =
    value.node === undefined
      ? `from ${describeTargets(value.from ?? [])} to ${describeTargets(value.to ?? [])}`
      : `at ${describeTargets(value.node)}`
  return `network ${where}${traffic}${direction}: ${effects}`
}
