import { didYouMean } from '../../base/nearest.ts'
import { isDisturbance, keyOf, type Moment, stepWords } from './situation.ts'
import type { Found, Judged, Warning } from './warning.ts'

const nameWritten = ({ arg }: Moment) => keyOf(arg, 'as')

/** What is verified must have been written. */
export const notWritten: Warning = {
  name: 'not-written',
  summary: 'A `verify` of what no step before it writes',
  *find({ moments, last }) {
    const written = new Set<string>()
    for (const { step, arg } of [...moments, ...last]) {
      if (step.verb === 'write') written.add(String(keyOf(arg, 'as')))
      if (step.verb !== 'verify' || typeof arg !== 'string' || written.has(arg) || arg.includes('$')) continue
      const known = [...written]
      if (known.some((name) => name.includes('$'))) continue
      const suggestion = didYouMean(arg, known)
      yield {
        at: { step, path: ['verify'] },
        message: `no step before this one writes \`${arg}\``,
        suggestion,
        hint: `Write it first: \`write: { keys: 1000, as: ${arg} }\`.${known.length > 0 ? ` Written are: ${known.join(', ')}.` : ''}`,
      }
    }
  },
}

/** Keys written before a fault show nothing unless they are read back after it. */
export const neverVerified: Warning = {
  name: 'never-verified',
  summary: 'Keys that are written before a fault and not read back after it',
  *find(judged) {
    const { moments } = judged
    const first = moments.findIndex(({ step, arg }) => isDisturbance(step.verb, arg))
    const fault = moments[first]
    if (!fault) return
    const verified = new Set(after(first, judged).flatMap(({ step, arg }) => (step.verb === 'verify' ? [arg] : [])))
    for (const moment of moments.slice(0, first)) {
      const name = moment.step.verb === 'write' ? nameWritten(moment) : undefined
      if (typeof name !== 'string' || verified.has(name) || isReadOtherwise(judged, first)) continue
      yield unread(moment, name, fault)
    }
  },
}

function after(index: number, { moments, last }: Judged): Moment[] {
  return [...moments.slice(index), ...last]
}

/** Commands may look at the keys in their own way, and names that are not known may be these. */
function isReadOtherwise(judged: Judged, first: number): boolean {
  return after(first, judged).some(
    ({ step, arg }) => step.verb === 'redis' || (step.verb === 'verify' && String(arg).includes('$')),
  )
}

function unread({ step }: Moment, name: string, fault: Moment): Found {
  return {
    at: { step, path: ['write'] },
    message: `\`${name}\` is not verified after ${stepWords(fault)}: that its keys survive is not looked at`,
    hint: `Add a step at the end: \`verify: ${name}\`.`,
  }
}
