import type { Step } from '../../steps/verb.ts'
import type { Changed, KnownNode, Meaning } from './meaning.ts'

/** A step that does something itself, and what is known when it begins. */
export interface Moment {
  step: Step
  /** Its argument, and its `on`, with params filled in. */
  arg: unknown
  on?: string
  before: Situation
  /** Beside it, in the same `parallel`, things are done: what is known before it may change while it goes on. */
  disturbed: boolean
  /** What a phrase stands for when this step begins. */
  meaningOf(phrase: string): Meaning
}

/** A node that nobody has brought back. */
export interface Away {
  node: KnownNode
  by: Moment
  how: 'down' | 'paused' | 'cut'
  /** Another has taken over since, for certain. */
  replaced?: true
}

/** What is known of the cluster between two steps. */
export interface Situation {
  /** Nodes that are away for certain. */
  away: readonly Away[]
  /** What disturbed the cluster last. */
  last?: Moment
  /** The most that can have passed since it ended, ms. */
  sinceMs: number
  changed: Changed
  /** What brought nodes back last, if nothing has been waited for since. */
  back?: Moment
  /** Faults of the network and of resources that hold. */
  faults: readonly Moment[]
}

/** Verbs that do nothing to the cluster. */
const HARMLESS: ReadonlySet<string> = new Set(['write', 'verify', 'let', 'wait', 'expect'])
/** Commands that read or write keys, or ask. */
const HARMLESS_COMMAND =
  /^\s*(READONLY|READWRITE|ASKING|MULTI|EXEC|DISCARD|WATCH|UNWATCH|GET|SET|MGET|MSET|DEL|INCR|INCRBY|DECR|EXISTS|EXPIRE|TTL|STRLEN|APPEND|[LR]?PUSH|LRANGE|LLEN|SADD|SMEMBERS|SCARD|[HZ](SET|GET|ADD|LEN|CARD)|DBSIZE|PING|ECHO|INFO|ROLE|TIME|WAIT|WAITAOF|MEMORY|OBJECT|TYPE|SCAN|CONFIG\s+GET|CLUSTER\s+(INFO|NODES|SHARDS|SLOTS|KEYSLOT|COUNTKEYSINSLOT|MYID|LINKS))(\s|$)/i

/** Whether a step may put something out of order. */
export function isDisturbance(verb: string, arg: unknown): boolean {
  if (verb !== 'redis') return !HARMLESS.has(verb)
  const session = keyOf(arg, 'session')
  const commands: unknown[] = Array.isArray(session) ? session : [arg]
  return !commands.every((one) => {
    const command = keyOf(one, 'redis') ?? one
    return HARMLESS_COMMAND.test(Array.isArray(command) ? command.join(' ') : String(command))
  })
}

/** What stands under a key of an argument that is a map. */
export function keyOf(arg: unknown, key: string): unknown {
  if (typeof arg !== 'object' || arg === null || Array.isArray(arg)) return undefined
  return Object.entries(arg).find(([name]) => name === key)?.[1]
}

export interface Phrase {
  text: string
  /** Where it stands in the argument. */
  path: (string | number)[]
}

/** The phrases that say which nodes a step acts on: under its verb, under `node`, or isolated. */
export function phrasesOf(arg: unknown): Phrase[] {
  if (typeof arg === 'string') return [{ text: arg, path: [] }]
  if (Array.isArray(arg)) {
    return arg.flatMap((item, index) => (typeof item === 'string' ? [{ text: item, path: [index] }] : []))
  }
  for (const key of ['node', 'isolate']) {
    const inner = keyOf(arg, key)
    if (typeof inner === 'string' || Array.isArray(inner))
      return phrasesOf(inner).map(({ text, path }) => ({ text, path: [key, ...path] }))
  }
  return []
}

/** The nodes that a step acts on; undefined where it is not known which. */
export function nodesOf(moment: Moment): KnownNode[] | undefined {
  const meanings = phrasesOf(moment.arg).map(({ text }) => moment.meaningOf(text))
  if (meanings.length === 0 || meanings.some(({ nodes }) => nodes.length === 0)) return undefined
  return meanings.flatMap(({ nodes }) => [...nodes])
}

/** A step as messages name it: the `kill` of line 4. */
export function stepWords({ step }: Moment): string {
  return `the \`${step.verb}\` of line ${step.line}`
}

/** Whether a phrase is a node's name or a bound one, which stands for the same node at every step. */
export function isFixed(phrase: string): boolean {
  return /^\$?[\w.-]+$/.test(phrase)
}

/** The node that a phrase stands for, the same at every step; undefined where it is not known, or are several. */
export function fixedNode(phrase: unknown, moment: Moment): KnownNode | undefined {
  if (typeof phrase !== 'string' || !isFixed(phrase)) return undefined
  const [node, second] = moment.meaningOf(phrase).nodes
  return second === undefined ? node : undefined
}

/** The master that is away and whose replica this node was when it went away. */
export function masterLost(phrase: unknown, moment: Moment): Away | undefined {
  if (typeof phrase !== 'string' || !isFixed(phrase)) return undefined
  return moment.before.away.find(({ node, by }) => {
    const then = fixedNode(phrase, by)
    return then?.replicaOf !== undefined && then.replicaOf === node.id
  })
}

/** Whether it was a master for certain when it went away, and nobody is known to have taken over. */
export function lacksSuccessor({ node, replaced }: Away): boolean {
  return node.role === 'master' && !replaced
}

/** The shards of all nodes that a step names, each once, as far as they are known. */
export function shardsOf(moment: Moment): number[] {
  const ends = ['from', 'to'].flatMap((key) => phrasesOf(keyOf(moment.arg, key)))
  const phrases = [...phrasesOf(moment.arg), ...ends]
  const nodes = phrases.flatMap(({ text }) => moment.meaningOf(text).nodes)
  return [...new Set(nodes.flatMap(({ shard }) => shard ?? []))]
}

/** Whether a step is played several times, or one in it. */
export function isRepeated({ verb, children }: Step): boolean {
  return verb === 'repeat' || children.some(isRepeated)
}
