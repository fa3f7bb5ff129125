import { formatDuration, formatLimit } from '../../base/duration.ts'
import { listed, plural } from '../../base/text.ts'
import { type AuditRule, blind } from './rule.ts'

export const endState: AuditRule = {
  name: 'end_state',
  sentence:
    'When all faults were healed, the cluster became healthy by itself: one view, every slot owned once, replicas in sync.',
  reason: 'A cluster that stays wounded after everything was given back to it will not survive the next fault.',
  judge({ endState: seen, nodes }) {
    if (seen === undefined) return blind('the steps did not pass')
    const { absent, problems, settledAfterMs, withinMs } = seen
    const there = nodes.map(({ name }) => name).filter((name) => !absent.includes(name))
    const settled = settledAfterMs === undefined ? '' : `, healthy after ${formatDuration(settledAfterMs)}`
    const without =
      absent.length === 0 ? '' : `, without ${listed(absent)}, which ${absent.length === 1 ? 'was' : 'were'} down`
    const lookedAt = `${plural(there.length, 'node')}${settled}${without}`
    const [first, ...others] = problems
    if (first === undefined) return { lookedAt, findings: [] }
    return {
      lookedAt,
      findings: [
        {
          text: `the cluster was not healthy ${formatLimit(withinMs)} after everything was healed: ${first}`,
          nodes: there.filter((name) => problems.some((text) => text.includes(name))),
          details: others,
          hint: 'end the scenario with `expect: { cluster: healthy }` to see it there; where it is meant, say `audit: { end_state: allowed }`',
        },
      ],
    }
  },
}
