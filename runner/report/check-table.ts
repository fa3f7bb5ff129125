import CliTable from 'cli-table3'
import { displayWidth, oneLine, visible, wrap } from '../base/text.ts'
import { loadLines } from '../results/load-sent.ts'
import type { CheckReport } from '../results/report-model.ts'
import { NO_BORDERS, type OutputStyle, type Paint } from './style.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

const HEADINGS = ['verdict', 'on', 'check', 'found', 'limit', 'samples']
/** Columns whose texts may go over several lines. */
const FLEXIBLE = [3, 4]
const NARROWEST = 10
const MARGIN = 2
const GAP = 2

/** Lines of a table of checks that fits `style.width`, and how much of its load each workload sent. */
export function checkTable(checks: readonly CheckReport[], style: OutputStyle, paint: Paint): string[] {
  const rows = checks.map(({ verdict, on, name, value, limit, samples }) => {
    const { mark, word } = VERDICT_LOOKS[verdict]
    return [`${mark} ${word}`, on, name, oneLine(value), oneLine(limit), String(samples)]
  })
  const widths = columnWidths(rows, style.width)
  const table = new CliTable({
    chars: NO_BORDERS,
    colWidths: widths.map((width) => width + GAP),
    colAligns: ['left', 'left', 'left', 'left', 'left', 'right'],
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [], compact: true },
  })
  table.push(HEADINGS.map((heading) => paint('dim', heading)))
  table.push(widths.map((width) => paint('dim', '─'.repeat(width))))
  for (const [index, row] of rows.entries()) {
    const { format } = VERDICT_LOOKS[checks[index]?.verdict ?? 'passed']
    table.push(
      row.map((text, column) => {
        const lines = wrap(text, widths[column] ?? NARROWEST).join('\n')
        return column === 0 ? paint(format, lines) : lines
      }),
    )
  }
  const rowLines = table.toString().split('\n')
  const load = loadLines(checks).map((line) => paint('dim', visible(line)))
  return [...rowLines, ...load].map((line) => ' '.repeat(MARGIN) + line.trimEnd())
}

function columnWidths(rows: readonly string[][], total: number): number[] {
  const widths = HEADINGS.map((heading, column) =>
    Math.max(displayWidth(heading), ...rows.map((row) => displayWidth(row[column] ?? ''))),
  )
  const fixed = widths.reduce((sum, width, column) => sum + (FLEXIBLE.includes(column) ? 0 : width), 0)
  const room = total - MARGIN - fixed - GAP * (HEADINGS.length - 1)
  const [found = 0, limit = 0] = FLEXIBLE.map((column) => widths[column] ?? 0)
  if (found + limit > room) {
    const narrowed = Math.max(NARROWEST, Math.min(limit, Math.floor(room / 2)))
    widths[4] = narrowed
    widths[3] = Math.max(NARROWEST, room - narrowed)
  }
  return widths
}
