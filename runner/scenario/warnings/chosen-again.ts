import { isDrawn as isDrawnTarget, parseTarget } from '../../cluster/target-phrase.ts'
import { keyOf, type Moment, type Phrase, phrasesOf, stepWords } from './situation.ts'
import type { Found, Warning } from './warning.ts'

const BREAKS = ['stop', 'kill', 'power-cut', 'pause', 'partition', 'network', 'stall', 'cpu', 'memory', 'disk', 'clock']
const ACTS = ['stop', 'kill', 'power-cut', 'pause', 'restart']
const MENDS = ['start', 'unpause']

/** A phrase is looked up anew in each step: what was broken by it need not be what it finds then. */
export const chosenAgain: Warning = {
  name: 'chosen-again',
  summary: 'A target that is drawn or looked up a second time, and may then be another node',
  *find({ moments }) {
    yield* besideHalves(moments)
    const broken = new Map<string, Moment>()
    const failovers = new Map<string, Moment>()
    for (const moment of moments) {
      const { verb } = moment.step
      for (const phrase of placesIn(moment)) {
        const before = broken.get(phrase.text)
        if (before && (isDrawn(phrase.text) || MENDS.includes(verb))) yield foundAt(moment, phrase, before)
      }
      yield* afterFailover(moment, failovers)
      if (BREAKS.includes(verb) && moment.step.forMs === undefined) {
        for (const { text } of phrasesOf(moment.arg)) if (isLookedUp(text)) broken.set(text, moment)
      }
    }
  },
}

/** Who was the replica of a shard is its master after a failover. */
function* afterFailover(moment: Moment, failovers: Map<string, Moment>): Iterable<Found> {
  const { step, arg } = moment
  for (const { text, path } of phrasesOf(arg)) {
    const before = failovers.get(text)
    if (before && ACTS.includes(step.verb)) {
      yield {
        at: { step, path: [step.verb, ...path] },
        message: `\`${text}\` is another node after ${stepWords(before)}: who was it then is the master now`,
        hint: 'Name both before: `let: { old: master of shard 1, new: replica of $old }`, and write here which is meant.',
      }
    }
    if (step.verb !== 'failover' || !isReplicaOfShard(text)) continue
    if (before) failovers.delete(text)
    else failovers.set(text, moment)
  }
}

/** `halves` draws the masters of its minority itself: a name that drew others before says nothing of them. */
function* besideHalves(moments: readonly Moment[]): Iterable<Found> {
  const drawn = new Map<string, Moment>()
  let halves: Moment | undefined
  for (const moment of moments) {
    const { step, arg } = moment
    if (step.verb === 'let') for (const name of shareNamesIn(arg)) drawn.set(`$${name}`, moment)
    if (step.verb === 'partition' && keyOf(arg, 'halves') === 'across') halves = moment
    const asked = ['node', 'of', 'asked'].map((key) => String(keyOf(arg, key))).find((name) => drawn.has(name))
    const bound = asked === undefined ? undefined : drawn.get(asked)
    if (step.verb !== 'expect' || !halves || !bound) continue
    yield {
      at: { step: halves.step, path: ['partition', 'halves'] },
      message: `\`halves\` draws a minority of its own, and need not draw the ${String(asked)} of line ${bound.step.line}`,
      hint: `Say who is on that side: \`partition: { isolate: [${String(asked)}, …] }\`, with replicas of the other masters beside it.`,
    }
    return
  }
}

function shareNamesIn(arg: unknown): string[] {
  const entries = Object.entries(Object(arg))
  return entries.flatMap(([name, text]) => (/^(minority|majority) of masters$/.test(String(text)) ? [name] : []))
}

function isReplicaOfShard(text: string): boolean {
  const parsed = parseTarget(text)
  return (
    'target' in parsed &&
    parsed.target.kind === 'related' &&
    parsed.target.anchor.by !== 'node' &&
    parsed.target.role === 'replica'
  )
}

function foundAt({ step }: Moment, { text, path }: Phrase, before: Moment): Found {
  const how = isDrawn(text) ? 'is drawn anew here' : 'is looked up anew here'
  return {
    at: { step, path },
    message: `\`${text}\` ${how}, and need not be the node of ${stepWords(before)}`,
    hint: `Give it a name before: \`let: { victim: ${text} }\`, and write \`$victim\` in both steps.`,
  }
}

function placesIn({ step, arg }: Moment): Phrase[] {
  if (step.verb === 'expect') {
    return ['node', 'of', 'asked'].flatMap((key) => {
      const text = keyOf(arg, key)
      return typeof text === 'string' ? [{ text, path: ['expect', key] }] : []
    })
  }
  if (!MENDS.includes(step.verb) && step.verb !== 'failover' && step.verb !== 'heal') return []
  return phrasesOf(arg).map(({ text, path }) => ({ text, path: [step.verb, ...path] }))
}

function isDrawn(text: string): boolean {
  const parsed = parseTarget(text)
  return 'target' in parsed && isDrawnTarget(parsed.target)
}

/** What need not be the same node later. */
function isLookedUp(text: string): boolean {
  const parsed = parseTarget(text)
  if ('error' in parsed) return false
  return isDrawn(text) || (parsed.target.kind === 'related' && parsed.target.role === 'master')
}
