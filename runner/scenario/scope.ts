import { didYouMean } from '../base/nearest.ts'
import { firstFew } from '../base/text.ts'
import { fillInKnown, NAME_PATTERN, type Names, NODE_MEMBERS, namesUsedIn } from '../steps/names.ts'
import type { Problems, SourceFile, Span } from './source.ts'
import { entriesIn, type ScalarTree, scalarsIn, type Tree } from './tree.ts'

/** A key that is filled in stands for a node: `weights: { $fresh: 2 }`. */
const WHOLE_KEY = /^\$([A-Za-z_][A-Za-z0-9_]*)$/

/** Names that a hint tells. */
const MOST_NAMES = 30

export const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * The names that may be used at a place of a scenario: params, whose values are known, and names bound when it is
 * played.
 */
export class Scope {
  /** The params with their values. */
  readonly params: Names
  readonly #bound: Set<string>
  /** Those of them that stand for nodes. */
  readonly #nodes: Set<string>

  constructor(params: Names, bound: Iterable<string> = [], nodes: Iterable<string> = []) {
    this.params = params
    this.#bound = new Set(bound)
    this.#nodes = new Set(nodes)
  }

  /** A scope that learns names of its own. */
  copy(): Scope {
    return new Scope(this.params, this.#bound, this.#nodes)
  }

  bind(name: string): void {
    this.#bound.add(name)
    this.#nodes.delete(name)
  }

  bindNode(name: string): void {
    this.#bound.add(name)
    this.#nodes.add(name)
  }

  /** Learns what the other has learned, but for names that are its own. */
  bindAllOf(other: Scope, own: readonly string[] = []): void {
    for (const name of other.#bound) if (!own.includes(name)) this.#bound.add(name)
    for (const name of other.#nodes) if (!own.includes(name)) this.#nodes.add(name)
  }

  isNode(name: string): boolean {
    return this.#nodes.has(name)
  }

  has(name: string): boolean {
    return this.params.has(name) || this.#bound.has(name)
  }

  all(): string[] {
    return [...this.params.all(), ...this.#bound]
  }

  /** The value with params filled in; names that are known only when it is played stay as they are. */
  fill(value: unknown): unknown {
    return fillInKnown(value, this.params)
  }

  /** Names in a value whose meaning is not known before it is played. */
  openNames(value: unknown): string[] {
    return namesUsedIn(value).filter((name) => !this.params.has(name))
  }
}

/** Reports `$names` that nothing defines before this place, and `${name}`. */
export function checkNames(tree: Tree, scope: Scope, source: SourceFile, problems: Problems): void {
  for (const { scalar } of scalarsIn(tree)) {
    if (typeof scalar.value !== 'string') continue
    checkBraces(scalar, source, problems)
    for (const name of new Set(namesUsedIn(scalar.value)))
      if (!scope.has(name)) reportUndefined(name, scalar, scope, source, problems)
    checkMembers(scalar, scope, source, problems)
  }
  for (const { key, keySpan } of entriesIn(tree)) {
    const [, name] = WHOLE_KEY.exec(key) ?? []
    if (name !== undefined && !scope.has(name)) reportUndefined(name, { span: keySpan }, scope, source, problems)
  }
}

/** What is asked of a node by its name, as `$victim.port`. */
function checkMembers(scalar: ScalarTree, scope: Scope, source: SourceFile, problems: Problems): void {
  for (const match of source.slice(scalar.span).matchAll(/\$(\$|[A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?/g)) {
    const [written, name = '', member] = match
    if (member === undefined || !scope.isNode(name) || NODE_MEMBERS.some((known) => known === member)) continue
    const start = scalar.span.start + match.index
    const span = { start, end: start + written.length }
    problems.add(source, span, `\`$${name}\` stands for a node, and a node has no \`${member}\``, {
      suggestion: didYouMean(member, NODE_MEMBERS, (word) => `$${name}.${word}`),
      hint: `It has ${NODE_MEMBERS.join(', ')}.`,
    })
  }
}

function reportUndefined(
  name: string,
  place: { span: Span },
  scope: Scope,
  source: SourceFile,
  problems: Problems,
): void {
  if (problems.areMany) return
  const known = [...new Set(scope.all())]
  const hint =
    known.length === 0
      ? 'Nothing is defined before this step. A name comes from `params:`, `let:` or `save:`; for a dollar sign write `$$`.'
      : `Defined before this step: ${firstFew(
          known.map((each) => `$${each}`),
          MOST_NAMES,
          ', ',
        )}. For a dollar sign write \`$$\`.`
  const span = placeOf(name, place, source)
  problems.add(source, span, `\`$${name}\` is not defined`, {
    suggestion: didYouMean(name, known, (word) => `$${word}`),
    hint,
  })
}

/** Where `$name` stands in the text of a scalar. */
function placeOf(name: string, { span }: { span: Span }, source: SourceFile) {
  for (const match of source.slice(span).matchAll(NAME_PATTERN)) {
    if (match[1] === name) return { start: span.start + match.index, end: span.start + match.index + match[0].length }
  }
  return span
}

function checkBraces(scalar: ScalarTree, source: SourceFile, problems: Problems): void {
  const text = String(scalar.value).replaceAll('$$', '')
  const match = /\$\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}/.exec(text)
  if (!match) return
  const at = source.slice(scalar.span).indexOf(match[0])
  const start = scalar.span.start + Math.max(0, at)
  problems.add(source, { start, end: start + match[0].length }, `\`${match[0]}\` is not how a name is used here`, {
    suggestion: `did you mean \`$${match[1]}\`?`,
    hint: 'A name is written `$name`, without braces. For a dollar sign write `$$`.',
  })
}
