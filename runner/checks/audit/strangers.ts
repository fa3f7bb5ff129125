import { plural } from '../../base/text.ts'
import type { StrangerObservation } from '../../record/audit-observations.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import { momentText } from '../words.ts'
import type { AuditRule } from './rule.ts'

export const strangers: AuditRule = {
  name: 'strangers',
  sentence: "Nobody else had a hand in it: no other node in the cluster, no other program on a server's port.",
  reason: 'What somebody else on this machine did to the servers says nothing of them.',
  judge: ({ nodes, strangers: seen }) => ({
    lookedAt: plural(nodes.length, 'server'),
    findings: seen.map(findingOf),
  }),
}

function findingOf({ did, node, text, seenMs }: StrangerObservation): AuditFinding {
  const when = momentText(seenMs)
  const common: Omit<AuditFinding, 'text'> = { nodes: [node], atMs: seenMs, inconclusive: true, voids: true }
  if (did === 'held-port') {
    const hint = 'find out whose program it is and end it, or choose other ports with `--port-base`'
    return { ...common, text: `While ${node} was down: ${text} (first seen at ${when})`, hint }
  }
  return {
    ...common,
    text: `A node that is none of this run's joined the cluster: ${text}, first seen by ${node} at ${when}`,
    hint: "the cluster bus asks for no password: find out whose server it is, or play on Docker, whose networks are the run's own. A scenario that means it says `audit: { strangers: allowed }`",
  }
}
