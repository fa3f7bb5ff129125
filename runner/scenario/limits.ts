import type { Span } from './source.ts'

/**
 * Far above any scenario that a person writes. What is longer is a dump, a log or an attack: parsing it would take
 * minutes, so it is refused by looks alone.
 */
const LONGEST_TEXT = 250_000
const MOST_LINES = 3000
const LONGEST_LINE = 20_000
/** Where a value may end or begin: a line, and in flow style what is between brackets and commas. */
const MOST_PARTS = 20_000

const NEWLINE = 10
const PART_ENDS: ReadonlySet<number> = new Set([...'\n,[{'].map((character) => character.charCodeAt(0)))

/** What makes a text too much for a scenario, and the place from which on; undefined if nothing does. */
export function tooMuch(text: string): { message: string; span: Span } | undefined {
  const refused = (at: number, message: string) => ({ message, span: { start: at, end: at + 1 } })
  let lines = 1
  let lineStart = 0
  let parts = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (at === LONGEST_TEXT)
      return refused(at, `this file is too long for a scenario (more than ${LONGEST_TEXT / 1000} kB)`)
    if (at - lineStart === LONGEST_LINE) return refused(at, `this line is longer than ${LONGEST_LINE} characters`)
    if (!PART_ENDS.has(code)) continue
    parts += 1
    if (parts > MOST_PARTS) return refused(at, `this file has more than ${MOST_PARTS} values`)
    if (code !== NEWLINE) continue
    lines += 1
    lineStart = at + 1
    if (lines > MOST_LINES && at + 1 < text.length)
      return refused(at + 1, `this file has more than ${MOST_LINES} lines`)
  }
  return undefined
}
