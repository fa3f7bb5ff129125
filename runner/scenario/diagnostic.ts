import { displayWidth, plural } from '../base/text.ts'

/** One thing that is wrong with a scenario, and where. */
export interface Diagnostic {
  /** The file, or what else is wrong: `--set keys=many`. */
  file: string
  /** 1-based; 0: there is no place to point at. */
  line: number
  /** 1-based, in characters. */
  col: number
  /** Characters that the mark spans on this line, 1 or more. */
  length: number
  sourceLine: string
  /** What is wrong, in plain words. */
  message: string
  /** What was probably meant; stands beside the mark. */
  suggestion?: string
  /** What to do, or what is possible here. */
  hint?: string
  /** Set where it is legal and hardly meant: the name by which a line allows it. */
  warning?: string
}

const CODES = { bold: '\u001b[1m', red: '\u001b[31m', cyan: '\u001b[36m', dim: '\u001b[2m', reset: '\u001b[0m' }

/** Source lines longer than this are shown in part. */
const WINDOW = 120
const BEFORE_MARK = 60

/** All diagnostics as text for people: place, message, source line, caret, and at the end how many there are. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: { color: boolean }): string {
  const paint = (style: keyof typeof CODES, text: string) =>
    options.color && text !== '' ? `${CODES[style]}${text}${CODES.reset}` : text
  const blocks = diagnostics.map((diagnostic) => renderOne(diagnostic, paint))
  const warnings = diagnostics.filter(({ warning }) => warning !== undefined).length
  const problems = diagnostics.length - warnings
  const counts = [
    ...(problems > 0 || warnings === 0 ? [plural(problems, 'problem')] : []),
    ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
  ]
  return `${[...blocks, counts.join(', ')].join('\n\n')}\n`
}

type Paint = (style: keyof typeof CODES, text: string) => string

function renderOne(diagnostic: Diagnostic, paint: Paint): string {
  const { file, line, col } = diagnostic
  const { warning } = diagnostic
  const message =
    warning === undefined ? visible(diagnostic.message) : `warning: ${visible(diagnostic.message)} (${warning})`
  if (line === 0) {
    const head = paint('bold', `${visible(file)}: ${message}`)
    return [
      head,
      ...[diagnostic.suggestion, diagnostic.hint].flatMap((text) => (text ? [`  ${visible(text)}`] : [])),
    ].join('\n')
  }
  const number = String(line)
  const gutter = ' '.repeat(number.length)
  const { before, marked, after } = windowOf(diagnostic)
  const mark = `^${'~'.repeat(Math.max(0, displayWidth(marked) - 1))}`
  const beside = diagnostic.suggestion === undefined ? '' : ` ${visible(diagnostic.suggestion)}`
  const lines = [
    paint('bold', `${visible(file)}:${line}:${col}: ${message}`),
    `${paint('dim', ` ${number} |`)} ${before}${marked}${after}`,
    `${paint('dim', ` ${gutter} |`)} ${' '.repeat(displayWidth(before))}${paint('red', mark)}${paint('cyan', beside)}`,
  ]
  if (diagnostic.hint !== undefined) lines.push(`${paint('dim', ` ${gutter} =`)} ${visible(diagnostic.hint)}`)
  return lines.join('\n')
}

/** The part of the source line that is shown, split at the mark. */
function windowOf({ sourceLine, col, length }: Diagnostic): { before: string; marked: string; after: string } {
  const characters = [...sourceLine].map(visible)
  const from = characters.length > WINDOW && col > BEFORE_MARK ? col - BEFORE_MARK : 0
  const to = characters.length > WINDOW ? Math.min(characters.length, from + WINDOW) : characters.length
  const end = Math.min(to, col - 1 + length)
  return {
    before: `${from > 0 ? '…' : ''}${characters.slice(from, col - 1).join('')}`,
    marked: characters.slice(col - 1, end).join('') || '',
    after: `${characters.slice(end, to).join('')}${to < characters.length ? '…' : ''}`,
  }
}

/** Tabs are shown as an arrow, other control characters (which a terminal would obey) as their symbol. */
function visible(text: string): string {
  return text.replaceAll('\t', '→').replace(/\p{Cc}/gu, (control) => {
    const code = control.charCodeAt(0)
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\u2421'
  })
}
