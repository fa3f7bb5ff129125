import { stripVTControlCharacters } from 'node:util'

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** So much of a text is given to the segmenter at a time, UTF-16 units: it reads all that it is given for each step. */
const SEGMENTED_AT_ONCE = 1024
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u

/** Columns that `text` takes on a terminal; colors take none. */
export function displayWidth(text: string): number {
  const plain = stripVTControlCharacters(text)
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length
  let width = 0
  for (const grapheme of graphemesOf(plain)) width += WIDE.test(grapheme) ? 2 : 1
  return width
}

/** What is seen as one character each. Takes time for what is asked for, however long the text is. */
function* graphemesOf(text: string): Generator<string> {
  let from = 0
  let size = SEGMENTED_AT_ONCE
  while (from < text.length) {
    const end = isHighSurrogate(text.charCodeAt(from + size - 1)) ? from + size - 1 : from + size
    const graphemes = Array.from(GRAPHEMES.segment(text.slice(from, end)), ({ segment }) => segment)
    // The last one may go on behind the end of the slice.
    if (end < text.length) graphemes.pop()
    yield* graphemes
    for (const grapheme of graphemes) from += grapheme.length
    size = graphemes.length === 0 ? size * 2 : SEGMENTED_AT_ONCE
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00
}

/** Control characters, marks of direction, and characters that show nothing. */
const UNSEEN = /[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/gu
/** Behind a character that is no ASCII, these join letters or choose its form: of many scripts, and of emoji. */
const JOINERS: ReadonlySet<string> = new Set(['\u200c', '\u200d', '\ufe0e', '\ufe0f'])

/**
 * Makes what is not seen visible (`\x1b`, `\u202e`): a server's reply must not steer the terminal that a report is read
 * on, nor hide what stands there.
 */
export function visible(text: string, keep = ''): string {
  return text.replace(UNSEEN, (character, offset: number) => {
    const isPartOfText = JOINERS.has(character) && text.charCodeAt(offset - 1) > 0x7f
    return isPartOfText || keep.includes(character) ? character : escapeOf(character)
  })
}

function escapeOf(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  const code = character.charCodeAt(0)
  if (code < 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  // As JSON spells it, which has such characters as they are.
  return Array.from({ length: character.length }, (_, place) => {
    return `\\u${character.charCodeAt(place).toString(16).padStart(4, '0')}`
  }).join('')
}

/** Colors and weights, the only codes of a terminal that the program's own lines hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const PAINTED = /(\u001b\[(?:[0-2]|22|3[1-6]|39)m)/

/**
 * A text as it may go to a terminal, or to the log of a CI: whatever it was made from, it steers neither. `painted`: it
 * may have the program's own colors; `commands`: it is meant to hold commands for a CI.
 */
export function forOutput(text: string, { painted = false, commands = false } = {}): string {
  const parts = painted ? text.split(PAINTED) : [text]
  const shown = parts.map((part, index) => (index % 2 === 1 ? part : visible(part, '\n\t'))).join('')
  // GitHub takes `::` at the beginning of a line for a command, and `##[`, as Azure DevOps and TeamCity do, anywhere. There it may
  // stand in JSON, which knows this escape.
  const unmarked = shown.replace(/#(?=#(?:vso|teamcity)?\[)/g, '\\u0023')
  return commands ? unmarked : unmarked.replace(/^(\s*):(?=:)/gm, '$1\\x3a')
}

/** On one line: every run of white space is a blank, other control characters are visible. */
export function oneLine(text: string): string {
  return visible(text.replace(/\s+/g, ' ').trim())
}

/**
 * Cuts `text` (without colors) to at most `width` columns, with an ellipsis where something is missing. Takes time for
 * what it keeps, not for what it is given: that may be megabytes that a program of somebody else wrote.
 */
export function truncate(text: string, width: number): string {
  const head = headOf(text, width)
  if (head.length === text.length && displayWidth(head) <= width) return text
  return `${headOf(head, width - 1).trimEnd()}…`
}

/** Breaks `text` (without colors) between words into lines of at most `width` columns; longer words are broken. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, Math.max(width, 1)))
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    const joined = current === '' ? word : `${current} ${word}`
    if (displayWidth(joined) <= width) {
      current = joined
      continue
    }
    if (current !== '') lines.push(current)
    current = word
    while (displayWidth(current) > width) {
      const head = headOf(current, width)
      lines.push(head)
      current = current.slice(head.length)
    }
  }
  return current === '' && lines.length > 0 ? lines : [...lines, current]
}

/** A line that keeps its indent where it is broken, and two blanks more; it stays as it is if it fits. */
export function fitted(line: string, width: number): string[] {
  if (displayWidth(line) <= width) return [line]
  const own = /^ */.exec(line)?.[0] ?? ''
  // Of a painted line the indent stands within the color.
  const indent = /^ */.exec(stripVTControlCharacters(line))?.[0] ?? ''
  const parts = wrap(line.slice(own.length), width - indent.length - 2)
  return parts.map((part, place) => (place === 0 ? own : `${indent}  `) + part)
}

/** What a sentence about a place in a file begins with, or what mends it: all else may be source, or to be pasted. */
const ABOUT_A_PLACE = /^(\S+:\d+:\d+: | += |\d+ (problem|warning)s?\b)/

/** The sentences of complaints about files, each fitted into `width`; the lines that they quote stay as they are. */
export function fittedSentences(text: string, width: number): string {
  const lines = text.split('\n')
  return lines
    .flatMap((line) => (ABOUT_A_PLACE.test(stripVTControlCharacters(line)) ? fitted(line, width) : [line]))
    .join('\n')
}

/** The longest beginning that fits; at least one character, so that breaking a word always gets on. */
function headOf(text: string, width: number): string {
  let head = ''
  let used = 0
  for (const grapheme of graphemesOf(text)) {
    used += displayWidth(grapheme)
    if (used > width && head !== '') break
    head += grapheme
  }
  return head
}

/** `1 step`, `2 steps`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`
}

/** `a`, `a and b`, `a, b and c`; beyond `most` the rest is counted. */
export function listed(items: readonly string[], most = 5): string {
  if (items.length > most) return `${items.slice(0, most).join(', ')} and ${items.length - most} more`
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`
}

/** For items that are sentences or have commas of their own: `a; b; and 2 more`. */
export function firstFew(items: readonly string[], most: number, separator = '; '): string {
  const shown = items.slice(0, most).join(separator)
  return items.length > most ? `${shown}${separator}and ${items.length - most} more` : shown
}

/** The last `most` lines that are not empty, as one: `this / that`. */
export function lastLines(text: string, most: number): string {
  const lines = text.split('\n').map((line) => line.trim())
  return lines
    .filter((line) => line !== '')
    .slice(-most)
    .join(' / ')
}

export function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

/** Filled with blanks to so many columns. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(width - displayWidth(text), 0))
}
