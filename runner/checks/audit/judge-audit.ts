import { listed } from '../../base/text.ts'
import type {
  AuditFinding,
  AuditOutcome,
  AuditPardonFor,
  AuditRuleOutcome,
  AuditVerdict,
} from '../../record/audit-outcome.ts'
import type { AuditFacts } from '../../results/audit-facts.ts'
import { auditRules } from './index.ts'
import type { AuditRule } from './rule.ts'

/** What a scenario says beforehand of the findings of each rule, by the rule's name. */
export type Pardons = Readonly<Record<string, readonly AuditPardonFor[]>>

/**
 * Judges a scenario by every rule of the audit. Findings that the scenario pardons change no verdict; an expected one that is not found
 * is a finding itself. With `warnOnly` no finding changes the verdict.
 */
export function judgeAudit(facts: AuditFacts, pardons: Pardons, { warnOnly = false } = {}): AuditOutcome {
  return { rules: auditRules.map((rule) => judgeRule(rule, facts, pardons[rule.name] ?? [], warnOnly)) }
}

function judgeRule(
  rule: AuditRule,
  facts: AuditFacts,
  pardons: readonly AuditPardonFor[],
  warnOnly: boolean,
): AuditRuleOutcome {
  const { lookedAt, findings, isBlind = false } = rule.judge(facts)
  const judged = findings.map((finding) => withPardon(finding, pardons))
  // Where the steps did not pass, what they were to bring about may not have happened.
  const wereAllPlayed = facts.endState !== undefined
  const expected = pardons.filter(({ pardon }) => wereAllPlayed && pardon === 'expected')
  const missed = expected.flatMap((wanted) => notFound(rule, wanted, judged))
  const all = [...judged, ...missed]
  const verdict = isBlind && all.length === 0 ? 'not-evaluated' : verdictOf(all, warnOnly)
  return { rule: rule.name, sentence: rule.sentence, verdict, lookedAt, findings: all }
}

function withPardon(finding: AuditFinding, pardons: readonly AuditPardonFor[]): AuditFinding {
  const pardon = pardons.find((one) => covers(one, finding))?.pardon
  return pardon === undefined ? finding : { ...finding, pardon }
}

function covers({ nodes }: AuditPardonFor, finding: AuditFinding): boolean {
  return nodes === undefined || (finding.nodes.length > 0 && finding.nodes.every((node) => nodes.includes(node)))
}

/** Of nodes that are named, each must be found. */
function notFound(rule: AuditRule, wanted: AuditPardonFor, judged: readonly AuditFinding[]): AuditFinding[] {
  const found = judged.filter((finding) => covers(wanted, finding))
  const missing = wanted.nodes?.filter((node) => !found.some(({ nodes }) => nodes.includes(node)))
  if (missing === undefined ? found.length > 0 : missing.length === 0) return []
  const where = missing === undefined ? '' : ` of ${listed(missing)}`
  return [
    {
      text: `The scenario expects a finding of \`${rule.name}\`${where}, and there was none`,
      nodes: missing ?? [],
      hint: 'what the scenario is about did not happen: look at its steps',
    },
  ]
}

function verdictOf(findings: readonly AuditFinding[], warnOnly: boolean): AuditVerdict {
  const open = findings.filter(({ pardon }) => pardon === undefined)
  if (open.length === 0) return 'passed'
  if (warnOnly) return 'warned'
  return open.every(({ inconclusive = false }) => inconclusive) ? 'inconclusive' : 'failed'
}
