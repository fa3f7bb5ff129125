import { keyOf } from './situation.ts'
import type { Warning } from './warning.ts'

/** Every write puts a replica behind for a moment, and so does the PING that a master sends it now and then. */
export const lagHeld: Warning = {
  name: 'lag-held',
  summary: '`lag: { at_most: 0 }` that must hold for a time',
  *find({ moments }) {
    for (const { step, arg } of moments) {
      const lag = step.verb === 'expect' && step.forMs !== undefined ? keyOf(arg, 'lag') : undefined
      if (keyOf(lag, 'at_most') !== 0) continue
      yield {
        at: { step, path: ['for'] },
        message:
          'no lag at all does not hold for a time: every write, and every PING of the master, puts a replica behind for a moment',
        hint: 'Use `within: 10s` in the place of `for`, or allow some bytes: `lag: { at_most: 100000 }`.',
      }
    }
  },
}
