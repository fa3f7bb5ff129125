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
  | ({ kind: 'random'; count: number; role: 'master' | 'replica' | 'node' } & Among)
  | ({ kind: 'all'; role: 'master' | 'replica' | 'node' } & Among)
  | { kind: 'share'; share: 'majority' | 'minority' }

/** Which nodes a choice is made from. */
export interface Among {
  /** Those of one shard; absent: all. */
  of?: Anchor
  /** And none of these. */
  except?: readonly TargetPhrase[]
}

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
  'random replica of shard 2',
  'random node of shard 1',
  'random master except redis-node0',
  'all masters',
  'all replicas',
  'all nodes',
  'all nodes of shard 1',
  'all replicas of shard 1',
  'all masters except redis-node0',
  'all nodes except redis-node0 and redis-node1',
  'all nodes except master of shard 1',
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
const SLOT = wholeUpTo(SLOT_COUNT - 1)
/** What stands behind `of`: a key is anything, as far as it goes. */
const anchor = (key: string) => `(?:shard\\s+[1-9]\\d*|slot\\s+${SLOT}|key\\s+${key}|${NODE})`
/** A choice, with `of` and without. */
const choices = (key: string) => [
  '(?:majority|minority)\\s+of\\s+masters',
  'all\\s+(?:masters|replicas|nodes)',
  'random\\s+(?:master|replica|node)',
  '0*[1-9]\\d*\\s+random\\s+(?:master|replica|node)s?',
  `(?:all\\s+(?:replicas|nodes)|random\\s+(?:replica|node)|0*[1-9]\\d*\\s+random\\s+(?:replica|node)s?)\\s+of\\s+${anchor(key)}`,
]
const phrases = (key: string) =>
  `(?:${[...choices(key), `(?:master|replicas?)\\s+of\\s+${anchor(key)}`, LONE_NODE].join('|')})`
/** A key in a list ends where the next item begins. */
const LISTED = phrases('[^\\s,]+')
/** Each item has another one behind it, or the end. */
const EXCEPT = `\\s+except\\s+(?:${LISTED}(?:(?:\\s*,(?:\\s+and(?=\\s))?\\s*|\\s+and\\s+)(?=\\S)|\\s*$))+`
const CHOICE =
  '(?:all\\s+(?:masters|replicas|nodes)|random\\s+(?:master|replica|node)|0*[1-9]\\d*\\s+random\\s+(?:master|replica|node)s?)'
const FORMS = [phrases('\\S.*'), `(?:${CHOICE}|${choices('[^\\s,]+').at(-1)})${EXCEPT}`]

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
  const { nodeNames } = options
  const stranger = nodeNames && nodesIn(phrase).find((node) => !nodeNames.includes(node))
  if (nodeNames === undefined || stranger === undefined) return { target: phrase }
  const nearest = nearestWord(stranger, nodeNames)
  const at = words.lastIndexOf(stranger)
  return {
    error: `there is no node "${stranger}"; the nodes are ${nodeNames.join(', ')}`,
    ...(nearest === undefined ? {} : { suggestion: words.slice(0, at) + nearest + words.slice(at + stranger.length) }),
  }
}

/** Whether chance decides what it stands for. */
export function isDrawn(target: TargetPhrase): boolean {
  if (target.kind === 'random' || target.kind === 'share') return true
  return target.kind === 'all' && (target.except?.some(isDrawn) ?? false)
}

/** What a phrase is asked of: the shards, keys, slots and nodes in it. */
export function anchorsIn(target: TargetPhrase): Anchor[] {
  switch (target.kind) {
    case 'node':
      return [{ by: 'node', node: target.node }]
    case 'related':
      return [target.anchor]
    case 'share':
      return []
    default:
      return [...(target.of ? [target.of] : []), ...(target.except ?? []).flatMap(anchorsIn)]
  }
}

function nodesIn(phrase: TargetPhrase): string[] {
  return anchorsIn(phrase).flatMap((anchor) => (anchor.by === 'node' ? [anchor.node] : []))
}

type Parsed = TargetPhrase | { error: string; suggestion?: string }

function parsePhrase(words: string): Parsed | undefined {
  return parseChoice(words) ?? parseRelated(words) ?? parseName(words)
}

