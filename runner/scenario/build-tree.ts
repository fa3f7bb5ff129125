import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type ParsedNode,
  type Scalar,
} from 'yaml'
import { bracesMessage, tagWords } from './parser-words.ts'
import type { Problems, SourceFile, Span } from './source.ts'
import type { Entry, MapTree, ScalarTree, Tree } from './tree.ts'

/** An alias repeats what its anchor holds; a file that unfolds to more values than this is an attack or a mistake. */
const MOST_VALUES = 20_000
const DEEPEST = 40

interface Building {
  document: Document.Parsed
  source: SourceFile
  problems: Problems
  values: number
  /** Collections being built, to find an alias inside its own anchor. */
  open: Set<Node>
  /** What each `&name` marked last. */
  anchors: Map<string, Node>
  /** Outermost alias being unfolded. */
  unfolding: Span | undefined
}

/** A parsed document as a tree. Reports what YAML allows and the language does not. */
export function buildTree(document: Document.Parsed, source: SourceFile, problems: Problems): Tree | undefined {
  const building: Building = {
    document,
    source,
    problems,
    values: 0,
    open: new Set(),
    anchors: new Map(),
    unfolding: undefined,
  }
  const tree = document.contents === null ? undefined : build(document.contents, building)
  return building.values > MOST_VALUES ? undefined : tree
}

function build(node: Node, b: Building): Tree {
  const span = spanOf(node)
  b.values += 1
  if (b.values > MOST_VALUES || b.open.size > DEEPEST) {
    const what = b.values > MOST_VALUES ? `unfolds to more than ${MOST_VALUES} values` : 'is nested too deeply'
    if (b.values <= MOST_VALUES + 1) b.problems.add(b.source, b.unfolding ?? span, `this file ${what}`)
    return broken(span)
  }
  if (isAlias(node)) return buildAlias(node, b, span)
  noteAnchor(node, b)
  if (node.tag !== undefined && reportTag(node, b)) return broken(span)
  if (isScalar(node)) return buildScalar(node, b, span)
  b.open.add(node)
  try {
    if (isMap(node)) return buildMap(node.items as Pair<ParsedNode, ParsedNode | null>[], b, span)
    if (isSeq(node)) return { kind: 'list', span, items: node.items.map((item) => build(item as Node, b)) }
  } finally {
    b.open.delete(node)
  }
  return broken(span)
}

/** What an alias repeats stands before it; the parser's own search would go through the whole document for each. */
function noteAnchor(node: Node, b: Building): void {
  if (b.unfolding === undefined && (isScalar(node) || isCollection(node)) && node.anchor !== undefined)
    b.anchors.set(node.anchor, node)
}

function broken(span: Span): ScalarTree {
  return { kind: 'scalar', value: null, source: '', plain: false, span, broken: true }
}

function spanOf(node: Node): Span {
  return { start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 0 }
}

/** True if the value carries a tag that someone wrote. */
function reportTag(node: Node, b: Building): boolean {
  const lineStart = Math.max(0, b.source.text.lastIndexOf('\n', spanOf(node).start) + 1)
  const at = b.source.text.lastIndexOf('!', spanOf(node).start)
  if (at < lineStart) return false
  const token = /^!\S*/.exec(b.source.text.slice(at))?.[0] ?? '!'
  const start = token === '!' || b.source.text[at - 1] !== '!' ? at : at - 1
  const { message, hint } = tagWords(b.source.text.slice(start, at) + token)
  b.problems.add(b.source, { start, end: at + token.length }, message, { hint })
  return true
}

function buildAlias(node: Alias, b: Building, span: Span): Tree {
  const name = b.source.slice(span)
  const anchored = b.anchors.get(node.source)
  if (!anchored) {
    b.problems.add(b.source, span, `nothing before this is named \`&${name.slice(1)}\``, {
      hint: 'A `*` at the start of a value repeats what an `&name` marked. If it is a text, put it in quotes.',
    })
    return broken(span)
  }
  if (b.open.has(anchored)) {
    b.problems.add(b.source, span, `\`${name}\` stands inside what it repeats: that would never end`)
    return broken(span)
  }
  const before = b.unfolding
  b.unfolding ??= span
  const tree = build(anchored, b)
  b.unfolding = before
  return tree
}

