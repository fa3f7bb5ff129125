import { listed, plural } from '../../base/text.ts'
import type { DatasetObservation } from '../../record/audit-observations.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import type { WorkloadFact } from '../../results/audit-facts.ts'
import { type AuditRule, blind } from './rule.ts'

const SHOWN = 5

export const lostWrites: AuditRule = {
  name: 'lost_writes',
  sentence: 'Everything that was acknowledged is there at the end: every dataset of `write`, every workload.',
  reason: 'A scenario that forgets to ask for its data would pass while it is gone.',
  judge({ datasets, workloads, endState }) {
    const names = [...datasets, ...workloads].map(({ name }) => name)
    if (names.length === 0) {
      return blind(endState === undefined ? 'the steps did not pass' : 'the scenario has no dataset and no workload')
    }
    return {
      lookedAt: listed(names),
      findings: [...datasets.flatMap(ofDataset), ...workloads.flatMap(ofWorkload)],
    }
  },
}

function ofDataset({ name, keys, wrong, wrongCount, unread }: DatasetObservation): AuditFinding[] {
  const lost: AuditFinding = {
    text: `${plural(wrongCount, 'acknowledged write')} of ${name} (${plural(keys, 'key')}) ${wrongCount === 1 ? 'is' : 'are'} gone at the end`,
    nodes: [],
    details: wrong.slice(0, SHOWN),
    hint: `\`verify: ${name}\` after a step shows which step lost them; where they may be lost, say \`audit: { lost_writes: allowed }\``,
  }
  const missed: AuditFinding = {
    text: `${name} could not be read back whole: ${unread}`,
    nodes: [],
    inconclusive: true,
  }
  return [...(wrongCount === 0 ? [] : [lost]), ...(unread === undefined ? [] : [missed])]
}

/** Losses that a check of the scenario has a limit for are judged there. */
function ofWorkload({ name, loss }: WorkloadFact): AuditFinding[] {
  if (loss === undefined) return []
  const { outside = [] } = loss
  const where =
    outside.length === 0 ? '' : `, outside of ${outside.length === 1 ? 'phase' : 'phases'} ${listed(outside)}`
  return [
    {
      text: `${name}${where}: ${loss.explanation}`,
      nodes: [],
      details: loss.details,
      hint: `a check \`${name}: { ${loss.check}: … }\` says how many may be lost; \`audit: { lost_writes: allowed }\` allows any`,
    },
  ]
}