function parseChoice(words: string): Parsed | undefined {
  const share = /^(majority|minority) of masters$/.exec(words)?.[1]
  if (share === 'majority' || share === 'minority') return { kind: 'share', share }
  const form = /^(?:(all)|(?:(\d+) )?random) (masters?|replicas?|nodes?)(?: of (.+?))?(?: except (.+))?$/
  const [, all, number, noun, of, except] = form.exec(words) ?? []
  if (noun === undefined) return undefined
  const role = NODE_WORDS[noun as keyof typeof NODE_WORDS]
  const count = Number(number ?? 1)
  if (all !== undefined && noun === role) return undefined
  if (count < 1)
    return {
      error: `"${words}" stands for no node at all; ask for at least 1`,
      suggestion: words.replace(/^0+ random \w+/, `random ${role}`),
    }
  if (all === undefined && number === undefined && noun !== role) {
    return { error: `"${words}" does not say how many`, suggestion: words.replace(/^random \w+/, `2 random ${role}s`) }
  }
  const among = parseAmong(words, role, of, except)
  if (!among || 'error' in among) return among
  return all === undefined ? { kind: 'random', count, role, ...among } : { kind: 'all', role, ...among }
}

/** What stands behind `of` and behind `except`. */
function parseAmong(
  words: string,
  role: string,
  of: string | undefined,
  except: string | undefined,
): Among | { error: string; suggestion?: string } | undefined {
  const among: Among = {}
  if (of !== undefined) {
    const anchor = parseAnchor(of)
    if (!anchor || 'error' in anchor) return anchor
    if (role === 'master') {
      return { error: `"${words}": of one shard there is one master`, suggestion: `master of ${of}` }
    }
    among.of = anchor
  }
  if (except === undefined) return among
  const others: TargetPhrase[] = []
  for (const item of except.split(/ ?, ?(?:and )?| and /)) {
    const other = parsePhrase(item)
    if (!other || 'error' in other) return within(words, item, other ?? unknownPhrase(item))
    others.push(other)
  }
  return { ...among, except: others }
}

/** What is wrong with a part of a phrase, with the whole phrase as it should be. */
function within(words: string, part: string, { error, suggestion }: { error: string; suggestion?: string }) {
  return suggestion === undefined ? { error } : { error, suggestion: words.replace(part, suggestion) }
}

function parseRelated(words: string): Parsed | undefined {
  const match = /^(master|replica|replicas) of (.+)$/.exec(words)
  if (!match) return undefined
  const anchor = parseAnchor(match[2] ?? '')
  if (!anchor || 'error' in anchor) return anchor
  return { kind: 'related', role: match[1] as 'master' | 'replica' | 'replicas', anchor }
}

function parseAnchor(words: string): Anchor | { error: string } | undefined {
  const match = /^(?:(shard|slot|key) )?(.+)$/.exec(words)
  const rest = match?.[2] ?? ''
  switch (match?.[1]) {
    case 'shard':
      if (/^[1-9]\d*$/.test(rest)) return { by: 'shard', shard: Number(rest) }
      return { error: `"${rest}" is not the number of a shard; shards are numbered from 1` }
    case 'slot':
      if (/^\d+$/.test(rest) && Number(rest) < SLOT_COUNT) return { by: 'slot', slot: Number(rest) }
      return { error: `"${rest}" is not a slot; slots go from 0 to ${SLOT_COUNT - 1}` }
    case 'key':
      return { by: 'key', key: unquote(rest) }
    default:
      return NAME.test(rest) && !RESERVED.has(rest) && !['shard', 'slot', 'key'].includes(rest)
        ? { by: 'node', node: rest }
        : undefined
  }
}

function unquote(text: string): string {
  return /^(["']).+\1$/.test(text) ? text.slice(1, -1) : text
}

function parseName(words: string): TargetPhrase | undefined {
  return NAME.test(words) && !RESERVED.has(words) ? { kind: 'node', node: words } : undefined
}

function unknownPhrase(text: string): { error: string; suggestion?: string } {
  const words = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/\bslave(?=s?\b)/g, 'replica')
    .replace(/\bprimary\b/g, 'master')
    .replace(/\bprimaries\b/g, 'masters')
    .replace(/^(an?|any|some|one) (?=(master|replica|node)$)/, 'random ')
    .replace(/^the /, '')
    .replace(/ (?:in|from) (?=(?:shard|slot) )/, ' of ')
    .replace(/ (?:but|without|excluding|besides|other than) (?=\S)/, ' except ')
  const last = words.split(' ').at(-1) ?? ''
  // The user's own number, key or name goes into the phrase that is offered.
  const phrases = [
    ...TARGET_EXAMPLES.filter((phrase) => !/^\d|(shard|slot|key|-node)/.test(phrase)),
    ...['master of', 'replica of', 'replicas of', 'random replica of', 'all nodes of'].flatMap((role) =>
      /^\d+$/.test(last)
        ? [`${role} shard ${last}`, `${role} slot ${last}`]
        : [`${role} ${last}`, `${role} key ${last}`],
    ),
    ...(words.includes(' except ')
      ? ['all masters', 'all replicas', 'all nodes', 'random master'].map(
          (choice) => `${choice}${words.slice(words.indexOf(' except '))}`,
        )
      : []),
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
