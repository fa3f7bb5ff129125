import type { AuditFinding, AuditOutcome, AuditRuleOutcome } from '../../../record/audit-outcome.ts'
import { auditSummary, lookOfRule, wordOf } from '../../audit-lines.ts'
import { badge, html, type Markup, prose } from '../markup.ts'

/** What the run was audited for, also where all is well. Nothing where no cluster came to be. */
export function auditSection(audit: AuditOutcome | undefined): Markup | undefined {
  if (audit === undefined) return undefined
  return html`<section id="audit" aria-labelledby="audit-title"><h2 id="audit-title">Audit</h2>
<p>Audited: ${auditSummary(audit)}.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Table of audit rules"><table class="audit">
<thead><tr><th scope="col">verdict</th><th scope="col">rule</th><th scope="col">looked at</th><th scope="col">findings</th></tr></thead>
<tbody>${audit.rules.map(ruleRow)}</tbody></table></div></section>`
}

function ruleRow(outcome: AuditRuleOutcome): Markup {
  const { rule, sentence, verdict, lookedAt, findings } = outcome
  const isBad = verdict === 'failed' || verdict === 'inconclusive'
  const { look, word } = lookOfRule(outcome)
  const none = verdict === 'not-evaluated' ? '' : 'none'
  const list = html`<ul>${findings.map((finding) => findingItem(finding, outcome))}</ul>`
  return html`<tr${isBad && html` class="bad"`}><td>${badge(look, word)}</td><td>${rule}<div class="dim small">${prose(sentence)}</div></td>
<td>${lookedAt}</td><td>${findings.length === 0 ? none : list}</td></tr>`
}

function findingItem(finding: AuditFinding, outcome: AuditRuleOutcome): Markup {
  const { text, details = [], hint, pardon } = finding
  return html`<li>${prose(text)} <span class="dim">(${wordOf(finding, outcome)})</span>
${details.length > 0 && html`<pre class="small">${details.join('\n')}</pre>`}${hint !== undefined && pardon === undefined && html`<p class="small">${prose(hint)}</p>`}</li>`
}
