import { listed, plural } from '../../base/text.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import type { LogObservation } from '../../record/observations.ts'
import type { AuditFacts } from '../../results/audit-facts.ts'
import { momentText } from '../words.ts'
import type { AuditRule } from './rule.ts'

/** A replica that was cut off, or whose master changed, syncs anew once; again at once where the first was broken off. More is a loop. */
const MOST_PER_REASON = 2

export const resync: AuditRule = {
  name: 'resync',
  sentence: 'No replica synced in full again and again.',
  reason: 'A replica in a loop of full syncs is never ready to take over, and its master pays for each.',
  judge(facts) {
    const full = facts.logs.filter(({ moment }) => moment === 'full resync')
    const findings = facts.nodes.flatMap(({ name }) => {
      const lines = full.filter(({ node }) => node === name)
      return lines.length > MOST_PER_REASON * (1 + reasonsToSync(facts, name)) ? [loopOf(facts, name, lines)] : []
    })
    return { lookedAt: plural(full.length, 'full sync'), findings }
  },
}

function loopOf({ logs }: AuditFacts, node: string, lines: readonly LogObservation[]): AuditFinding {
  const causes = logs.filter(
    ({ moment, about }) => moment === 'replica dropped' && (about === node || about === undefined),
  )
  const why = [...new Set(causes.map(({ reason = '', text }) => reason || text))]
  const cause = why.length === 0 ? 'the logs do not say why' : listed(why, 2)
  return {
    text: `${node} synced in full ${lines.length} times: ${cause}`,
    nodes: [node],
    atMs: lines[0]?.seenMs ?? 0,
    details: lines.slice(0, 5).map(({ seenMs, text }) => `${momentText(seenMs)}  ${text}`),
    hint: hintOf(node, why),
  }
}

function hintOf(node: string, why: readonly string[]): string {
  if (why.length === 0) {
    return `look at the logs of ${node} and of its master, nodes/… in the report folder, right before each sync`
  }
  if (why.some((reason) => /^Failed trying to load/.test(reason))) {
    return `the log of ${node} says why right before, nodes/${node}.log in the report folder: an earlier version cannot load what a later one sends`
  }
  return 'raise what broke the link: `client-output-buffer-limit`, `repl-backlog-size` or `repl-timeout`'
}

/** How often the replica had a reason to sync anew: a fault on it or its shard, or a new master. */
function reasonsToSync({ run, timelines, nodes, starts }: AuditFacts, node: string): number {
  const shard = nodes.find(({ name }) => name === node)?.shard
  const faults = run.faults.filter(({ nodes: bitten, shards }) => bitten.includes(node) || shards.includes(shard ?? 0))
  const promotions = timelines.filter((one) => one.outcome === 'promoted' && one.shard === shard)
  return faults.length + promotions.length + starts.filter((start) => start.node === node).length
}
