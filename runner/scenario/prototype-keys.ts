import type { CheckContext } from './check-value.ts'
import { type Entry, entryOf } from './tree.ts'

/** Nobody's option: schemas whose keys are free leave it out without a word. */
const PROTOTYPE = '__proto__'

/** Reports each key of that name in a value; says whether there is one. */
export function reportPrototypes({ key, value }: Pick<Entry, 'key' | 'value'>, context: CheckContext): boolean {
  if (value.kind === 'scalar') return false
  if (value.kind === 'list')
    return value.items.map((item) => reportPrototypes({ key, value: item }, context)).includes(true)
  const found = entryOf(value, PROTOTYPE)
  if (found) context.problems.add(context.source, found.keySpan, `\`${key}\` has no \`${PROTOTYPE}\``)
  return [found !== undefined, ...value.entries.map((inner) => reportPrototypes(inner, context))].includes(true)
}
