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
    const promoted = timelines.filter(({ outcome }) => outcome === 'promoted')
    const findings = promoted
      .filter((one) => one.kind === 'unplanned' || isOfStranger(one))
      .map((timeline) => findingOf(timeline, run))
    return { lookedAt: plural(promoted.length, 'failover'), findings }
  },
}

/** A CLUSTER FAILOVER that no step asked for. */
function isOfStranger({ wanted, askedBy }: FailoverTimeline): boolean {
  return wanted && askedBy === undefined
}

function findingOf(timeline: FailoverTimeline, run: RunFacts): AuditFinding {
  const { shard, from, to, startMs, totalMs, moments, cause } = timeline
  const atMs = startMs + totalMs
  const isAsked = isOfStranger(timeline)
  const gap = isAsked ? undefined : shakenBy(run, { startMs, endMs: atMs })
  const unexplained = isAsked ? `and no step asked for this ${cause}` : 'and no step and no fault explains it'
  return {
    text: `${to} replaced ${from === '' ? 'its master' : from} in shard ${shard} at ${momentText(atMs)}, ${gap === undefined ? unexplained : `yet ${gap}`}`,
    nodes: [to, ...(from === '' ? [] : [from])],
    atMs,
    details: moments.slice(0, 4).map((one) => `${momentText(one.atMs)}  ${one.name}: ${one.text}`),
    hint: isAsked
      ? 'somebody else, a person or a program, acts on these servers'
      : 'look at what its old master and this machine were doing then',
    ...(gap !== undefined && { inconclusive: true }),
  }
}
