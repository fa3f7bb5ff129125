import { parseDuration } from '../base/duration.ts'
import { parseTarget } from '../cluster/target-phrase.ts'
import type { Policy } from '../steps/command-policy.ts'
import type { Step, Verb } from '../steps/verb.ts'
import { describeValue } from './build-tree.ts'
import { type CheckContext, checkValue, reportIssues } from './check-value.ts'
import type { EarlierSteps } from './earlier-steps.ts'
import { MODIFIERS } from './modifiers.ts'
import { checkNames, NAME, type Scope } from './scope.ts'
import type { Span } from './source.ts'
import { chooseVerb, extraKeys, reportOtherKeys, type VerbContext } from './step-keys.ts'
import { type Entry, entryOf, find, isEmptyMap, type ListTree, type MapTree, type Tree, toPlain } from './tree.ts'

export interface StepsContext extends VerbContext {
  used: StepFileReader
  policy: Policy
  earlier: EarlierSteps
}

/** Reads the step files of `use` steps. */
export interface StepFileReader {
  /** Children and params of a `use` step. Reports everything that is wrong; the step then has no children. */
  read(
    step: MapTree,
    entry: Entry,
    path: string,
    context: StepsContext,
  ): Pick<Step, 'children'> & { params?: Record<string, unknown> }
}

/** Reads a list of steps; `prefix` stands before each step's number: `f`, `3.`. */
export function readSteps(entry: Entry, prefix: string, context: StepsContext): Step[] {
  const { value } = entry
  if (value.kind !== 'list' || value.items.length === 0) {
    reportNoList(entry, context)
    return []
  }
  return readItems(value, prefix, context)
}

function reportNoList({ key, keySpan, value }: Entry, { source, problems }: CheckContext): void {
  if (value.broken) return
  const [first] = value.kind === 'map' ? value.entries : []
  if (first && /^[-\u2010-\u2015]/.test(first.key)) {
    const message = first.key.startsWith('-')
      ? `\`${first.key}\` lacks a space after its hyphen`
      : `\`${first.key}\` begins with a dash: it takes a hyphen and a space to begin a step`
    const rest = first.key.replace(/^[-\u2010-\u2015\s]+/, '')
    problems.add(source, first.keySpan, message, { suggestion: `did you mean \`- ${rest}: …\`?` })
    return
  }
  const hint = 'Each step begins with a hyphen: `- stop: redis-node0`.'
  const message =
    value.kind === 'list'
      ? `\`${key}\` is empty`
      : `\`${key}\` should be a list of steps, not ${describeValue(toPlain(value))}`
  problems.add(source, keySpan, message, { hint })
}

function readItems(list: ListTree, prefix: string, context: StepsContext): Step[] {
  return list.items.flatMap((item, i) => {
    if (context.problems.areMany) return []
    return readStep(item, `${prefix}${i + 1}`, context) ?? []
  })
}

/** Siblings in `parallel` do not see each other's names; what follows sees them all. */
function readParallel(list: ListTree, prefix: string, context: StepsContext): Step[] {
  const scopes: Scope[] = []
  const steps = list.items.flatMap((item, i) => {
    const scope = context.scope.copy()
    scopes.push(scope)
    return readStep(item, `${prefix}${i + 1}`, { ...context, scope }) ?? []
  })
  for (const scope of scopes) context.scope.bindAllOf(scope)
  return steps
}

function readStep(tree: Tree, path: string, context: StepsContext): Step | undefined {
  if (tree.kind !== 'map') {
    reportNoStep(tree, context)
    return undefined
  }
  const chosen = chooseVerb(tree, context)
  reportOtherKeys(tree, chosen?.verb, context)
  if (!chosen) return undefined
  const { verb, entry } = chosen
  const extras = extrasIn(tree, verb)
  const { line, col } = context.source.position(tree.entries[0]?.keySpan.start ?? tree.span.start)
  const step: Step = {
    verb: verb.name,
    arg: toPlain(entry.value),
    extras: Object.fromEntries(extras.map(({ key, value }) => [key, toPlain(value)])),
    path,
    file: context.source.name,
    line,
    col,
    children: [],
    ...readModifiers(tree, verb, context),
  }
  checkArguments(step, verb, entry, extras, context)
  const { earlier } = context
  earlier.checkSince(entry, context, (since) => reportOpenName(since, context))
  earlier.checkMove(entry, context)
  for (const word of [step.phase, step.name]) if (word !== undefined) earlier.noteBegun(word)
  earlier.noteMove(entry, context)
  if (verb.children !== undefined) step.children = readChildren(verb, verb.children, entry, path, context)
  if (verb.name === 'use') Object.assign(step, context.used.read(tree, entry, path, context))
  bindNames(tree, entry, context)
  return step
}

