import { plural } from '../../base/text.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import type { AdministeredFact } from '../../results/audit-facts.ts'
import { momentText } from '../words.ts'
import type { AuditRule } from './rule.ts'

export const failovers: AuditRule = {
  name: 'failover',
  sentence: 'Every failover has a cause: a fault on its old master, or a CLUSTER FAILOVER.',
  reason:
    'A master that is replaced for no reason is a false alarm of the failure detector, or a server that stood still.',
  judge({ timelines, commands }) {
    const findings = timelines
      .filter(({ kind, outcome }) => kind === 'unplanned' && outcome === 'promoted')
      .filter(({ from, startMs, totalMs }) => !commands.some((one) => mayExplain(one, from, startMs + totalMs)))
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

/** A step may have held up the old master by a command of its own: DEBUG SLEEP, CLUSTER RESET. */
function mayExplain({ nodes, startMs }: AdministeredFact, from: string, untilMs: number): boolean {
  return nodes.includes(from) && startMs <= untilMs
}