function buildMap(pairs: Pair<ParsedNode, ParsedNode | null>[], b: Building, span: Span): Tree {
  const braces =
    pairs.length === 1 && isMap(pairs[0]?.key) ? /^\{\{?\s*\$?([A-Za-z_]\w*)?/.exec(b.source.slice(span)) : null
  if (braces) {
    const { message, ...advice } = bracesMessage(b.source.slice(span), braces[1] ?? 'name')
    b.problems.add(b.source, span, message, advice)
    return broken(span)
  }
  const map: MapTree = { kind: 'map', span, entries: [] }
  const byKey = new Map<string, Entry>()
  for (const pair of pairs) {
    const entry = buildEntry(pair, b, span)
    if (!entry) continue
    if (entry.key === '<<') {
      const hint = 'Write its keys out. An alias, `*name`, repeats a whole value.'
      b.problems.add(b.source, entry.keySpan, "`<<` (YAML's merge) is not part of the language", { hint })
      return broken(span)
    }
    const earlier = byKey.get(entry.key)
    if (earlier) {
      const { line } = b.source.position(earlier.keySpan.start)
      b.problems.add(b.source, entry.keySpan, `\`${entry.key}\` stands here twice (first on line ${line})`, {
        hint: 'YAML would keep only one of them. Remove or rename one.',
      })
    } else {
      byKey.set(entry.key, entry)
      map.entries.push(entry)
    }
  }
  return map
}

function buildEntry(
  { key, value }: Pair<ParsedNode, ParsedNode | null>,
  b: Building,
  mapSpan: Span,
): Entry | undefined {
  const keySpan = key ? spanOf(key) : mapSpan
  if (key) noteAnchor(key, b)
  if (!isScalar(key) || typeof key.value !== 'string') {
    reportKey(key, keySpan, b)
    return undefined
  }
  if (value !== null && !isMissing(value, b)) return { key: key.value, keySpan, value: build(value, b) }
  const [, word, rest] = /^([a-z_]+)\s*[=\s]\s*(\S.*)$/.exec(key.value) ?? []
  b.problems.add(b.source, keySpan, `nothing stands after \`${key.value}\``, {
    suggestion: word && `did you mean \`${word}: ${rest}\`?`,
    hint: 'Write a value behind the colon, or remove the line.',
  })
  return { key: key.value, keySpan, value: broken(keySpan) }
}

function isMissing(value: Node, b: Building): boolean {
  return isScalar(value) && value.value === null && b.source.slice(spanOf(value)).trim() === ''
}

function reportKey(key: ParsedNode | null, span: Span, b: Building): void {
  if (isScalar(key) && key.value !== null) {
    const text = b.source.slice(span)
    const before = /\d{1,3}(,\d{3})*,$/.exec(b.source.text.slice(Math.max(0, span.start - 20), span.start))?.[0]
    if (before !== undefined && /^\d{3}$/.test(text)) {
      const whole = { start: span.start - before.length, end: span.end }
      const suggestion = `did you mean ${`${before}${text}`.replaceAll(',', '')}?`
      b.problems.add(b.source, whole, `\`${before}${text}\` is no number: a comma ends a value`, { suggestion })
      return
    }
    b.problems.add(
      b.source,
      span,
      `a key should be a text, and YAML reads \`${text}\` as ${describeValue(key.value)}`,
      {
        suggestion: `did you mean '${text}', in quotes?`,
      },
    )
  } else b.problems.add(b.source, span, isScalar(key) ? 'a word is missing before the `:`' : 'a key should be a word')
}

function buildScalar(node: Scalar, b: Building, span: Span): Tree {
  const plain = node.type === 'PLAIN'
  const source = plain ? b.source.slice(span) : String(node.value)
  const tree: ScalarTree = { kind: 'scalar', value: scalarValue(node.value), source, plain, span }
  if (!plain) return tree
  const problem = surprise(node.value, source)
  if (!problem) return tree
  b.problems.add(b.source, span, problem.message, problem)
  return { ...tree, broken: true }
}

function scalarValue(value: unknown): ScalarTree['value'] {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** What YAML made of an unquoted value that its writer may not have meant. */
function surprise(value: unknown, source: string): { message: string; suggestion?: string; hint?: string } | undefined {
  if (typeof value === 'string') {
    if (!/[\r\n]/.test(source)) return undefined
    return {
      message: 'YAML reads this line and the next as one text',
      hint: 'Look at the indentation of the next line. If one long text is meant, put it in quotes or begin it with `>`.',
    }
  }
  if (value === null && source === '')
    return { message: 'nothing stands here', hint: 'Write a value, or remove the line.' }
  if (String(value) === source) return undefined
  const quoted = `'${source}'`
  const suggestion =
    value === null ? `did you mean ${quoted}, in quotes?` : `did you mean ${value}, or ${quoted} in quotes?`
  return { message: `YAML reads \`${source}\` as ${value === null ? 'no value' : describeValue(value)}`, suggestion }
}

/** A value for people: `the number 3`, `the text \`many\``. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return '`null` (no value)'
  if (typeof value === 'number') return `the number ${value}`
  if (typeof value === 'boolean') return `the yes-or-no value ${value}`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a group of `key: value`'
  const text = String(value)
  const line = text.split(/[\r\n]/)[0] ?? ''
  return text === ''
    ? 'an empty text'
    : `the text \`${line.length > 60 || line !== text ? `${line.slice(0, 60)}…` : text}\``
}