/** It comes with texts that are copied from web pages. */
const NO_BREAK_SPACE = '\u00a0'

function reportNoStep(tree: Tree, { source, problems, verbs }: StepsContext): void {
  if (tree.broken) return
  const span = tree.kind === 'scalar' ? tree.span : { start: tree.span.start, end: tree.span.start + 1 }
  if (tree.kind === 'scalar' && tree.source.includes(NO_BREAK_SPACE)) {
    const at = tree.span.start + tree.source.indexOf(NO_BREAK_SPACE)
    const message = 'here stands a no-break space, which YAML takes for a letter'
    problems.add(source, { start: at, end: at + 1 }, message, { hint: 'Type a space in its place.' })
    return
  }
  const [first = '', ...rest] = tree.kind === 'scalar' ? tree.source.split(/[\s:]+/) : []
  const meant = verbs.has(first) ? `did you mean \`${first}: ${rest.join(' ') || '…'}\`?` : undefined
  problems.add(source, span, `a step should be \`verb: …\`, not ${describeValue(toPlain(tree))}`, {
    suggestion: meant,
    hint: tree.kind === 'scalar' && !meant ? `The verbs are: ${[...verbs.keys()].join(', ')}.` : undefined,
  })
}

/** The keys beside the verb's own that belong to it. */
function extrasIn(tree: MapTree, verb: Verb): Entry[] {
  const keys = extraKeys(verb)
  return tree.entries.filter(({ key }) => keys.includes(key) && key !== verb.name)
}

/**
 * Reports what is wrong with the argument of a step and with its extras, names that are known only when it is played
 * left aside.
 */
function checkArguments(step: Step, verb: Verb, entry: Entry, extras: Entry[], context: StepsContext): void {
  checkArgNames(verb, entry, context)
  for (const { value } of extras) checkNames(value, context.scope, context.source, context.problems)
  const preview = verb.preview(step, context.scope.params, context.policy)
  if (isFilled(verb, entry, context)) {
    reportIssues(preview.arg.issues, { schema: verb.arg, entry, filled: preview.arg.filled }, context)
  }
  const [first, last] = [extras[0], extras.at(-1)]
  if (!verb.extras || !first || !last) return
  const span = { start: first.keySpan.start, end: last.value.span.end }
  const whole: Entry = { key: verb.name, keySpan: first.keySpan, value: { kind: 'map', span, entries: extras } }
  reportIssues(preview.extras.issues, { schema: verb.extras, entry: whole, filled: preview.extras.filled }, context)
}

/** False, and reported, where an argument is empty, or no list stands where child steps should. */
function isFilled(verb: Verb, { key, keySpan, value }: Entry, context: StepsContext): boolean {
  const inner =
    verb.children === undefined ? undefined : find(value, verb.children === '' ? [] : [verb.children])?.value
  if (inner && inner.kind !== 'list') {
    const childKey = entryOf(value, verb.children ?? '')?.keySpan ?? keySpan
    if (!inner.broken) reportNoList({ key: verb.children || key, keySpan: childKey, value: inner }, context)
    if (verb.children === '') return false
  }
  if (value.kind !== 'map' || value.entries.length > 0) return true
  if (isEmptyMap(value, context.source)) context.problems.add(context.source, keySpan, `\`${key}\` is empty`)
  return false
}

type ReadModifiers = Pick<Step, 'name' | 'phase' | 'withinMs' | 'forMs' | 'on'>

function readModifiers(tree: MapTree, verb: Verb, context: StepsContext): ReadModifiers {
  const result: ReadModifiers = {}
  for (const key of ['name', 'phase', ...verb.modifiers] as const) {
    const entry = entryOf(tree, key)
    if (!entry || extraKeys(verb).includes(key)) continue
    if (key === 'on') {
      checkValue(MODIFIERS.on, entry, context)
      result.on = String(toPlain(entry.value))
      continue
    }
    if (key !== 'name' && reportOpenName(entry, context)) continue
    const value = checkValue(MODIFIERS[key], entry, context)
    if (value === undefined) continue
    if (key === 'name' || key === 'phase') result[key] = value
    else result[key === 'within' ? 'withinMs' : 'forMs'] = parseDuration(value) ?? 0
  }
  return result
}

