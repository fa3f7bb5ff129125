import type { z } from 'zod'
import { didYouMean, nearestWord } from '../base/nearest.ts'
import { type CheckContext, checkValue } from './check-value.ts'
import { LATER_KEYS } from './scenario-schema.ts'
import { type Entry, entryOf, type MapTree, type Tree } from './tree.ts'

/** The file's top level as a map; undefined, and reported, if it is something else. */
export function topMap(tree: Tree, { source, problems }: CheckContext): MapTree | undefined {
  if (tree.kind === 'map') return tree
  if (!tree.broken) {
    problems.add(
      source,
      { start: tree.span.start, end: tree.span.start + 1 },
      'a file begins with keys, as `title:` and `steps:`',
      {
        hint:
          tree.kind === 'list' ? 'Put `steps:` above the list, and indent it.' : 'Is a space missing after a colon?',
      },
    )
  }
  return undefined
}

/** Reports keys that are unknown, not supported yet, or missing. */
export function checkKeys(
  map: MapTree,
  keys: Record<string, z.ZodType>,
  required: readonly string[],
  { source, problems }: CheckContext,
): void {
  const free = Object.keys(keys).filter((key) => !entryOf(map, key))
  for (const { key, keySpan } of map.entries) {
    if (Object.hasOwn(keys, key)) continue
    if (LATER_KEYS.includes(key))
      problems.add(source, keySpan, `\`${key}\` is not supported yet`, { hint: 'Remove it to play the rest.' })
    else {
      const hint = `There are: ${Object.keys(keys).join(', ')}.`
      const suggestion = didYouMean(key, free)
      problems.add(source, keySpan, `there is no key \`${key}\``, { suggestion, hint: suggestion ? undefined : hint })
    }
  }
  const start = { start: map.span.start, end: map.span.start + 1 }
  for (const key of required) {
    if (
      entryOf(map, key) ||
      map.entries.some((entry) => !Object.hasOwn(keys, entry.key) && nearestWord(entry.key, [key]))
    )
      continue
    problems.add(source, start, `\`${key}:\` is missing`, { hint: MISSING_HINTS[key] })
  }
}

const MISSING_HINTS: Record<string, string> = {
  title: 'Say in one sentence what the scenario shows: `title: A stopped master is replaced by its replica`.',
  steps: 'Say what is done: `steps:`, and below it a list such as `- stop: redis-node0`.',
}

/** The checked value under a key; undefined if it is not there or wrong. */
export function readKey<T>(map: MapTree, key: string, schema: z.ZodType<T>, context: CheckContext): T | undefined {
  const entry: Entry | undefined = entryOf(map, key)
  return entry && checkValue(schema, entry, context)
}
