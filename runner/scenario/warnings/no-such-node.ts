import { anchorsIn, parseTarget } from '../../cluster/target-phrase.ts'
import type { Formed } from './meaning.ts'
import { keyOf, type Moment } from './situation.ts'
import type { Warning } from './warning.ts'

/** Verbs whose arguments hold texts that are no targets. */
const OTHER_TEXTS = ['redis', 'write', 'verify', 'wait', 'heal', 'config', 'migration']
const OF_EXPECT = ['node', 'of', 'asked', 'served_by', 'moved_to', 'owner', 'without']
const INSIDE_EXPECT = [
  ['known', 'by'],
  ['info', 'node'],
  ['log', 'node'],
]
const OF_OTHERS = ['node', 'isolate', 'groups', 'from', 'to', 'bridge', 'of', 'by', 'with']

/** Names of nodes are known only when servers are made: `--name-prefix` may give them others. */
export const noSuchNode: Warning = {
  name: 'no-such-node',
  summary: 'A target that names a shard or a node which the cluster does not have',
  *find({ moments, last, formed }) {
    let hasGrown = false
    for (const moment of [...moments, ...last]) {
      for (const { text, path, isKey = false } of targetsOf(moment)) {
        const message = missing(text, formed, hasGrown)
        if (message === undefined) continue
        yield {
          at: { step: moment.step, path, isKey },
          message,
          hint: `The cluster has ${describe(formed)}; \`cluster: { shards: …, replicas: … }\` gives it others.`,
        }
      }
      hasGrown ||= moment.step.verb === 'add-node'
    }
  },
}

/** `hasGrown`: nodes were added to those that it was formed with; how many is not told. */
function missing(text: string, formed: Formed, hasGrown: boolean): string | undefined {
  const parsed = parseTarget(text)
  if ('error' in parsed) return undefined
  for (const anchor of anchorsIn(parsed.target)) {
    if (anchor.by === 'shard' && anchor.shard > formed.topology.shards && !hasGrown)
      return `there is no shard ${anchor.shard}`
    if (anchor.by === 'node' && !formed.named(anchor.node) && !(hasGrown && /^redis-node\d+$/.test(anchor.node)))
      return `there is no node \`${anchor.node}\``
  }
  return undefined
}

function describe({ topology, nodes }: Formed): string {
  const shards = topology.shards === 1 ? 'one shard' : `shards 1 to ${topology.shards}`
  return `${shards} and the nodes ${nodes[0]?.name} to ${nodes.at(-1)?.name}, unless \`--name-prefix\` names them otherwise`
}

interface Text {
  text: string
  path: (string | number)[]
  isKey?: true
}

function targetsOf({ step, arg, on }: Moment): Text[] {
  const ofOn = on === undefined ? [] : [{ text: on, path: ['on'] }]
  if (step.verb === 'expect') {
    return [
      ...ofOn,
      ...OF_EXPECT.flatMap((key) => textsIn(keyOf(arg, key), ['expect', key])),
      ...INSIDE_EXPECT.flatMap(([key = '', inner = '']) =>
        textsIn(keyOf(keyOf(arg, key), inner), ['expect', key, inner]),
      ),
    ]
  }
  if (OTHER_TEXTS.includes(step.verb)) return [...ofOn, ...textsIn(keyOf(arg, 'node'), [step.verb, 'node'])]
  if (step.verb === 'let' && typeof arg === 'object' && arg !== null) {
    return Object.entries(arg).flatMap(([name, phrase]) => textsIn(phrase, ['let', name]))
  }
  if (typeof arg === 'string' || Array.isArray(arg)) return arg === 'evenly' ? [] : textsIn(arg, [step.verb])
  return [...OF_OTHERS.flatMap((key) => textsIn(keyOf(arg, key), [step.verb, key])), ...weightsOf(arg, step.verb)]
}

/** Their targets are keys. */
function weightsOf(arg: unknown, verb: string): Text[] {
  const weights = keyOf(arg, 'weights')
  if (typeof weights !== 'object' || weights === null) return []
  const phrases = Object.keys(weights).filter((text) => !text.startsWith('$'))
  return phrases.map((text) => ({ text, path: [verb, 'weights', text], isKey: true }))
}

function textsIn(value: unknown, path: (string | number)[]): Text[] {
  if (typeof value === 'string') return [{ text: value, path }]
  if (!Array.isArray(value)) return []
  return value.flatMap((item, index) => textsIn(item, [...path, index]))
}
