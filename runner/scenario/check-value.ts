import type { z } from 'zod'
import { suggestionFor, wordMeant } from '../base/meant.ts'
import { parseTarget } from '../cluster/targets.ts'
import { describeValue } from './build-tree.ts'
import { checkNames, NAME, type Scope } from './scope.ts'
import { describeShapes, keysOf, shapeOf, shapesAt } from './shape.ts'
import type { Advice, Problems, SourceFile, Span } from './source.ts'
import { type Entry, entryOf, find, isBroken, type Path, type Tree, toPlain } from './tree.ts'
import { valuesMeant, written } from './value-meant.ts'

export interface CheckContext {
  source: SourceFile
  problems: Problems
  scope: Scope
}

/** A value that was found wrong. */
interface Wrong {
  schema: z.ZodType
  entry: Entry
  /** The value with its names filled in, as the schema was given it. */
  filled: unknown
  /** No `$name` in it is ever filled in: what is wrong now stays wrong. */
  isLiteral?: boolean | undefined
}

interface Checked extends CheckContext, Omit<Wrong, 'entry'> {
  tree: Tree
  /** The key that the value stands under, and its place. */
  key: string
  keySpan: Span
}

type Issue = z.core.$ZodIssue

/**
 * Checks a value against a schema: names first, then with params filled in. Returns what the schema made of it, or
 * undefined if it was wrong or depends on names that are known only when it is played.
 */
export function checkValue<T>(
  schema: z.ZodType<T>,
  entry: Entry,
  context: CheckContext,
  options: { namesChecked?: boolean; isLiteral?: boolean } = {},
): T | undefined {
  if (entry.value.broken) return undefined
  if (!options.namesChecked && !options.isLiteral)
    checkNames(entry.value, context.scope, context.source, context.problems)
  const filled = context.scope.fill(toPlain(entry.value))
  const result = schema.safeParse(filled)
  if (result.success) return isBroken(entry.value) ? undefined : result.data
  reportIssues(result.error.issues, { schema, entry, filled, isLiteral: options.isLiteral }, context)
  return undefined
}

/** Reports what a schema found wrong with a value, each issue where it stands. */
export function reportIssues(found: readonly Issue[], { entry, ...wrong }: Wrong, context: CheckContext): void {
  const { value, key, keySpan } = entry
  if (value.broken) return
  const checked: Checked = { ...context, ...wrong, tree: value, key, keySpan }
  const issues = found.flatMap((each) => expand(each, []))
  for (const issue of issues) if (!followsFromUnknownKey(issue, issues, checked)) report(issue, checked)
}

/** The issues of the alternative that was most likely meant; an issue of the whole if none is. */
function expand(issue: Issue, base: Path): Issue[] {
  const path = [...base, ...issue.path]
  const placed = { ...issue, path } as Issue
  if (issue.code !== 'invalid_union') return [placed]
  const fitting = branchesOf(issue).filter((branch) => !branch.some(isOfWrongType))
  if (fitting.length === 0) return [placed]
  const best = fitting.reduce((a, b) => (badness(b) < badness(a) ? b : a))
  return best.flatMap((inner) => expand(inner, path))
}

/** The alternatives of a union, those of unions inside it among them. */
function branchesOf(issue: Issue & { code: 'invalid_union' }): Issue[][] {
  return issue.errors.flatMap((branch) => {
    const [only, ...others] = branch
    const isUnion = only?.code === 'invalid_union' && only.path.length === 0 && others.length === 0
    return isUnion ? branchesOf(only) : [branch]
  })
}

/** Unknown keys say more against an alternative than a wrong value under a right key. */
function badness(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 10 * issue.keys.length : 1), 0)
}

function isOfWrongType(issue: Issue): boolean {
  return issue.path.length === 0 && ['invalid_type', 'invalid_value', 'invalid_union'].includes(issue.code)
}

/** A misspelt key explains a key that is missing beside it, and what is said of the whole. */
function followsFromUnknownKey(issue: Issue, issues: readonly Issue[], checked: Checked): boolean {
  return issues.some((other) => {
    if (other.code !== 'unrecognized_keys') return false
    if (issue.code === 'custom') return samePath(issue.path, other.path)
    const missing = String(issue.path.at(-1))
    const isMissing = samePath(issue.path.slice(0, -1), other.path) && !find(checked.tree, issue.path)
    if (!isMissing) return false
    const shapes = shapesAt(shapeOf(checked.schema), other.path)
    // Of several alternatives another one may be meant, which does not lack it.
    const meant = shapes.length > 1 ? keysOf(shapes) : [missing]
    return other.keys.some((key) => wordMeant(key, meant) !== undefined)
  })
}

function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((step, i) => step === b[i])
}

