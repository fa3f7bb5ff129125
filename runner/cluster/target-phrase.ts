import { nearestWord } from '../base/nearest.ts'
import { wholeUpTo } from '../base/number-pattern.ts'
import { SLOT_COUNT } from './slots.ts'

/** What a role is asked of. */
export type Anchor =
  | { by: 'shard'; shard: number }
  | { by: 'key'; key: string }
  | { by: 'slot'; slot: number }
  | { by: 'node'; node: string }

/** A target, parsed, before any node is known. */
export type TargetPhrase =
  | { kind: 'node'; node: string }
  /** `replica of …` is one, that of the lowest index; `replicas of …` is all. */
  | { kind: 'related'; role: 'master' | 'replica' | 'replicas'; anchor: Anchor }
  | { kind: 'random'; count: number; role: 'master' | 'replica' | 'node' }
  | { kind: 'all'; role: 'master' | 'replica' | 'node' }
  | { kind: 'share'; share: 'majority' | 'minority' }

export type ParsedTarget = { target: TargetPhrase } | { error: string; suggestion?: string }

/** The forms of a target, for help texts and the editor. */
export const TARGET_EXAMPLES: readonly string[] = [
  'redis-node0',
  'master of shard 1',
  'replica of shard 1',
  'replicas of shard 1',
  'master of redis-node1',
  'replica of redis-node0',
  'replicas of redis-node0',
  'master of key aa',
  'replica of key aa',
  'master of slot 1180',
  'random master',
  'random replica',
  'random node',
  '2 random replicas',
  '2 random masters',
  'all masters',
  'all replicas',
  'all nodes',
  'majority of masters',
  'minority of masters',
]

const ROLE_WORDS = { master: 'master', masters: 'master', replica: 'replica', replicas: 'replica' } as const
const NODE_WORDS = { ...ROLE_WORDS, node: 'node', nodes: 'node' } as const
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/
/** Words that begin or make up phrases, and so name no node. */
const RESERVED = new Set(['master', 'masters', 'replica', 'replicas', 'random', 'all', 'majority', 'minority', 'node'])

const NODE = `(?!(?:${[...RESERVED, 'shard', 'slot', 'key'].join('|')})(?:\\s|$))[A-Za-z0-9][A-Za-z0-9_.-]*`
const LONE_NODE = `(?!(?:${[...RESERVED].join('|')})\\s*$)[A-Za-z0-9][A-Za-z0-9_.-]*`
const FORMS = [
  '(?:majority|minority)\\s+of\\s+masters',
  'all\\s+(?:masters|replicas|nodes)',
  'random\\s+(?:master|replica|node)',
  '0*[1-9]\\d*\\s+random\\s+(?:master|replica|node)s?',
  '(?:master|replicas?)\\s+of\\s+shard\\s+[1-9]\\d*',
  `(?:master|replicas?)\\s+of\\s+slot\\s+${wholeUpTo(SLOT_COUNT - 1)}`,
  '(?:master|replicas?)\\s+of\\s+key\\s+\\S.*',
  `(?:master|replicas?)\\s+of\\s+${NODE}`,
  LONE_NODE,
]

/** The same for the name of a node. */
export const NODE_PATTERN = `^\\s*${LONE_NODE}\\s*$`

/** What `parseTarget` accepts where it knows no node's name, as a pattern for the editor. */
export const TARGET_PATTERN = `^\\s*(?:${FORMS.join('|')})\\s*$`

/**
 * Parses a target in plain words. With `nodeNames`, names of other nodes are errors; without, any word may be a node's
 * name. An error comes with the nearest right phrase, if one is near.
 */
export function parseTarget(text: string, options: { nodeNames?: readonly string[] } = {}): ParsedTarget {
  const words = text.trim().replace(/\s+/g, ' ')
  const phrase = parsePhrase(words)
  if (phrase && 'error' in phrase) return phrase
  if (!phrase) return unknownPhrase(text)
  const node = phrase.kind === 'node' ? phrase.node : nodeOfAnchor(phrase)
  const { nodeNames } = options
  if (node === undefined || !nodeNames || nodeNames.includes(node)) return { target: phrase }
  const nearest = nearestWord(node, nodeNames)
  return {
    error: `there is no node "${node}"; the nodes are ${nodeNames.join(', ')}`,
    ...(nearest === undefined ? {} : { suggestion: words.slice(0, words.length - node.length) + nearest }),
  }
}

