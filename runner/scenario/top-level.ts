import type { z } from 'zod'
import { suggestionFor, wordMeant } from '../base/meant.ts'
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
  if (reportForeign(map, { source, problems })) return
  for (const { key, keySpan, value } of map.entries) {
    if (Object.hasOwn(keys, key)) continue
    if (LATER_KEYS.includes(key))
      problems.add(source, keySpan, `\`${key}\` is not supported yet`, { hint: 'Remove it to play the rest.' })
    else {
      const hint = `There are: ${Object.keys(keys).join(', ')}.`
      const suggestion = suggestionFor(key, free)
      const below = keysBelow(value, keys)
      const moved =
        below && `Its ${below} belongs to the top of the file: remove the line \`${key}:\`, and indent the rest less.`
      const advice = { suggestion, hint: moved ?? (suggestion ? undefined : hint) }
      problems.add(source, keySpan, `there is no key \`${key}\``, advice)
    }
  }
  const start = { start: map.span.start, end: map.span.start + 1 }
  for (const key of required) {
    if (entryOf(map, key) || map.entries.some((entry) => isMeantAs(key, entry, keys))) continue
    problems.add(source, start, `\`${key}:\` is missing`, { hint: MISSING_HINTS[key] })
  }
}

function isMeantAs(key: string, { key: written, value }: Entry, keys: Record<string, z.ZodType>): boolean {
  if (Object.hasOwn(keys, written)) return false
  return wordMeant(written, [key]) !== undefined || entryOf(value, key) !== undefined
}

/** `steps`, where a whole scenario stands below a key of its own. */
function keysBelow(value: Tree, keys: Record<string, z.ZodType>): string | undefined {
  return ['steps', 'title']
    .filter((key) => Object.hasOwn(keys, key) && entryOf(value, key))
    .map((key) => `\`${key}\``)[0]
}

/** Files of other tools, by keys that all of them have. */
const FOREIGN: readonly [what: string, keys: readonly string[]][] = [
  ['a workflow of GitHub Actions', ['jobs']],
  ['an object of Kubernetes', ['apiVersion', 'kind']],
  ['a file of Docker Compose', ['services']],
]

function reportForeign(map: MapTree, { source, problems }: Pick<CheckContext, 'source' | 'problems'>): boolean {
  const found = FOREIGN.find(([, keys]) => keys.every((key) => entryOf(map, key)) && !entryOf(map, 'steps'))
  const entry = found && entryOf(map, found[1][0] ?? '')
  if (!found || !entry) return false
  problems.add(source, entry.keySpan, `this is no scenario: \`${entry.key}\` stands in ${found[0]}`, {
    hint: 'A scenario begins with `title:`, and has `steps:`, a list such as `- stop: redis-node0`.',
  })
  return true
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
