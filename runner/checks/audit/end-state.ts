import { formatDuration, formatLimit } from '../../base/duration.ts'
import { listed, plural } from '../../base/text.ts'
import type { AuditRule } from './rule.ts'

export const endState: AuditRule = {
  name: 'end_state',
  sentence:
    'When all faults were healed, the cluster became healthy by itself: one view, every slot owned once, replicas in sync.',
  reason: 'A cluster that stays wounded after everything was given back to it will not survive the next fault.',
  judge({ endState: seen, nodes }) {
    if (seen === undefined) return { lookedAt: 'nothing: the steps did not pass', findings: [] }
    const { absent, problems, settledAfterMs, withinMs } = seen
    if (absent.length > 0) return { lookedAt: `nothing: the steps left ${listed(absent)} down`, findings: [] }
    const settled = settledAfterMs === undefined ? '' : `, healthy after ${formatDuration(settledAfterMs)}`
    const lookedAt = `${plural(nodes.length, 'node')}${settled}`
    const [first, ...others] = problems
    if (first === undefined) return { lookedAt, findings: [] }
    return {
      lookedAt,
      findings: [
        {
          text: `the cluster was not healthy ${formatLimit(withinMs)} after everything was healed: ${first}`,
          nodes: nodes.map(({ name }) => name).filter((name) => problems.some((text) => text.includes(name))),
          details: others,
          hint: 'end the scenario with `expect: { cluster: healthy }` to see it there; where it is meant, say `audit: { end_state: allowed }`',
        },
      ],
    }
  },
}
