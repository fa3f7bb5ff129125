import { type Moment, shardsOf, stepWords } from './situation.ts'
import { roundTime } from './timing.ts'
import type { Warning } from './warning.ts'

const TAKES_AWAY = ['stop', 'kill', 'power-cut', 'pause', 'failover', 'partition']

/** A fault that is held with `for` is undone before the next step begins. */
export const faultIsOver: Warning = {
  name: 'fault-is-over',
  summary: 'A step that takes a node away right after a fault of the same shard that `for` has ended',
  *find({ moments }) {
    const acting = moments.filter(({ step }) => step.verb !== 'let')
    for (const [index, moment] of acting.entries()) {
      const before = acting[index - 1]
      const heldMs = before?.step.forMs
      if (!before || heldMs === undefined || ['expect', moment.step.verb].includes(before.step.verb)) continue
      if (!TAKES_AWAY.includes(moment.step.verb) || !areOneAfterAnother(before, moment)) continue
      const { step } = moment
      yield {
        at: { step, path: [step.verb] },
        message: `${stepWords(before)} is over when this begins: \`for\` holds it for ${roundTime(heldMs)}, and then it is undone`,
        hint: `To do this while it lasts, leave \`for\` out there, and write \`heal: ${healing(before)}\` after it. If it is to be over, look first: \`expect: { cluster: healthy }\` with \`within: 20s\`.`,
      }
    }
  },
}

/** Both in one shard, and not side by side. */
function areOneAfterAnother(before: Moment, moment: Moment): boolean {
  if (before.disturbed || moment.disturbed) return false
  const shards = shardsOf(before)
  return shardsOf(moment).some((shard) => shards.includes(shard))
}

function healing({ step }: Moment): string {
  return ['stop', 'kill', 'power-cut', 'pause'].includes(step.verb) ? 'all' : step.verb
}
