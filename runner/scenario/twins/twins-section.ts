import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import { didYouMean } from '../../base/nearest.ts'
import type { TwinFailure } from '../../record/twin.ts'
import type { Step } from '../../steps/verb.ts'
import { type CheckContext, checkValue } from '../check-value.ts'
import type { Scenario, TwinChanges } from '../model.ts'
import { type Entry, entryOf, type MapTree, type ScalarTree, type Tree, toPlain } from '../tree.ts'
import { merged, replaced, stepNames, stepsNamed, withEntry, withoutEntry } from './overlay.ts'
import { NOTHING_DIFFERENT, twinsSchema } from './twin-schema.ts'
import { verifiesWithoutWrites } from './without-writes.ts'

/** Reads the twins' own scenarios: the map of a file, and what it comes to. */
type ReadAgain = (map: MapTree) => Scenario

/**
 * The twins of a scenario in which nothing else is wrong, each as a scenario of its own. What is wrong is reported
 * where it stands in the file.
 */
export function readTwins(map: MapTree, scenario: Scenario, context: CheckContext, read: ReadAgain): Scenario[] {
  const entry = entryOf(map, 'twins')
  if (!entry || checkValue(twinsSchema, entry, context, { isLiteral: true }) === undefined) return []
  const items = entry.value.kind === 'list' ? entry.value.items : []
  return items.flatMap((item, place) => {
    if (item.kind !== 'map') return []
    const own = withoutEntry(map, 'twins')
    const changed = changedBy(item, own, context)
    if (changed === undefined || isTheSame(item, own, changed, context)) return []
    const before = context.problems.count
    const twin = read(changed)
    if (context.problems.count > before) return []
    tellMissingWrites(item, scenario, twin, context)
    const fails = failureOf(item, twin, context)
    return fails === undefined ? [] : [asTwin(scenario, twin, { item, fails, number: place + 1, changed }, context)]
  })
}

/** Reports a twin whose changes change nothing: `config: {}`, or a setting that has this value anyway. */
function isTheSame(item: MapTree, own: MapTree, changed: MapTree, { source, problems }: CheckContext): boolean {
  const isSame = isDeepStrictEqual(toPlain(own), toPlain(changed))
  if (isSame) problems.add(source, (entryOf(item, 'because')?.value ?? item).span, NOTHING_DIFFERENT)
  return isSame
}

/** A step that cannot do its work without one that is left out fails for that, and proves nothing. */
function tellMissingWrites(item: MapTree, scenario: Scenario, twin: Scenario, { source, problems }: CheckContext) {
  for (const name of verifiesWithoutWrites(scenario, twin)) {
    const hint = 'Leave out what makes the writes last, and not the writes.'
    const message = `without this step nothing is written as \`${name}\`: \`verify: ${name}\` would fail whatever the servers do`
    problems.add(source, (entryOf(item, 'without')?.value ?? item).span, message, { hint })
  }
}

interface Made {
  item: MapTree
  fails: TwinFailure
  number: number
  changed: MapTree
}

function asTwin(scenario: Scenario, twin: Scenario, made: Made, context: CheckContext): Scenario {
  const { item, fails, number, changed } = made
  const because = textAt(item, 'because')
  const head = `# Twin ${number} of ${scenario.id}. It must fail: ${because}`.replaceAll(/\s+/g, ' ')
  const lies = [...twin.steps, ...twin.finally].flatMap(withChildren).some(({ verb }) => verb === 'lie')
  return {
    ...twin,
    // Where nothing can be falsified it is skipped.
    ...(lies && { requires: { ...twin.requires, can: [...(twin.requires?.can ?? []), 'lies' as const] } }),
    id: `${scenario.id}-twin-${number}`,
    title: because,
    twin: {
      ...{ of: scenario.id, number, because, fails },
      changes: changesIn(item, twin, context),
      text: `${head}\n${stringify(toPlain(changed), { lineWidth: 0 })}`,
    },
  }
}

