import CliTable from 'cli-table3'
import { NO_BORDERS, type Paint } from './style.ts'

/** Blanks left of a table, and right of each column. */
export const MARGIN = 2
export const GAP = 2

interface Heading {
  text: string
  align: 'left' | 'right'
  /** Of the column. */
  width: number
}

/** Lines of a table without borders: headings, a rule, and rows whose cells may have several lines. */
export function textTable(headings: readonly Heading[], rows: readonly string[][], paint: Paint): string[] {
  const table = new CliTable({
    chars: NO_BORDERS,
    colWidths: headings.map(({ width }) => width + GAP),
    colAligns: headings.map(({ align }) => align),
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [], compact: true },
  })
  table.push(headings.map(({ text }) => paint('dim', text)))
  table.push(headings.map(({ width }) => paint('dim', '─'.repeat(width))))
  table.push(...rows)
  return table
    .toString()
    .split('\n')
    .map((line) => ' '.repeat(MARGIN) + line.trimEnd())
}
