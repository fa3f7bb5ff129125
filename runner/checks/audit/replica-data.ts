import { formatDuration } from '../../base/duration.ts'
import { listed, plural } from '../../base/text.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import { type AuditRule, blind } from './rule.ts'

export const replicaData: AuditRule = {
  name: 'replica_data',
  sentence: "At the end each replica's data equaled its master's, and every key lay in a slot of its node.",
  reason: 'A replica that differs from its master loses data at the next failover, and nothing shows it before.',
  judge({ data, endState }) {
    if (data === undefined) {
      return blind(endState === undefined ? 'the steps did not pass' : 'the cluster was not healthy')
    }
    const { differences, unnamed, incomplete, keys, replicas, tookMs } = data
    const findings = differences.map(({ text, nodes }): AuditFinding => ({ text, nodes }))
    const last = findings.at(-1)
    if (last !== undefined && unnamed > 0) last.details = [`and ${plural(unnamed, 'difference')} more`]
    const missed = incomplete.map(
      (text): AuditFinding => ({
        text: `the data could not be compared whole: ${text}`,
        nodes: [],
        inconclusive: true,
      }),
    )
    const absent = endState?.absent ?? []
    const without = absent.length === 0 ? '' : `, without ${listed(absent)}`
    const lookedAt = `${plural(keys, 'key')} on ${plural(replicas, 'replica')} in ${formatDuration(tookMs)}${without}`
    return { lookedAt, findings: [...findings, ...missed] }
  },
}
