import { fixedNode, keyOf, type Moment, nodesOf, stepWords } from './situation.ts'
import { roundTime } from './timing.ts'
import type { Warning } from './warning.ts'

const HELD = ['stop', 'kill', 'power-cut', 'pause', 'partition']

/** A master that is back before anyone has noticed that it was away is replaced by nobody. */
export const overTooSoon: Warning = {
  name: 'over-too-soon',
  summary: 'A replica is expected to take over from a master that is back before anyone noticed that it was away',
  *find({ moments, timing }) {
    if (!timing) return
    for (const moment of moments) {
      const { step, arg, before, disturbed } = moment
      const { last } = before
      if (step.verb !== 'expect' || disturbed || !last || keyOf(arg, 'role') !== 'master') continue
      const awayMs = awayMsOf(last)
      if (awayMs === undefined || awayMs >= timing.nodeTimeoutMs || !isHeir(moment, last)) continue
      const node = String(keyOf(arg, 'node'))
      const how = last.step.verb === 'restart' ? 'is back at once' : `lasts ${roundTime(awayMs)}`
      yield {
        at: { step, path: ['expect', 'role'] },
        message: `${node} is not elected: ${stepWords(last)} ${how}, and a master must be away for ${roundTime(timing.nodeTimeoutMs)} (cluster-node-timeout)`,
        hint: `Let the fault last longer, as \`for: ${Math.ceil((timing.promotion.maxMs * 1.2) / 1000)}s\`, or use \`kill\` and, when the replica has taken over, \`start\`.`,
      }
    }
  },
}

function awayMsOf({ step, arg }: Moment): number | undefined {
  if (step.verb === 'restart') return keyOf(arg, 'refused') === undefined ? 0 : undefined
  return HELD.includes(step.verb) ? step.forMs : undefined
}

function isHeir({ arg }: Moment, fault: Moment): boolean {
  const heir = fixedNode(keyOf(arg, 'node'), fault)
  const lost = nodesOf(fault) ?? []
  return heir?.replicaOf !== undefined && lost.some(({ id }) => id === heir.replicaOf)
}
