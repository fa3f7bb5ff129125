import { plural, visible, wrap } from '../base/text.ts'
import type { AuditFinding, AuditOutcome, AuditRuleOutcome } from '../record/audit-outcome.ts'
import { isOpen } from '../results/verdict.ts'
import type { OutputStyle, Paint } from './style.ts'

/** `11 rules, 0 findings`; findings that the scenario means are counted apart. */
export function auditSummary({ rules }: AuditOutcome): string {
  const findings = rules.flatMap((rule) => rule.findings)
  const open = findings.filter(isOpen).length
  const meant = findings.length - open
  const parts = [plural(rules.length, 'rule'), plural(open, 'finding')]
  return [...parts, ...(meant > 0 ? [`${meant} that the scenario means`] : [])].join(', ')
}

/** How a finding counts, in a word. */
export function wordOf({ pardon, inconclusive }: AuditFinding, { verdict }: AuditRuleOutcome): string {
  if (pardon !== undefined) return pardon
  if (verdict === 'warned') return 'warning'
  return inconclusive === true ? 'inconclusive' : 'found'
}

/** The audit on the console: one line, and one more for each finding that is no problem of its own. */
export function auditLines(audit: AuditOutcome, style: OutputStyle, paint: Paint): string[] {
  const quiet = audit.rules.flatMap((rule) =>
    rule.findings
      .filter((finding) => !isOpen(finding) || rule.verdict === 'warned')
      .map((finding) => `${wordOf(finding, rule)}: ${visible(finding.text)} (${rule.rule})`),
  )
  const lines = quiet.flatMap((text) =>
    wrap(text, style.width - 6).map((line, place) => paint('dim', `${place === 0 ? '    ' : '      '}${line}`)),
  )
  return [`  audited: ${auditSummary(audit)}`, ...lines]
}