/** What the twin changes, as it is written. */
function changesIn(item: MapTree, { steps, finally: last }: Scenario, { source }: CheckContext): TwinChanges {
  const plain = (key: string) => toPlain(entryOf(item, key)?.value ?? { kind: 'map', span: item.span, entries: [] })
  const more = entryOf(item, 'steps')?.value
  const [place] = ['before', 'after'].flatMap((key) => entryOf(item, key) ?? [])
  const lines = more && [source.lineAt(more.span.start), source.lineAt(more.span.end)]
  const isMore = ({ file, line }: Step) =>
    file === source.name && lines !== undefined && line >= (lines[0] ?? 0) && line <= (lines[1] ?? 0)
  const added = [...steps, ...last].flatMap(withChildren).filter(isMore)
  return {
    config: plain('config') as Record<string, unknown>,
    set: plain('set') as Record<string, unknown>,
    workloads: plain('workloads') as Record<string, Record<string, unknown>>,
    without: scalarsOf(entryOf(item, 'without')?.value).map(({ value }) => String(value)),
    ...(place && {
      more: {
        where: place.key === 'before' ? 'before' : 'after',
        step: textAt(item, place.key),
        paths: added.map(({ path }) => path),
      },
    }),
  }
}

/** The scenario's map with what the twin changes; undefined, and reported, where that has no place in it. */
function changedBy(twin: MapTree, map: MapTree, context: CheckContext): MapTree | undefined {
  const before = context.problems.count
  let changed = map
  const put = (path: readonly string[], entry: Entry | undefined) => {
    if (entry) changed = putAt(changed, path, entry)
  }
  put(['cluster', 'config'], entryOf(twin, 'config'))
  put(['params'], entryOf(twin, 'set'))
  put(['workloads'], entryOf(twin, 'workloads'))
  checkKnown(entryOf(twin, 'set'), entryOf(map, 'params')?.value, 'param', context)
  checkKnown(entryOf(twin, 'workloads'), entryOf(map, 'workloads')?.value, 'workload', context)
  // Steps may stand at one that is left out: in its place.
  changed = withoutSteps(twin, withSteps(twin, changed, context), context)
  return context.problems.count === before ? changed : undefined
}

/** `entry` is merged into what stands at the path; maps are made on the way. */
function putAt(map: MapTree, [key = '', ...rest]: readonly string[], entry: Entry): MapTree {
  const { keySpan } = entry
  const there = entryOf(map, key)
  if (rest.length === 0) return withEntry(map, { key, keySpan, value: merged(there?.value, entry.value) })
  const inner: MapTree = there?.value.kind === 'map' ? there.value : { kind: 'map', span: keySpan, entries: [] }
  return withEntry(map, { key, keySpan: there?.keySpan ?? keySpan, value: putAt(inner, rest, entry) })
}

function checkKnown(given: Entry | undefined, known: Tree | undefined, what: string, context: CheckContext): void {
  const names = known?.kind === 'map' ? known.entries.map(({ key }) => key) : []
  for (const { key, keySpan } of given?.value.kind === 'map' ? given.value.entries : []) {
    if (names.includes(key)) continue
    const hint = names.length === 0 ? `It has no ${what}s.` : `It has: ${names.join(', ')}.`
    const suggestion = didYouMean(key, names)
    context.problems.add(context.source, keySpan, `the scenario has no ${what} \`${key}\``, { suggestion, hint })
  }
}

const LISTS = ['steps', 'finally'] as const

function withoutSteps(twin: MapTree, map: MapTree, context: CheckContext): MapTree {
  const names = scalarsOf(entryOf(twin, 'without')?.value)
  return names.reduce((rest, name) => {
    if (countOf(map, String(name.value)) === 0) reportNoStep(name, map, context)
    return eachList(rest, (list) => replaced(list, String(name.value), () => []))
  }, map)
}

function withSteps(twin: MapTree, map: MapTree, context: CheckContext): MapTree {
  const [place] = ['before', 'after'].flatMap((key) => entryOf(twin, key) ?? [])
  const more = entryOf(twin, 'steps')?.value
  if (!place || more?.kind !== 'list' || place.value.kind !== 'scalar') return map
  if (!isOneStep(place.value, map, context)) return map
  const { items } = more
  const put = (step: Tree) => (place.key === 'before' ? [...items, step] : [step, ...items])
  const name = String(place.value.value)
  return eachList(map, (list) => replaced(list, name, put))
}

