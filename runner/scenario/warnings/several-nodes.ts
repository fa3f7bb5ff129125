import { replicaCount } from '../../record/cluster-shape.ts'
import { membersUsedIn } from '../../steps/names.ts'
import { keyOf, type Moment } from './situation.ts'
import type { Found, Warning } from './warning.ts'

/** Places of `expect`, and of verbs, that one node alone fits in. */
const OF_EXPECT = ['of', 'served_by', 'moved_to', 'owner']

export const severalNodes: Warning = {
  name: 'several-nodes',
  summary: 'A target that stands for several nodes, or for more than there are, where that cannot be',
  *find({ moments, last, formed }) {
    const { topology, nodes } = formed
    for (const moment of [...moments, ...last]) {
      for (const { text, path } of singlePlaces(moment)) {
        const { count = 1 } = moment.meaningOf(text)
        if (count > 1) yield tooMany(moment, text, path, count)
      }
      yield* membersOfSeveral(moment)
      for (const { text, path } of textsOf(moment)) {
        const random = /^(\d+) random (masters|replicas|nodes)$/.exec(text)
        const there = { masters: topology.shards, replicas: replicaCount(topology), nodes: nodes.length }
        const most = random && there[random[2] as keyof typeof there]
        if (!random || most === null || Number(random[1]) <= most) continue
        yield {
          at: { step: moment.step, path },
          message: `\`${text}\` asks for more than the ${most} that the cluster has`,
          hint: `Ask for fewer, or give the cluster more: \`cluster: { shards: …, replicas: … }\`.`,
        }
      }
    }
  },
}

function tooMany({ step }: Moment, text: string, path: string[], count: number): Found {
  return {
    at: { step, path },
    message: `\`${text}\` stands for ${count} nodes, and one is needed here: the step would fail`,
    hint: 'Name one of them, as `master of shard 1`; to ask each, write a step for each, inside `parallel:` for all at once.',
  }
}

/** `$masters.port`: which of their ports is not said. */
function* membersOfSeveral(moment: Moment): Iterable<Found> {
  const { step, arg, on } = moment
  const texts = [...(on === undefined ? [] : textsIn(on, ['on'])), ...textsIn(arg, [step.verb])]
  for (const { text, path } of texts) {
    for (const { name, member } of membersUsedIn(text)) {
      const { count = 1 } = moment.meaningOf(`$${name}`)
      if (count === 1) continue
      yield {
        at: { step, path },
        message: `\`$${name}\` stands for ${count} nodes, and \`.${member}\` is of one: the step would fail`,
        hint: `Name one of them; or go through them: \`repeat: { over: $${name}, as: node, steps: … }\` and \`$node.${member}\`.`,
      }
    }
  }
}

interface Text {
  text: string
  path: string[]
}

function singlePlaces({ step, arg, on }: Moment): Text[] {
  // `verify` reads from each of several nodes.
  const ofOn = on === undefined || step.verb === 'verify' ? [] : [{ text: on, path: ['on'] }]
  if (step.verb === 'expect') return [...ofOn, ...OF_EXPECT.flatMap((key) => textAt(arg, key, ['expect', key]))]
  if (step.verb !== 'failover') return ofOn
  return typeof arg === 'string' ? [{ text: arg, path: ['failover'] }] : textAt(arg, 'node', ['failover', 'node'])
}

function textAt(arg: unknown, key: string, path: string[]): Text[] {
  const text = keyOf(arg, key)
  return typeof text === 'string' ? [{ text, path }] : []
}

/** Every text of an argument, with its place. */
function textsOf({ step, arg }: Moment): Text[] {
  if (['redis', 'write', 'verify', 'wait'].includes(step.verb)) return []
  return textsIn(arg, [step.verb])
}

function textsIn(value: unknown, path: string[]): Text[] {
  if (typeof value === 'string') return [{ text: value.trim().replace(/\s+/g, ' '), path }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...path, key]))
}
