import { plural } from '../../base/text.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import { momentText } from '../words.ts'
import type { AuditRule } from './rule.ts'

export const failovers: AuditRule = {
  name: 'failover',
  sentence: 'Every failover has a cause: a fault on its old master, or a CLUSTER FAILOVER.',
  reason:
    'A master that is replaced for no reason is a false alarm of the failure detector, or a server that stood still.',
  judge({ timelines }) {
    const findings = timelines
      .filter(({ kind, outcome }) => kind === 'unplanned' && outcome === 'promoted')
      .map(
        ({ shard, from, to, startMs, totalMs, moments }): AuditFinding => ({
          text: `${to} replaced ${from === '' ? 'its master' : from} in shard ${shard} at ${momentText(startMs + totalMs)}, and no step and no fault explains it`,
          nodes: [to, ...(from === '' ? [] : [from])],
          atMs: startMs + totalMs,
          details: moments.slice(0, 4).map(({ name, atMs, text }) => `${momentText(atMs)}  ${name}: ${text}`),
          hint: 'look at what its old master and this machine were doing then',
        }),
      )
    return { lookedAt: plural(timelines.length, 'failover'), findings }
  },
}