function eachList(map: MapTree, change: (list: Tree) => Tree): MapTree {
  return LISTS.reduce((whole, key) => {
    const entry = entryOf(whole, key)
    return entry ? withEntry(whole, { ...entry, value: change(entry.value) }) : whole
  }, map)
}

function countOf(map: MapTree, name: string): number {
  return LISTS.reduce((sum, key) => sum + stepsNamed(entryOf(map, key)?.value, name), 0)
}

function isOneStep(name: ScalarTree, map: MapTree, context: CheckContext): boolean {
  const count = countOf(map, String(name.value))
  if (count === 0) reportNoStep(name, map, context)
  if (count > 1) reportSeveral(name, count, context)
  return count === 1
}

function reportNoStep(name: ScalarTree, map: MapTree, context: CheckContext): void {
  tellUnknown(
    name,
    LISTS.flatMap((key) => stepNames(entryOf(map, key)?.value)),
    context,
  )
}

function tellUnknown(name: ScalarTree, known: readonly string[], { source, problems }: CheckContext): void {
  const suggestion = didYouMean(String(name.value), known)
  const hint = known.length === 0 ? 'None of its steps has a `name`: give it one.' : undefined
  problems.add(source, name.span, `the scenario has no step with the name \`${String(name.value)}\``, {
    suggestion,
    hint: suggestion ? undefined : (hint ?? 'A step is meant by its `name`: give it one.'),
  })
}

function reportSeveral(name: ScalarTree, count: number, { source, problems }: CheckContext): void {
  const message = `${count} steps have the name \`${String(name.value)}\``
  problems.add(source, name.span, message, { hint: 'Give the one that is meant a name of its own.' })
}

/** Where the twin must fail, in its own steps and checks; undefined, and reported, if they have no such place. */
function failureOf(item: Tree, twin: Scenario, context: CheckContext): TwinFailure | undefined {
  const value = entryOf(item, 'fails')?.value
  if (value?.kind === 'scalar') return failingStep(value, twin, context)
  const check = entryOf(value, 'check')?.value
  if (check?.kind === 'scalar') return failingCheck(String(check.value), check, textAt(value, 'of'), twin, context)
  return { audit: textAt(value, 'audit') }
}

function failingStep(name: ScalarTree, twin: Scenario, context: CheckContext): TwinFailure | undefined {
  const steps = [...twin.steps, ...twin.finally].flatMap(withChildren)
  const found = steps.filter((step) => step.name === name.value)
  const [step] = found
  if (found.length === 1 && step) return { step: String(name.value), path: step.path }
  if (found.length > 1) reportSeveral(name, found.length, context)
  else
    tellUnknown(
      name,
      steps.flatMap((one) => one.name ?? []),
      context,
    )
  return undefined
}

function withChildren(step: Step): Step[] {
  return [step, ...step.children.flatMap(withChildren)]
}

function failingCheck(
  check: string,
  { span }: ScalarTree,
  of: string,
  { checks }: Scenario,
  { source, problems }: CheckContext,
): TwinFailure | undefined {
  if (checks.some(({ on, limits }) => on === of && Object.hasOwn(limits, check))) return { check, of }
  const known = checks.flatMap(({ on, limits }) => Object.keys(limits).map((name) => `${name} of ${on}`))
  const hint = known.length === 0 ? 'It has no checks.' : `It has: ${known.join(', ')}.`
  problems.add(source, span, `the scenario has no check \`${check}\` of \`${of}\``, { hint })
  return undefined
}

function textAt(tree: Tree | undefined, key: string): string {
  const value = entryOf(tree, key)?.value
  return value?.kind === 'scalar' ? String(value.value) : ''
}

function scalarsOf(tree: Tree | undefined): ScalarTree[] {
  const items = tree?.kind === 'list' ? tree.items : tree ? [tree] : []
  return items.flatMap((item) => (item.kind === 'scalar' ? [item] : []))
}
