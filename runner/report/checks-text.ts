import { visible, wrap } from '../base/text.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import { checkTable } from './check-table.ts'
import { checkName, witnessLines } from './problems.ts'
import { type OutputStyle, painter } from './style.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

/** Checks by themselves, for a terminal: a table, and what did not pass in full. */
export function checksText(title: string, outcomes: readonly CheckOutcome[], style: OutputStyle): string {
  const paint = painter(style.colour)
  const indented = (text: string, indent: string) =>
    wrap(visible(text), style.width - indent.length).map((line) => indent + line)
  const problems = outcomes
    .filter(({ verdict }) => verdict !== 'passed')
    .map((outcome) => {
      const { mark, word, format } = VERDICT_LOOKS[outcome.verdict]
      const details = [...(outcome.details ?? []), ...witnessLines(outcome.witness)]
      return [
        paint(format, `${mark} ${word.toUpperCase()}  ${checkName(outcome)}`),
        ...indented(outcome.explanation, '  '),
        ...details.flatMap((line) => indented(line, '    ')),
      ]
    })
  const blocks = [[paint('bold', title)], checkTable(outcomes, style, paint), ...problems]
  return blocks.map((lines) => lines.join('\n')).join('\n\n')
}