function report(issue: Issue, checked: Checked): void {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) reportUnknownKey(key, issue.path, checked)
    return
  }
  const found = find(checked.tree, issue.path)
  if (!found) {
    reportMissing(issue.path, checked)
    return
  }
  const { value: tree } = found
  if (tree.broken) return
  if (!checked.isLiteral && tree.kind === 'scalar' && checked.scope.openNames(tree.value).length > 0) return
  const span = tree.kind === 'scalar' ? tree.span : (found.keySpan ?? checked.keySpan)
  const words = issue.code === 'invalid_key' ? describeKey(issue) : describe(issue, tree, checked)
  const place = issue.code === 'invalid_key' ? (found.keySpan ?? span) : span
  checked.problems.add(checked.source, place, words.message, words)
}

function reportUnknownKey(key: string, path: Path, { tree, source, problems, schema, ...checked }: Checked): void {
  const map = find(tree, path)?.value
  const entry = entryOf(map, key)
  // What lacks its colon has been reported.
  if (!map || !entry || (entry.value.broken && /[\s=]/.test(key))) return
  const shape = shapeOf(schema)
  const allowed = keysOf(shapesAt(shape, path))
  // A name is not how many of them there are.
  const isOther = (each: string) =>
    each === `${key}s` &&
    typeof toPlain(entry.value) === 'string' &&
    shapesAt(shape, [...path, each]).every(({ type }) => type === 'integer')
  const free = allowed.filter((each) => !entryOf(map, each) && !isOther(each))
  const where = path.findLast((step) => typeof step === 'string') ?? checked.key
  problems.add(source, entry.keySpan, `\`${String(where)}\` has no \`${key}\``, {
    suggestion: suggestionFor(key, free),
    hint: unknownKeyHint(key, path, checked.key, { allowed, free }),
  })
}

const BESIDE_VERB = ['within', 'for', 'phase']

function unknownKeyHint(
  key: string,
  path: Path,
  verb: string,
  { allowed, free }: { allowed: readonly string[]; free: readonly string[] },
): string | undefined {
  if (BESIDE_VERB.includes(key) && path.length === 0) {
    return `\`${key}\` stands beside \`${verb}\` and not inside it: on a line of its own, in the column of \`${verb}\`.`
  }
  return wordMeant(key, free) === undefined && allowed.length > 0 ? `It has: ${allowed.join(', ')}.` : undefined
}

function reportMissing(path: Path, checked: Checked): void {
  const parent = find(checked.tree, path.slice(0, -1))
  if (!parent || parent.value.broken) return
  const span =
    parent.keySpan ??
    (path.length === 1 ? checked.keySpan : { start: parent.value.span.start, end: parent.value.span.start + 1 })
  const name = path.slice(0, -1).findLast((step) => typeof step === 'string') ?? checked.key
  const others = lackedInstead(path, parent.value, checked)
  if (others.length > 0) {
    const lacked = [String(path.at(-1)), ...others].map((key) => `\`${key}\``)
    checked.problems.add(checked.source, span, `\`${String(name)}\` lacks ${lacked.join(' or ')}`)
    return
  }
  const shapes = shapesAt(shapeOf(checked.schema), path)
  const hint = shapes.find((shape) => shape.description !== undefined)?.description
  const message = `\`${String(name)}\` lacks \`${String(path.at(-1))}\`, ${describeShapes(shapes)}`
  checked.problems.add(checked.source, span, message, { hint: hint?.includes(': ') ? undefined : hint })
}

/** Keys that would do as well: what is written is as near to another alternative, which lacks one of its own. */
function lackedInstead(path: Path, parent: Tree, { schema }: Checked): string[] {
  const written = parent.kind === 'map' ? parent.entries.map(({ key }) => key) : []
  const lacked = shapesAt(shapeOf(schema), path.slice(0, -1)).flatMap(({ properties, required = [] }) => {
    if (properties === undefined || written.some((key) => !Object.hasOwn(properties, key))) return []
    const missing = required.filter((key) => !written.includes(key))
    return missing.length === 1 ? missing : []
  })
  return [...new Set(lacked)].filter((key) => key !== path.at(-1))
}

function describeKey(issue: Issue & { code: 'invalid_key' }): { message: string } & Advice {
  const [inner] = issue.issues
  const reason = inner && inner.message !== '' ? inner.message : 'this name is not allowed'
  return { message: `\`${String(issue.path.at(-1))}\` cannot be a name: ${reason}` }
}