function parsePhrase(words: string): TargetPhrase | { error: string; suggestion?: string } | undefined {
  return parseRandomOrAll(words) ?? parseRelated(words) ?? parseName(words)
}

function parseRandomOrAll(words: string): TargetPhrase | { error: string; suggestion?: string } | undefined {
  const share = /^(majority|minority) of masters$/.exec(words)?.[1]
  if (share === 'majority' || share === 'minority') return { kind: 'share', share }
  const all = /^all (masters|replicas|nodes)$/.exec(words)?.[1]
  if (all !== undefined) return { kind: 'all', role: NODE_WORDS[all as keyof typeof NODE_WORDS] }
  const random = /^(?:(\d+) )?random (master|replica|node)(s?)$/.exec(words)
  if (!random) return undefined
  const role = NODE_WORDS[random[2] as keyof typeof NODE_WORDS]
  const count = Number(random[1] ?? 1)
  if (count < 1)
    return { error: `"${words}" stands for no node at all; ask for at least 1`, suggestion: `random ${role}` }
  if (random[1] === undefined && random[3] === 's') {
    return { error: `"${words}" does not say how many`, suggestion: `2 random ${role}s` }
  }
  return { kind: 'random', count, role }
}

function parseRelated(words: string): TargetPhrase | { error: string } | undefined {
  const match = /^(master|replica|replicas) of (?:(shard|slot|key) )?(.+)$/.exec(words)
  if (!match) return undefined
  const role = match[1] as 'master' | 'replica' | 'replicas'
  const rest = match[3] ?? ''
  const related = (anchor: Anchor): TargetPhrase => ({ kind: 'related', role, anchor })
  switch (match[2]) {
    case 'shard':
      if (/^[1-9]\d*$/.test(rest)) return related({ by: 'shard', shard: Number(rest) })
      return { error: `"${rest}" is not the number of a shard; shards are numbered from 1` }
    case 'slot':
      if (/^\d+$/.test(rest) && Number(rest) < SLOT_COUNT) return related({ by: 'slot', slot: Number(rest) })
      return { error: `"${rest}" is not a slot; slots go from 0 to ${SLOT_COUNT - 1}` }
    case 'key':
      return related({ by: 'key', key: unquote(rest) })
    default:
      return NAME.test(rest) && !RESERVED.has(rest) && !['shard', 'slot', 'key'].includes(rest)
        ? related({ by: 'node', node: rest })
        : undefined
  }
}

function unquote(text: string): string {
  return /^(["']).+\1$/.test(text) ? text.slice(1, -1) : text
}

function parseName(words: string): TargetPhrase | undefined {
  return NAME.test(words) && !RESERVED.has(words) ? { kind: 'node', node: words } : undefined
}

function nodeOfAnchor(phrase: TargetPhrase): string | undefined {
  return phrase.kind === 'related' && phrase.anchor.by === 'node' ? phrase.anchor.node : undefined
}

function unknownPhrase(text: string): ParsedTarget {
  const words = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/\bslave(?=s?\b)/g, 'replica')
    .replace(/\bprimary\b/g, 'master')
    .replace(/\bprimaries\b/g, 'masters')
    .replace(/^(an?|any|some|one) (?=(master|replica|node)$)/, 'random ')
    .replace(/^the /, '')
  const last = words.split(' ').at(-1) ?? ''
  // The user's own number, key or name goes into the phrase that is offered.
  const phrases = [
    ...TARGET_EXAMPLES.filter((phrase) => !/^\d|(shard|slot|key|-node)/.test(phrase)),
    ...['master of', 'replica of', 'replicas of'].flatMap((role) =>
      /^\d+$/.test(last)
        ? [`${role} shard ${last}`, `${role} slot ${last}`]
        : [`${role} ${last}`, `${role} key ${last}`],
    ),
    ...(/^\d+ /.test(words)
      ? ['masters', 'replicas', 'nodes'].map((role) => `${Number.parseInt(words, 10)} random ${role}`)
      : []),
  ].filter((phrase) => {
    const parsed = parsePhrase(phrase)
    return parsed !== undefined && !('error' in parsed)
  })
  const nearest = nearestWord(words, phrases)
  return {
    error: `"${text}" is no target; targets are written like "redis-node0", "master of shard 1" or "random replica"`,
    ...(nearest === undefined ? {} : { suggestion: nearest }),
  }
}