/** A deadline or a phase is planned before the first step is played. */
export function reportOpenName({ key, keySpan, value }: Entry, { source, problems, scope }: CheckContext): boolean {
  const name = scope.openNames(toPlain(value)).find((each) => scope.has(each))
  if (name === undefined) return false
  const span = value.kind === 'scalar' ? value.span : keySpan
  problems.add(source, span, `\`${key}\` must be known before the scenario is played, and \`$${name}\` is not`, {
    hint: 'Names of `params:` can be used here; names of `let:` and `save:` cannot.',
  })
  return true
}

function readChildren(verb: Verb, where: 'steps' | '', { value }: Entry, path: string, context: StepsContext): Step[] {
  const list = where === '' ? value : find(value, [where])?.value
  if (list?.kind !== 'list') return []
  if (verb.name === 'repeat') return readRounds(list, value, path, context)
  return where === '' && verb.name === 'parallel'
    ? readParallel(list, `${path}.`, context)
    : readItems(list, `${path}.`, context)
}

/** The steps of a `repeat` know what it goes over, and how often it has; those after it do not. */
function readRounds(list: ListTree, arg: Tree, path: string, context: StepsContext): Step[] {
  const as = entryOf(arg, 'as')
  const scope = context.scope.copy()
  scope.bind('index')
  const own = ['index']
  if (as?.value.kind === 'scalar' && typeof as.value.value === 'string') {
    bind(as.value.value, as.value.span, { ...context, scope }, goesOverNodes(arg, scope) ? 'node' : undefined)
    own.push(as.value.value)
  }
  const steps = readItems(list, `${path}.`, { ...context, scope })
  context.scope.bindAllOf(scope, own)
  return steps
}

/** Whether all that a `repeat` goes over are nodes for certain. */
function goesOverNodes(arg: Tree, scope: Scope): boolean {
  const over = entryOf(arg, 'over')?.value
  const written = over === undefined ? [] : [toPlain(over)].flat()
  return written.every((item) => {
    if (typeof item !== 'string') return false
    if (/^\$\w+$/.test(item)) return scope.isNode(item.slice(1))
    const parsed = parseTarget(item)
    return 'target' in parsed && (parsed.target.kind !== 'node' || /^redis-node\d+$/.test(item))
  })
}

/**
 * Reports undefined names in a verb's argument. In a `let`, a later name may use an earlier one; child steps are read
 * on their own.
 */
function checkArgNames(verb: Verb, { value }: Entry, context: CheckContext): void {
  const { source, problems } = context
  if (verb.fillsInNames && value.kind === 'map') {
    const scope = context.scope.copy()
    for (const entry of value.entries) {
      checkNames(entry.value, scope, source, problems)
      scope.bindNode(entry.key)
    }
  } else checkNames(withoutChildren(verb, value), context.scope, source, problems)
}

function withoutChildren(verb: Verb, value: Tree): Tree {
  if (verb.children === '') return { kind: 'list', span: value.span, items: [] }
  if (verb.children === undefined || value.kind !== 'map') return value
  return { ...value, entries: value.entries.filter(({ key }) => key !== verb.children) }
}

/** The names that a step gives, known to the steps after it: those of `let`, the `as` of `add-node`, and the `save` of `redis`. */
function bindNames(step: MapTree, { key, value }: Entry, context: CheckContext): void {
  if (key === 'let' && value.kind === 'map')
    for (const entry of value.entries) bind(entry.key, entry.keySpan, context, 'node')
  const as = key === 'add-node' ? entryOf(step, 'as')?.value : undefined
  if (as?.kind === 'scalar' && typeof as.value === 'string') bind(as.value, as.span, context, 'node')
  const save = key === 'redis' ? entryOf(step, 'save')?.value : undefined
  if (save?.kind === 'scalar' && typeof save.value === 'string') bind(save.value, save.span, context)
}

function bind(name: string, span: Span, { source, problems, scope }: CheckContext, to?: 'node'): void {
  if (!NAME.test(name)) return
  if (scope.params.has(name)) {
    problems.add(source, span, `\`${name}\` is already a name of \`params:\``, {
      hint: 'Choose another name, so that nobody mixes them up.',
    })
  }
  if (to === 'node') scope.bindNode(name)
  else scope.bind(name)
}
