import { fixedNode, isRepeated, keyOf, type Moment, nodesOf, phrasesOf } from './situation.ts'
import type { Found, Warning } from './warning.ts'

/** What may end servers, nobody knows how many. */
const ENDS_SERVERS = ['redis', 'memory', 'data-wiped', 'disk', 'config']

/** What is started must be down. */
export const startsRunning: Warning = {
  name: 'starts-running',
  summary: 'A `start` of nodes that run, because they were never stopped or `heal: all` has started them',
  *find({ moments, scenario }) {
    const healed = new Map<string, Moment>()
    let mostDown = scenario.steps.some(isRepeated) ? undefined : 0
    for (const moment of moments) {
      const { step, arg, before, disturbed } = moment
      if (step.verb === 'start' && !disturbed) {
        const byHeal = phrasesOf(arg)
          .map(({ text }) => fixedNode(text, moment))
          .find((node) => node && healed.has(node.id))
        if (byHeal) yield afterHeal(moment, healed.get(byHeal.id)?.step.line ?? 0)
        else if (mostDown !== undefined && startsAll(moment) > mostDown) yield ofAll(moment)
      }
      if (step.verb === 'heal' && (typeof arg !== 'string' || arg === 'all') && keyOf(arg, 'node') === undefined) {
        for (const { node, how } of before.away) if (how === 'down') healed.set(node.id, moment)
      }
      if (ENDS_SERVERS.includes(step.verb)) mostDown = undefined
      if (!['stop', 'kill', 'power-cut'].includes(step.verb)) continue
      for (const { id } of nodesOf(moment) ?? []) healed.delete(id)
      const more = countOf(moment)
      mostDown = more === undefined || mostDown === undefined ? undefined : mostDown + more
    }
  },
}

/** How many nodes it starts that run unless they were stopped before: those of `all nodes`. */
function startsAll(moment: Moment): number {
  return phrasesOf(moment.arg).some(({ text }) => text.trim() === 'all nodes') ? (countOf(moment) ?? 0) : 0
}

function countOf(moment: Moment): number | undefined {
  const counts = phrasesOf(moment.arg).map(({ text }) => moment.meaningOf(text).count)
  return counts.reduce<number | undefined>(
    (sum, count) => (sum === undefined || count === undefined ? undefined : sum + count),
    0,
  )
}

function afterHeal({ step }: Moment, line: number): Found {
  return {
    at: { step, path: ['start'] },
    message: `the \`heal: all\` of line ${line} has started this already, and \`start\` takes nodes that are down`,
    hint: 'Leave `start` out, or name what is to be healed, as `heal: network`.',
  }
}

function ofAll({ step }: Moment): Found {
  return {
    at: { step, path: ['start'] },
    message: '`start: all nodes` fails at those that run: only some were stopped before',
    hint: 'Start those that were stopped, by the name that `let` gave them, or use `heal: all`, which starts whatever is down.',
  }
}
