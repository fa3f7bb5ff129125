import type { AuditFinding } from '../../record/audit-outcome.ts'
import type { AuditFacts } from '../../results/audit-facts.ts'

/** What a rule found before the scenario's pardons and the verdict. */
interface Audited {
  /** What it was judged by: `6 servers`. */
  lookedAt: string
  findings: AuditFinding[]
  /** There was nothing to look at: that nothing was found means nothing. */
  isBlind?: true
}

/** Of a rule that had nothing to look at, and why. */
export function blind(why: string): Audited {
  return { lookedAt: `nothing: ${why}`, findings: [], isBlind: true }
}

/** One rule of the audit. Adding one is a file like this and a line in `index.ts`. */
export interface AuditRule {
  /** As it stands under `audit:`: `crash`. */
  name: string
  /** What holds where nothing is found, one sentence. */
  sentence: string
  /** Why it matters, one sentence, for documentation and completion. */
  reason: string
  /** Pure: from what was seen to what was found. */
  judge(facts: AuditFacts): Audited
}
