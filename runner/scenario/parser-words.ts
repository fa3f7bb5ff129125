import { type Document, isScalar, visit, type YAMLError } from 'yaml'
import type { Advice, Problems, SourceFile, Span } from './source.ts'

interface Words extends Advice {
  message: string
  span?: Span
}

/** `{{ x }}`, as template languages write a name. */
const BRACES = /\{\{\s*\$?([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g

export function bracesMessage(written: string, name: string): Words {
  return {
    message: `\`${written}\` is not how a name is used here`,
    suggestion: `did you mean \`$${name}\`?`,
    hint: 'A name is written `$name`, without braces: YAML has a meaning of its own for those.',
  }
}

/**
 * Reports the YAML parser's errors and warnings in plain words, the first of each line (what follows on a line is
 * mostly its consequence). True if the text could not be read as a whole.
 */
export function reportParserProblems(document: Document.Parsed, source: SourceFile, problems: Problems): boolean {
  const lines = new Set<number>()
  for (const match of document.errors.length > 0 ? source.text.matchAll(BRACES) : []) {
    const span = { start: match.index, end: match.index + match[0].length }
    if (problems.areMany) break
    if (lines.has(source.lineAt(span.start))) continue
    if (source.position(span.start).sourceLine.trimStart().startsWith('#')) continue
    const { message, ...advice } = bracesMessage(match[0], match[1] ?? '')
    problems.add(source, span, message, advice)
    lines.add(source.lineAt(span.start))
  }
  for (const error of [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])) {
    if (problems.areMany) break
    if (lines.has(source.lineAt(error.pos[0]))) continue
    const words = describe(error, document, source)
    const span = words.span ?? { start: error.pos[0], end: Math.max(error.pos[1], error.pos[0] + 1) }
    const places = [source.lineAt(span.start), source.lineAt(error.pos[0])]
    if (places.some((line) => lines.has(line))) continue
    for (const line of places) lines.add(line)
    problems.add(source, span, words.message, words)
  }
  return document.errors.length > 0
}

function describe(error: YAMLError, document: Document.Parsed, source: SourceFile): Words {
  const [start, end] = error.pos
  const token = source.text.slice(start, end)
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return {
        message: 'this line is indented with a tab',
        hint: 'YAML is indented with spaces: use two for each level.',
      }
    case 'BAD_SCALAR_START':
      return badStartWords(token, start, source)
    case 'TAG_RESOLVE_FAILED':
      return tagWords(token)
    case 'BAD_DQ_ESCAPE':
      return {
        message: 'this backslash means nothing here',
        hint: 'Use single quotes, where a backslash is just a backslash.',
      }
    case 'BLOCK_AS_IMPLICIT_KEY':
      return nestedWords(start, source)
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BAD_INDENT':
      return slashWords(start, source) ?? indentWords(error.message)
    case 'BLOCK_IN_FLOW':
      return {
        message: 'this does not fit inside the brackets',
        hint: 'Look for a missing comma before it, or a bracket that is not closed.',
      }
    case 'MISSING_CHAR':
      return missingWords(error, document, source)
    case 'BAD_ALIAS':
      return {
        message: 'this name after `*` or `&` is not one that YAML allows',
        hint: 'If it is a text, put it in quotes.',
      }
    default:
      return unexpectedWords(error, token)
  }
}

function badStartWords(token: string, start: number, source: SourceFile): Words {
  if (token === '%' && source.text[start - 1] === '{') {
    return {
      message: '`{% … %}` is not part of the language',
      hint: 'Steps are played several times by `repeat:`, and a name is used as `$name`.',
    }
  }
  const name =
    token !== '%' && token !== '@' ? undefined : /^[A-Za-z_][A-Za-z0-9_]*/.exec(source.text.slice(start + 1))?.[0]
  const meant = name === undefined ? '' : ` A name from \`let\` or \`params\` is used as \`$${name}\`.`
  return { message: `a value cannot begin with \`${token}\``, hint: `Put the value in quotes: '${token}…'${meant}` }
}

export function tagWords(token: string): Words {
  return {
    message: `\`${token}\` (a YAML tag) is not part of the language`,
    hint: 'If it belongs to a text, put the text in quotes.',
  }
}

/** A comment of other languages. */
function slashWords(start: number, source: SourceFile): Words | undefined {
  const { sourceLine, lineStart } = source.position(start)
  if (!sourceLine.trimStart().startsWith('//')) return undefined
  const at = lineStart + sourceLine.indexOf('//')
  return { message: 'a comment begins with `#`, not with `//`', span: { start: at, end: at + 2 } }
}

function indentWords(message: string): Words {
  const open = /Flow (map|sequence)/.exec(message)?.[1]
  if (!open)
    return {
      message: 'this line is not indented like its neighbours',
      hint: 'Lines that belong together begin in the same column.',
    }
  const [what, bracket] = open === 'map' ? ['{', '}'] : ['[', ']']
  return {
    message: `a \`${what}\` that was opened before this is not closed`,
    hint: `Put \`${bracket}\` where it ends.`,
  }
}

/** YAML sees `a: b: c`, or a line that is indented deeper than the value above it allows. */
function nestedWords(start: number, source: SourceFile): Words {
  const lineEnd = source.text.slice(start).search(/[\r\n]|$/) + start
  if (/:\s/.test(source.text.slice(start, lineEnd))) {
    return {
      message: 'there are two `key:` on this line',
      span: { start, end: lineEnd },
      hint: 'Put the second on a line of its own, or put the value in quotes if the colon belongs to it.',
    }
  }
  const next = /[^\s]/.exec(source.text.slice(lineEnd))
  const at = next ? lineEnd + next.index : start
  return {
    message: 'this line is indented deeper than what it belongs to',
    span: { start: at, end: at + 1 },
    hint: 'Keys of one step begin in the same column.',
  }
}

function missingWords(error: YAMLError, document: Document.Parsed, source: SourceFile): Words {
  const [start, end] = error.pos
  if (/Missing closing/.test(error.message)) {
    const open = openQuote(document, start)
    return {
      message: 'this quotation mark is never closed',
      ...(open === undefined ? {} : { span: { start: open, end: open + 1 } }),
      hint: 'Put the same mark at the end of the text.',
    }
  }
  if (/Implicit map keys/.test(error.message)) {
    const word = source.text.slice(start, end).trim()
    return {
      message: `\`${word}\` stands alone: a \`:\` and a value should follow`,
      hint: 'Or it belongs to the line above: indent it.',
    }
  }
  return unexpectedWords(error, source.text.slice(start, end))
}

function openQuote(document: Document.Parsed, errorAt: number): number | undefined {
  let open: number | undefined
  visit(document, {
    Scalar(_, node) {
      const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE')
      if (quoted && node.range && node.range[0] <= errorAt && node.range[1] >= errorAt - 1) open = node.range[0]
    },
  })
  return open
}

function unexpectedWords(error: YAMLError, token: string): Words {
  const first = token.trim().split(/[\r\n]/)[0] ?? ''
  if (error.code === 'UNEXPECTED_TOKEN' && first !== '') {
    return {
      message: `\`${first}\` does not belong here`,
      hint: 'Look for a missing quote, comma or line break before it, or wrong indentation.',
    }
  }
  if (/call stack/.test(error.message)) return { message: 'this file is nested too deeply to be read' }
  return { message: `this is not valid YAML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}` }
}
