import { displayWidth, fitted, padded, wrap } from '../base/text.ts'
import type { Part, Topic } from '../scenario/reference/topic.ts'

/** How help is shown. */
export interface HelpStyle {
  width: number
  /** Marks headings. */
  bold(text: string): string
}

/** Columns of keys at most; longer ones have their meaning below them. */
const WIDEST_KEY = 24

/** A topic as text for a terminal: no line is wider than the terminal, but for examples. */
export function topicText({ name, kind, summary, parts }: Topic, style: HelpStyle): string {
  const title = kind === 'topic' ? name : `${name} (${kind})`
  return [
    style.bold(title),
    ...indented(summary, style.width),
    ...parts.flatMap((part) => partLines(part, style)),
  ].join('\n')
}

function partLines(part: Part, style: HelpStyle): string[] {
  const head = part.head === undefined ? [''] : ['', style.bold(part.head)]
  switch (part.kind) {
    case 'text':
      return [...head, ...indented(part.text, style.width)]
    case 'words':
      return [...head, ...rowLines(part.rows, style.width)]
    case 'keys':
      return [
        ...head,
        ...rowLines(
          part.rows.map(({ key, required, accepts, about }) => [
            key,
            [accepts, required ? 'required' : '', about].filter((text) => text !== '').join('; '),
          ]),
          style.width,
        ),
      ]
    case 'yaml':
      return [...head, ...part.lines.map((line) => `  ${line}`)]
  }
}

function indented(text: string, width: number): string[] {
  return wrap(text, width - 2).map((line) => `  ${line}`)
}

/** Lines of prose, broken anew for the width: a sentence goes on in the next line. Tables and deeper indents stay. */
export function proseLines(lines: readonly string[], width: number): string[] {
  const isProse = (line: string) => /^ {2}\S/.test(line) && !/\S {2}/.test(line)
  const paragraphs: string[] = []
  for (const line of lines) {
    const before = paragraphs.at(-1)
    const goesOn = before !== undefined && isProse(before) && isProse(line) && !before.endsWith('.')
    if (goesOn) paragraphs[paragraphs.length - 1] = `${before} ${line.trim()}`
    else paragraphs.push(line)
  }
  return paragraphs.flatMap((line) => (isProse(line) ? indented(line.trim(), width) : fitted(line, width)))
}

/** Words to the left, what they mean to the right. */
export function rowLines(rows: readonly (readonly [string, string])[], width: number): string[] {
  const widest = Math.min(Math.max(...rows.map(([word]) => displayWidth(word))), WIDEST_KEY, Math.floor(width / 3))
  return rows.flatMap(([word, meaning]) => {
    const lines = wrap(meaning, width - widest - 4)
    const beside = displayWidth(word) <= widest
    const rest = (beside ? lines.slice(1) : lines).map((line) => `${' '.repeat(widest + 4)}${line}`)
    return [beside ? `  ${padded(word, widest)}  ${lines[0]}` : `  ${word}`, ...rest]
  })
}
