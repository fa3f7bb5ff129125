import type { AuditOutcome, AuditTerms } from '../../record/audit-outcome.ts'
import type { RunEvent } from '../../record/events.ts'
import { auditFacts } from '../../results/audit-facts.ts'
import { scenarioEvents } from '../../results/scenario-results.ts'
import { judgeAudit } from './judge-audit.ts'
import { workloadFacts } from './workload-facts.ts'

/**
 * Audits a scenario by the events of its run up to its first audit, and by its histories in the run's `folder`: what a
 * run found at its end, and what is found again later, is the same. Throws HistoryError if a history cannot be read.
 */
export function auditScenario(
  events: readonly RunEvent[],
  scenario: number,
  folder: string,
  { pardons, warnOnly }: Pick<AuditTerms, 'pardons' | 'warnOnly'>,
): AuditOutcome {
  const own = scenarioEvents(events, scenario)
  const audited = own.findIndex(({ type }) => type === 'audit-judged')
  const known = audited < 0 ? own : own.slice(0, audited)
  const facts = auditFacts(known, (run) => workloadFacts(known, run, folder))
  return judgeAudit(facts, pardons, { warnOnly })
}
