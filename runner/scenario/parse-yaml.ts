import { type Document, parseAllDocuments } from 'yaml'
import { visible } from '../base/text.ts'
import { buildTree } from './build-tree.ts'
import { tooMuch } from './limits.ts'
import { reportParserProblems } from './parser-words.ts'
import type { Problems, SourceFile } from './source.ts'
import type { Tree } from './tree.ts'

/** A YAML text as a tree; undefined when it has none worth reading on. All that is wrong with it goes to `problems`. */
export function parseYaml(source: SourceFile, problems: Problems): Tree | undefined {
  const whole = { start: 0, end: 0 }
  const limit = tooMuch(source.text)
  if (limit !== undefined) {
    problems.add(source, limit.span, limit.message)
    return undefined
  }
  if (hasForeignCharacters(source, problems)) return undefined
  const documents = parseDocuments(source, problems)
  if (!documents) return undefined
  const [first, second] = documents
  if (!first || (first.contents === null && documents.length === 1 && first.errors.length === 0)) {
    problems.add(source, whole, 'this file is empty', { hint: 'A scenario has at least a `title:` and `steps:`.' })
    return undefined
  }
  if (second) {
    const start = first.range ? first.range[2] : 0
    const separator = source.text.indexOf('---', start)
    problems.add(
      source,
      { start: separator, end: separator + 3 },
      'a second document begins here: a file holds one scenario',
      {
        hint: 'Remove the line `---`, or move what follows to a file of its own.',
      },
    )
  }
  const fatal = reportParserProblems(first, source, problems)
  return fatal ? undefined : buildTree(first, source, problems)
}

/** What no text holds (YAML 1.2.2, production 1), and what is left of bytes that are no UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FOREIGN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/

/** Reports the first character that a scenario's text cannot hold: a terminal may obey it, and a reader not see it. */
function hasForeignCharacters(source: SourceFile, problems: Problems): boolean {
  const start = source.text.search(FOREIGN)
  if (start < 0) return false
  const [character = ''] = source.text.slice(start)
  const span = { start, end: start + 1 }
  if (character === '\ufffd') {
    problems.add(source, span, 'these bytes are no UTF-8', { hint: 'Save the file as UTF-8.' })
  } else {
    const shown = visible(character)
    problems.add(source, span, `the control character ${shown} cannot stand in a scenario`, {
      hint: 'Inside double quotes it can be written as an escape: "\\e", "\\0", "\\x07".',
    })
  }
  return true
}

function parseDocuments(source: SourceFile, problems: Problems): Document.Parsed[] | undefined {
  try {
    const documents = parseAllDocuments(source.text, {
      prettyErrors: false,
      uniqueKeys: false,
      strict: true,
      logLevel: 'silent',
    })
    return Array.isArray(documents) ? documents : []
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    problems.add(source, { start: 0, end: 0 }, 'this file is nested too deeply to be read')
    return undefined
  }
}
