import { formatDuration, formatLimit } from '../base/duration.ts'
import { displayWidth, oneLine, plural, truncate, wrap } from '../base/text.ts'
import type { StepReport } from '../results/report-model.ts'
import { type StepRow, stepRows } from './step-rows.ts'
import type { OutputStyle, Paint } from './style.ts'
import { GAP, MARGIN, textTable } from './text-table.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

const HEADINGS = ['#', 'verdict', 'step', 'took', 'limit', 'true after']
const STEP_COLUMN = 2
/** Columns that a narrow terminal goes without, those first that are missed least. */
const DISPENSABLE = [5, 4, 3]
const NARROWEST_STEP = 20
const MOST_STEP_LINES = 3
const NOTE_INDENT = '  '

/** A row before it is laid out: six plain cells, and how they are painted. */
interface Cells {
  texts: string[]
  /** Under the step's name. */
  note: string
  verdict: StepReport['verdict']
  indent: string
}

/** Lines of a table of steps that fits `style.width`; names that are longer go over several lines. */
export function stepTable(steps: readonly StepReport[], style: OutputStyle, paint: Paint): string[] {
  const rows = stepRows(steps).map(cellsOf)
  const wide = columnWidths(rows)
  const columns = columnsThatFit(wide, style.width)
  const left = roomForStep(wide, columns, style.width)
  const widths = wide.map((width, column) => (column === STEP_COLUMN ? Math.min(width, left) : width))
  const headings = columns.map((column) => ({
    text: HEADINGS[column] ?? '',
    align: column > STEP_COLUMN ? ('right' as const) : ('left' as const),
    width: widths[column] ?? NARROWEST_STEP,
  }))
  const cells = rows.map((row) => {
    const painted = paintedRow(row, widths[STEP_COLUMN] ?? NARROWEST_STEP, paint)
    return columns.map((column) => painted[column] ?? '')
  })
  return textTable(headings, cells, paint)
}

function columnsThatFit(widths: readonly number[], total: number): number[] {
  let columns = HEADINGS.map((_, column) => column)
  for (const column of DISPENSABLE) {
    if (roomForStep(widths, columns, total) >= NARROWEST_STEP) break
    columns = columns.filter((one) => one !== column)
  }
  return columns
}

/** What the other columns leave to the names of steps. */
function roomForStep(widths: readonly number[], columns: readonly number[], total: number): number {
  const others = columns.reduce((sum, column) => sum + (column === STEP_COLUMN ? 0 : (widths[column] ?? 0)), 0)
  return Math.max(total - MARGIN - others - GAP * (columns.length - 1), 1)
}

/** As wide as the texts are. */
function columnWidths(rows: readonly Cells[]): number[] {
  const widths = HEADINGS.map((heading, column) =>
    Math.max(displayWidth(heading), ...rows.map((row) => displayWidth(row.texts[column] ?? ''))),
  )
  const wanted = Math.max(...rows.map((row) => displayWidth(row.indent + NOTE_INDENT + row.note)), 0)
  widths[STEP_COLUMN] = Math.max(widths[STEP_COLUMN] ?? 0, wanted)
  return widths
}

function paintedRow(row: Cells, stepWidth: number, paint: Paint): string[] {
  const { format } = VERDICT_LOOKS[row.verdict]
  const quiet = row.verdict === 'not-run'
  const width = Math.max(stepWidth - row.indent.length, 1)
  const name = wrap((row.texts[STEP_COLUMN] ?? '').trimStart(), width)
  const shown = name.length <= MOST_STEP_LINES ? name : [...name.slice(0, MOST_STEP_LINES - 1), cutOff(name, width)]
  const note = row.note === '' ? [] : [paint('dim', truncate(NOTE_INDENT + row.note, width))]
  const lines = [...shown.map((line) => (quiet ? paint('dim', line) : line)), ...note]
  return row.texts.map((text, column) => {
    if (column === STEP_COLUMN) return lines.map((line) => row.indent + line).join('\n')
    if (column === 1 || quiet) return paint(format, text)
    return text
  })
}

function cutOff(lines: readonly string[], width: number): string {
  return truncate(lines.slice(MOST_STEP_LINES - 1).join(' '), width)
}

function cellsOf(row: StepRow): Cells {
  if (row.kind === 'not-run') return notRunCells(row.steps)
  if (row.kind === 'iterations') return iterationCells(row)
  const { step } = row
  const indent = '  '.repeat(step.depth)
  const notRun = step.verdict === 'not-run'
  return {
    texts: [
      step.path,
      verdictText(step.verdict),
      indent + oneLine(step.name),
      notRun ? '' : formatDuration(step.durationMs),
      step.limitMs === undefined ? '' : formatLimit(step.limitMs),
      step.trueAfterMs === undefined ? '' : formatDuration(step.trueAfterMs),
    ],
    note: oneLine(step.note ?? step.proof ?? ''),
    verdict: step.verdict,
    indent,
  }
}

function iterationCells(row: Extract<StepRow, { kind: 'iterations' }>): Cells {
  const { repeat, first, last, steps } = row
  const indent = '  '.repeat(Math.min(...steps.map(({ depth }) => depth)))
  const times = steps.flatMap((step) => step.trueAfterMs ?? [])
  const slowest = times.reduce((most, time) => Math.max(most, time), 0)
  return {
    texts: [
      `${repeat}#${first}–${last}`,
      verdictText('passed'),
      `${indent}rounds ${first} to ${last} all passed (${plural(steps.length, 'step')})`,
      formatDuration(spanOf(steps)),
      '',
      times.length > 0 ? `≤ ${formatDuration(slowest)}` : '',
    ],
    note: '',
    verdict: 'passed',
    indent,
  }
}

function spanOf(steps: readonly StepReport[]): number {
  let start = Number.POSITIVE_INFINITY
  let end = 0
  for (const { startMs = 0, durationMs } of steps) {
    start = Math.min(start, startMs)
    end = Math.max(end, startMs + durationMs)
  }
  return end - start
}

function notRunCells(steps: readonly StepReport[]): Cells {
  const range = `${steps[0]?.path ?? ''}–${steps.at(-1)?.path ?? ''}`
  const texts = [range, verdictText('not-run'), plural(steps.length, 'step'), '', '', '']
  return { texts, note: '', verdict: 'not-run', indent: '' }
}

function verdictText(verdict: StepReport['verdict']): string {
  const { mark, word } = VERDICT_LOOKS[verdict]
  return `${mark} ${word}`
}
