import type { Verb } from '../steps/verb.ts'
import type { CheckContext } from './check-value.ts'
import { checkNames, NAME } from './scope.ts'
import type { Span } from './source.ts'
import { type Entry, entryOf, type MapTree, type Tree } from './tree.ts'

/** Reports undefined names in a verb's argument. In a `let`, a later name may use an earlier one; child steps are read on their own. */
export function checkArgNames(verb: Verb, { value }: Entry, context: CheckContext): void {
  const { source, problems } = context
  if (verb.fillsInNames && value.kind === 'map') {
    const scope = context.scope.copy()
    for (const entry of value.entries) {
      checkNames(entry.value, scope, source, problems)
      scope.bind(entry.key)
    }
  } else checkNames(withoutChildren(verb, value), context.scope, source, problems)
}

function withoutChildren(verb: Verb, value: Tree): Tree {
  if (verb.children === '') return { kind: 'list', span: value.span, items: [] }
  if (verb.children === undefined || value.kind !== 'map') return value
  return { ...value, entries: value.entries.filter(({ key }) => key !== verb.children) }
}

/** The names that a step gives, known to the steps after it: those of `let`, and the `save` of `redis`. */
export function bindNames(step: MapTree, { key, value }: Entry, context: CheckContext): void {
  if (key === 'let' && value.kind === 'map') for (const entry of value.entries) bind(entry.key, entry.keySpan, context)
  const save = key === 'redis' ? entryOf(step, 'save')?.value : undefined
  if (save?.kind === 'scalar' && typeof save.value === 'string') bind(save.value, save.span, context)
}

function bind(name: string, span: Span, { source, problems, scope }: CheckContext): void {
  if (!NAME.test(name)) return
  if (scope.params.has(name)) {
    problems.add(source, span, `\`${name}\` is already a name of \`params:\``, {
      hint: 'Choose another name, so that nobody mixes them up.',
    })
  }
  scope.bind(name)
}
