import { keyOf, type Moment, stepWords } from './situation.ts'
import type { Warning } from './warning.ts'

/** What comes back takes a moment to be as it was. */
export const askedOnce: Warning = {
  name: 'asked-once',
  summary: 'An expectation without `within` right after a step that brings nodes back',
  *find({ moments }) {
    for (const moment of moments) {
      const { step, before, disturbed } = moment
      const { back } = before
      if (step.verb !== 'expect' || disturbed || !back || step.withinMs !== undefined || step.forMs !== undefined)
        continue
      const asked = takesTime(moment, back)
      if (asked === undefined) continue
      yield {
        at: { step, path: ['expect', asked] },
        message: `this asks once, right after ${stepWords(back)}, and \`${asked}: ${String(keyOf(moment.arg, asked))}\` takes a moment to come true`,
        hint: 'Give it time: `within: 20s`. It goes on as soon as it is true.',
      }
    }
  },
}

const RESTARTED = ['start', 'restart', 'failover', 'stop', 'kill', 'power-cut']

function takesTime({ arg }: Moment, { step, before }: Moment): string | undefined {
  const wasCut = step.verb !== 'heal' || before.faults.some((fault) => fault.step.verb === 'partition')
  if (keyOf(arg, 'cluster') === 'healthy' && wasCut) return 'cluster'
  if (!RESTARTED.includes(step.verb)) return undefined
  if (keyOf(arg, 'link') === 'up') return 'link'
  return keyOf(arg, 'role') === 'replica' ? 'role' : undefined
}
