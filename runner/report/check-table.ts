import { displayWidth, oneLine, plural, visible, wrap } from '../base/text.ts'
import type { CheckReport } from '../results/report-model.ts'
import type { OutputStyle, Paint } from './style.ts'
import { GAP, MARGIN, textTable } from './text-table.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

const HEADINGS = ['verdict', 'on', 'check', 'found', 'limit', 'samples']
/** Columns whose texts may go over several lines. */
const FLEXIBLE = [3, 4]
const LAST = HEADINGS.length - 1
const NARROWEST = 10

/** Sentences about loads, as those of `loadLines`. */
export function loadSent(lines: readonly string[], style: OutputStyle, paint: Paint): string[] {
  return lines.flatMap((line) =>
    wrap(visible(line), style.width - MARGIN).map((part) => ' '.repeat(MARGIN) + paint('dim', part)),
  )
}

/** Lines of a table of checks that fits `style.width`. */
export function checkTable(checks: readonly CheckReport[], style: OutputStyle, paint: Paint): string[] {
  const rows = checks.map(({ verdict, on, name, value, limit, samples }) => {
    const { mark, word } = VERDICT_LOOKS[verdict]
    return [`${mark} ${word}`, on, name, oneLine(value), oneLine(limit), String(samples)]
  })
  const widths = columnWidths(rows, style.width)
  if (lineWidth(widths) > style.width) return checkList(checks, style, paint)
  const headings = HEADINGS.map((text, column) => ({
    text,
    align: column === LAST ? ('right' as const) : ('left' as const),
    width: widths[column] ?? NARROWEST,
  }))
  const cells = rows.map((row, index) => {
    const { format } = VERDICT_LOOKS[checks[index]?.verdict ?? 'passed']
    return row.map((text, column) => {
      const lines = wrap(text, widths[column] ?? NARROWEST).join('\n')
      return column === 0 ? paint(format, lines) : lines
    })
  })
  return textTable(headings, cells, paint)
}

/** Where a table has no room: a check after another. */
function checkList(checks: readonly CheckReport[], style: OutputStyle, paint: Paint): string[] {
  return checks.flatMap(({ verdict, on, name, value, limit, samples }) => {
    const { mark, word, format } = VERDICT_LOOKS[verdict]
    const text = `${mark} ${word} ${name} of ${on}: found ${oneLine(value)}, limit ${oneLine(limit)}, ${plural(samples, 'sample')}`
    return wrap(text, style.width - MARGIN - GAP).map((line, place) =>
      place === 0 ? ' '.repeat(MARGIN) + paint(format, line) : ' '.repeat(MARGIN + GAP) + line,
    )
  })
}

function lineWidth(widths: readonly number[]): number {
  return MARGIN + GAP * (widths.length - 1) + widths.reduce((sum, width) => sum + width, 0)
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
