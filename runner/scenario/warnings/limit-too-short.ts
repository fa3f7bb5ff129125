import { type Away, fixedNode, keyOf, lacksSuccessor, type Moment, masterLost, stepWords } from './situation.ts'
import { roomyLimit, roundTime, type Timing } from './timing.ts'
import type { Found, Warning } from './warning.ts'

/** What a step waits for, and how long it takes to come. */
interface Awaited {
  what: string
  range: { minMs: number; maxMs: number }
  key: string
}

export const limitTooShort: Warning = {
  name: 'limit-too-short',
  summary: 'An expectation whose `within` (or its lack) is shorter than noticing the fault takes',
  *find({ moments, timing }) {
    if (!timing) return
    for (const moment of moments) {
      const { step, disturbed, before } = moment
      if (step.verb !== 'expect' || disturbed || !before.last) continue
      const awaited = awaitedBy(moment, timing)
      // A promotion that some step has waited for already may have come.
      if (awaited && before.sinceMs < awaited.range.minMs) yield* judged(moment, awaited, before.last)
    }
  },
}

function* judged({ step, before }: Moment, { what, range, key }: Awaited, last: Moment): Iterable<Found> {
  const latestMs = before.sinceMs + (step.withinMs ?? 0)
  if (latestMs >= range.maxMs) return
  const isNever = latestMs < range.minMs
  const fault = stepWords(last)
  const given = step.withinMs === undefined ? 'this asks once' : `\`within\` gives it ${roundTime(step.withinMs)}`
  const message = isNever
    ? `${given}, and ${what} comes ${roundTime(range.minMs)} after ${fault} at the earliest`
    : `${given}, and ${what} may come as late as ${roundTime(range.maxMs)} after ${fault}`
  yield {
    at: { step, path: step.withinMs === undefined ? ['expect', key] : ['within'] },
    message,
    hint: `Add or raise the limit: \`within: ${roomyLimit(range)}\`. It follows from \`cluster-node-timeout\`, which may be lowered instead.`,
  }
}

function awaitedBy(moment: Moment, { detection, promotion }: Timing): Awaited | undefined {
  const { arg, before } = moment
  const node = keyOf(arg, 'node')
  if (keyOf(arg, 'role') === 'master' && isLostNow(masterLost(node, moment), moment)) {
    return { what: `the promotion of ${String(node)}`, range: promotion, key: 'role' }
  }
  const lost = fixedNode(node, moment)
  if (
    keyOf(arg, 'failing') === true &&
    lost &&
    before.away.some((away) => away.node.id === lost.id && away.by === before.last)
  )
    return { what: 'the mark as failed', range: detection, key: 'failing' }
  const masters = before.away.filter(lacksSuccessor)
  const silent = masters.filter(({ how }) => how !== 'cut')
  if (silent.length === 0 || before.away.some(({ by }) => by !== before.last)) return undefined
  const state = keyOf(arg, 'cluster')
  if (state === 'fail' && keyOf(arg, 'asked') === undefined)
    return { what: '`cluster: fail`', range: detection, key: 'cluster' }
  if (state === 'ok' && masters.length === 1) return { what: 'a new master', range: promotion, key: 'cluster' }
  return undefined
}

/** Whether it is what happened last that took the master away. */
function isLostNow(lost: Away | undefined, { before }: Moment): boolean {
  return lost !== undefined && lost.by === before.last
}