function describe(issue: Issue, tree: Tree, checked: Checked): { message: string } & Advice {
  const value = valueAt(checked.filled, issue.path)
  const fromParam = tree.kind === 'scalar' && tree.value !== value ? ` (from \`${String(tree.value)}\`)` : ''
  if (issue.code === 'custom' && issue.message !== 'Invalid input') {
    const suggestion = targetSuggestion(value, issue.message) ?? valueSuggestion(issue.path, value, checked)
    return { message: `${issue.message}${fromParam}`, suggestion }
  }
  const form = issue.code === 'invalid_format' ? describeForm(issue) : undefined
  if (form !== undefined) return { message: `\`${String(value)}\` is not possible here${fromParam}: ${form}` }
  const shapes = shapesAt(shapeOf(checked.schema), issue.path)
  const message = `${nameOf(issue.path, checked.key)} should be ${describeShapes(shapes)}, not ${describeValue(value)}${fromParam}`
  const quoted = quoteSuggestion(issue.path, tree, checked)
  if (quoted) return { message, suggestion: quoted }
  const choices = shapes.flatMap((shape) => shape.enum ?? shape.const ?? []).map(String)
  const nearest = typeof value === 'string' ? suggestionFor(value, choices) : undefined
  const other = numberSuggestion(issue.path, value, checked) ?? valueSuggestion(issue.path, value, checked)
  return { message, suggestion: nearest ?? other }
}

/** A list under `node` where there is `nodes`, or one text the other way round. */
function numberSuggestion(path: Path, value: unknown, { schema }: Checked): string | undefined {
  const key = path.at(-1)
  const around = path.slice(0, -1)
  const takes = (other: string, type: string) =>
    shapesAt(shapeOf(schema), [...around, other]).some((shape) => shape.type === type)
  const meant = keysOf(shapesAt(shapeOf(schema), around)).find((other) =>
    Array.isArray(value)
      ? other === `${String(key)}s` && takes(other, 'array')
      : typeof value === 'string' && `${other}s` === key && takes(other, 'string'),
  )
  return meant === undefined ? undefined : `did you mean \`${meant}\`?`
}

/** What form a text must have: the schema's own words, not zod's. */
function describeForm(issue: Issue & { code: 'invalid_format' }): string | undefined {
  if (!issue.message.startsWith('Invalid ')) return issue.message
  return issue.pattern === String(NAME) ? 'a name is letters, digits and _' : undefined
}

/** `keys`, or `item 2 of \`tags\``. */
function nameOf(path: Path, key: string): string {
  const last = path.at(-1) ?? key
  if (typeof last !== 'number') return `\`${String(last)}\``
  return `item ${last + 1} of \`${String(path.findLast((step) => typeof step === 'string') ?? key)}\``
}

/** Target phrases know what was meant; a schema's message has no room for it. */
function targetSuggestion(value: unknown, message: string): string | undefined {
  if (typeof value !== 'string') return undefined
  const parsed = parseTarget(value)
  if (!('error' in parsed) || parsed.error !== message || parsed.suggestion === undefined) return undefined
  return `did you mean \`${parsed.suggestion}\`?`
}

/** A number or a `null` where a text is wanted that is right in quotes. */
function quoteSuggestion(path: Path, tree: Tree, checked: Checked): string | undefined {
  if (tree.kind !== 'scalar' || !tree.plain || typeof tree.value === 'string') return undefined
  const shapes = shapesAt(shapeOf(checked.schema), path)
  if (shapes.some(({ title }) => title === TARGET)) return targetOfNumber(tree.value)
  return fits(tree.source, path, checked) ? `did you mean '${tree.source}', in quotes?` : undefined
}

/** The title of the schema of a phrase that stands for nodes. */
const TARGET = 'Target'

/** A number that stands for a node. */
function targetOfNumber(value: unknown): string | undefined {
  return typeof value === 'number' && value < 1000 ? `did you mean redis-node${value}?` : undefined
}

/** The same value in the spelling of the language, if there is one that fits. */
function valueSuggestion(path: Path, value: unknown, checked: Checked): string | undefined {
  const key = String(path.findLast((step) => typeof step === 'string') ?? checked.key)
  const meant = valuesMeant(value, key).find((each) => fits(each, path, checked))
  if (meant === undefined) return undefined
  const isUnquoted = String(meant) === value && typeof meant !== 'string'
  return `did you mean ${written(meant)}${isUnquoted ? ', without quotes' : ''}?`
}

/** Whether nothing would be wrong with this value at this place. */
function fits(value: unknown, path: Path, { schema, filled }: Checked): boolean {
  const result = schema.safeParse(withValueAt(filled, path, value))
  if (result.success) return true
  const issues = result.error.issues.flatMap((issue) => expand(issue, []))
  return !issues.some((issue) => samePath(issue.path, path))
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => (inner as Record<PropertyKey, unknown> | undefined)?.[step], value)
}

function withValueAt(value: unknown, [step, ...rest]: Path, replacement: unknown): unknown {
  if (step === undefined) return replacement
  if (Array.isArray(value)) return value.map((item, i) => (i === step ? withValueAt(item, rest, replacement) : item))
  const map = value as Record<PropertyKey, unknown>
  return { ...map, [step]: withValueAt(map[step], rest, replacement) }
}
