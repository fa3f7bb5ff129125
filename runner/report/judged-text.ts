import { visible, wrap } from '../base/text.ts'
import type { AuditOutcome } from '../record/audit-outcome.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import { loadLines } from '../results/load-sent.ts'
import { isOpen } from '../results/verdict.ts'
import { auditLines } from './audit-lines.ts'
import { checkName, witnessLines } from './check-problems.ts'
import { checkTable, loadSent } from './check-table.ts'
import { type OutputStyle, painter } from './style.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

/** What kept a scenario from passing. */
interface Trouble {
  verdict: keyof typeof VERDICT_LOOKS
  title: string
  reason: string
  details: readonly string[]
}

/** A scenario's checks and audit by themselves, for a terminal: tables, and what did not pass in full. */
export function judgedText(
  title: string,
  checks: readonly CheckOutcome[],
  audit: AuditOutcome | undefined,
  style: OutputStyle,
): string {
  const paint = painter(style.color)
  const indented = (text: string, indent: string) =>
    wrap(visible(text), style.width - indent.length).map((line) => indent + line)
  const decidesLess = ({ verdict }: Trouble) => Number(verdict === 'inconclusive')
  const found = [...troublesOfChecks(checks), ...troublesOfAudit(audit)]
  const troubles = found
    .sort((a, b) => decidesLess(a) - decidesLess(b))
    .map(({ verdict, title, reason, details }) => {
      const { mark, word, format } = VERDICT_LOOKS[verdict]
      return [
        paint(format, `${mark} ${word.toUpperCase()}  ${title}`),
        ...indented(reason, '  '),
        ...details.flatMap((line) => indented(line, '    ')),
      ]
    })
  const table =
    checks.length > 0 ? [[...checkTable(checks, style, paint), ...loadSent(loadLines(checks), style, paint)]] : []
  const audited = audit === undefined ? [] : [auditLines(audit, style, paint)]
  return [[paint('bold', title)], ...table, ...audited, ...troubles].map((lines) => lines.join('\n')).join('\n\n')
}

function troublesOfChecks(checks: readonly CheckOutcome[]): Trouble[] {
  return checks
    .filter(({ verdict }) => verdict !== 'passed')
    .map((outcome) => ({
      verdict: outcome.verdict,
      title: checkName(outcome),
      reason: outcome.explanation,
      details: [...(outcome.details ?? []), ...witnessLines(outcome.witness)],
    }))
}

function troublesOfAudit(audit: AuditOutcome | undefined): Trouble[] {
  return (audit?.rules ?? [])
    .filter(({ verdict }) => verdict === 'failed' || verdict === 'inconclusive')
    .flatMap(({ rule, findings }) =>
      findings.filter(isOpen).map(({ text, details = [], inconclusive = false }) => ({
        verdict: inconclusive ? 'inconclusive' : 'failed',
        title: `audit: ${rule}`,
        reason: text,
        details,
      })),
    )
}
