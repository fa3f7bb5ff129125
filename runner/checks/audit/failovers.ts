import { plural } from '../../base/text.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import type { FailoverTimeline } from '../../results/failovers/timeline.ts'
import type { RunFacts } from '../../results/run-facts.ts'
import { shakenBy } from '../calm.ts'
import { momentText } from '../words.ts'
import type { AuditRule } from './rule.ts'

export const failovers: AuditRule = {
  name: 'failover',
  sentence:
    'Every failover has a cause: a fault or a crash of its old master, a CLUSTER FAILOVER, or another command of a step.',
  reason:
    'A master that is replaced for no reason is a false alarm of the failure detector, or a server that stood still.',
  judge({ timelines, run }) {
    const findings = timelines
      .filter(({ kind, outcome }) => kind === 'unplanned' && outcome === 'promoted')
      .map((timeline) => findingOf(timeline, run))
    return { lookedAt: plural(timelines.length, 'failover'), findings }
  },
}

function findingOf({ shard, from, to, startMs, totalMs, moments }: FailoverTimeline, run: RunFacts): AuditFinding {
  const atMs = startMs + totalMs
  const gap = shakenBy(run, { startMs, endMs: atMs })
  const why = gap === undefined ? 'and no step and no fault explains it' : `yet ${gap}`
  return {
    text: `${to} replaced ${from === '' ? 'its master' : from} in shard ${shard} at ${momentText(atMs)}, ${why}`,
    nodes: [to, ...(from === '' ? [] : [from])],
    atMs,
    details: moments.slice(0, 4).map((one) => `${momentText(one.atMs)}  ${one.name}: ${one.text}`),
    hint: 'look at what its old master and this machine were doing then',
    ...(gap !== undefined && { inconclusive: true }),
  }
}
