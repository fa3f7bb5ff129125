import { Lexer } from 'yaml'
import type { SourceFile, Span } from '../source.ts'

/** What a comment allows: `# allow: asked-too-early (the cut is what is looked at)`. */
export interface Allowance {
  name: string
  /** Where its name stands. */
  span: Span
  /** The line it speaks of: its own, or for a comment that stands alone, the next one that is no comment. */
  line: number
}

const ALLOW = /^#\s*allow:\s*([\w-]+(?:\s*,\s*[\w-]+)*)/
/** The token before a scalar: what follows it is no comment, whatever it begins with. */
const SCALAR_FOLLOWS = '\u001f'

/** The allowances in a text, in order. */
export function allowancesIn(source: SourceFile): Allowance[] {
  if (!source.text.includes('allow:')) return []
  const lines = source.text.split(/\r\n|\n|\r/)
  return [...commentsIn(source.text)].flatMap(({ text, start }) => {
    const names = ALLOW.exec(text)?.[1]
    if (names === undefined) return []
    const line = lineMeant(source.lineAt(start), lines)
    const from = start + text.indexOf(names, text.indexOf(':'))
    return [...names.matchAll(/[\w-]+/g)].map(({ 0: name, index }) => {
      const span = { start: from + index, end: from + index + name.length }
      return { name, span, line }
    })
  })
}

function* commentsIn(text: string): Generator<{ text: string; start: number }> {
  let start = 0
  let isScalar = false
  for (const token of new Lexer().lex(text)) {
    if (token.startsWith('#') && !isScalar) yield { text: token, start }
    isScalar = token === SCALAR_FOLLOWS
    // Marks of the lexer itself stand nowhere in the text.
    if (!isMark(token)) start += token.length
  }
}

function isMark(token: string): boolean {
  return token === SCALAR_FOLLOWS || token === '\u0002' || token === '\u0018'
}

function lineMeant(line: number, lines: readonly string[]): number {
  const isComment = (text: string) => text.trimStart().startsWith('#')
  if (!isComment(lines[line - 1] ?? '')) return line
  let below = line
  while (below < lines.length && (isComment(lines[below] ?? '') || lines[below]?.trim() === '')) below += 1
  return below + 1
}
