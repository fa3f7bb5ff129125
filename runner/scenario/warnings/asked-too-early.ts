import { fixedNode, keyOf, type Moment, masterLost, stepWords } from './situation.ts'
import { roundTime, type Timing } from './timing.ts'
import type { Found, Warning } from './warning.ts'

/** What was true before a fault is still true before anyone has noticed it. */
export const askedTooEarly: Warning = {
  name: 'asked-too-early',
  summary: 'An expectation right after a fault that holds only because nobody has noticed the fault yet',
  *find({ moments, timing }) {
    if (!timing) return
    for (const moment of moments) {
      const { step, disturbed, before } = moment
      if (step.verb !== 'expect' || disturbed || !before.last || step.forMs !== undefined) continue
      if (before.sinceMs >= timing.nodeTimeoutMs) continue
      const found = stillTrue(moment, before.last, timing)
      if (found) yield found
    }
  },
}

function stillTrue(moment: Moment, last: Moment, timing: Timing): Found | undefined {
  const { step, arg } = moment
  const fault = stepWords(last)
  const state = keyOf(arg, 'cluster')
  const noticed = `that is noticed after ${roundTime(timing.nodeTimeoutMs)} (cluster-node-timeout) at the earliest`
  if ((state === 'ok' || state === 'healthy') && isUnnoticedCut(last)) {
    return {
      at: { step, path: ['expect', 'cluster'] },
      message: `\`cluster: ${state}\` is still true right after ${fault}: ${noticed}`,
      hint: 'Wait first for what the fault must lead to, as `expect: { node: …, failing: true }` with `within: 15s`; or let it hold: `for: 15s`.',
    }
  }
  if (keyOf(arg, 'role') === 'replica' && masterLost(keyOf(arg, 'node'), moment)?.by === last) {
    return {
      at: { step, path: ['expect', 'role'] },
      message: `${String(keyOf(arg, 'node'))} is still a replica right after ${fault}: ${noticed}`,
      hint: `If nobody may be elected, let it hold: \`for: ${Math.ceil((timing.promotion.maxMs * 1.5) / 1000)}s\`.`,
    }
  }
  const lost = fixedNode(keyOf(arg, 'node'), moment)
  if (
    keyOf(arg, 'failing') === false &&
    moment.before.away.some(({ node, by }) => node.id === lost?.id && by === last)
  ) {
    return {
      at: { step, path: ['expect', 'failing'] },
      message: `\`failing: false\` is still true right after ${fault}: ${noticed}`,
      hint: `Let it hold: \`for: ${Math.ceil((timing.detection.maxMs * 1.5) / 1000)}s\`; or expect \`failing: true\` with \`within\`.`,
    }
  }
  return undefined
}

/** A cut leaves all servers running and answering: only their timeouts tell. */
function isUnnoticedCut({ step, arg }: Moment): boolean {
  if (step.forMs !== undefined) return false
  const traffic = keyOf(arg, 'traffic')
  if (step.verb === 'network') return keyOf(arg, 'loss') === '100%' && traffic !== 'client' && traffic !== 'data'
  return step.verb === 'partition' && traffic !== 'client' && traffic !== 'data'
}
