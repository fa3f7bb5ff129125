import { parseTarget } from '../../cluster/target-phrase.ts'
import { keyOf, type Moment, type Phrase, phrasesOf, stepWords } from './situation.ts'
import type { Found, Warning } from './warning.ts'

const BREAKS = ['stop', 'kill', 'pause', 'partition', 'network', 'stall', 'cpu', 'memory', 'disk', 'clock']
const MENDS = ['start', 'unpause']

/** A phrase is looked up anew in each step: what was broken by it need not be what it finds then. */
export const chosenAgain: Warning = {
  name: 'chosen-again',
  summary: 'A target that is drawn or looked up a second time, and may then be another node',
  *find({ moments }) {
    const broken = new Map<string, Moment>()
    for (const moment of moments) {
      const { verb } = moment.step
      for (const phrase of placesIn(moment)) {
        const before = broken.get(phrase.text)
        if (before && (isDrawn(phrase.text) || MENDS.includes(verb))) yield foundAt(moment, phrase, before)
      }
      if (BREAKS.includes(verb) && moment.step.forMs === undefined) {
        for (const { text } of phrasesOf(moment.arg)) if (isLookedUp(text)) broken.set(text, moment)
      }
    }
  },
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
  return 'target' in parsed && (parsed.target.kind === 'random' || parsed.target.kind === 'share')
}

/** What need not be the same node later. */
function isLookedUp(text: string): boolean {
  const parsed = parseTarget(text)
  if ('error' in parsed) return false
  return isDrawn(text) || (parsed.target.kind === 'related' && parsed.target.role === 'master')
}
