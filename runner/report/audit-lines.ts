import { plural, visible, wrap } from '../base/text.ts'
import type { AuditFinding, AuditOutcome, AuditRuleOutcome } from '../record/audit-outcome.ts'
import { isOpen } from '../results/verdict.ts'
import type { OutputStyle, Paint } from './style.ts'
import { type AnyVerdict, VERDICT_LOOKS } from './verdicts.ts'

/**
 * `11 rules, 0 findings`; rules that had nothing to look at, and findings that the scenario means, are counted apart.
 */
export function auditSummary({ rules }: AuditOutcome): string {
  const findings = rules.flatMap((rule) => rule.findings)
  const open = findings.filter(isOpen).length
  const meant = findings.length - open
  const blind = rules.filter(({ verdict }) => verdict === 'not-evaluated').length
  return [
    plural(rules.length, 'rule'),
    ...(blind > 0 ? [`${blind} not evaluated`] : []),
    plural(open, 'finding'),
    ...(meant > 0 ? [`and ${meant} more that the scenario means`] : []),
  ].join(', ')
}

/** How the verdict of a rule is shown: as which other one, and the word for it. */
export function lookOfRule({ verdict }: AuditRuleOutcome): { look: AnyVerdict; word: string } {
  if (verdict === 'warned') return { look: 'inconclusive', word: verdict }
  // Of a check this is a failure; a rule that nobody asked for may have nothing to look at.
  if (verdict === 'not-evaluated') return { look: 'not-run', word: VERDICT_LOOKS[verdict].word }
  return { look: verdict, word: VERDICT_LOOKS[verdict].word }
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
  const [first = '', ...rest] = wrap(`audited: ${auditSummary(audit)}`, style.width - 4)
  return [`  ${first}`, ...rest.map((line) => `    ${line}`), ...lines]
}
