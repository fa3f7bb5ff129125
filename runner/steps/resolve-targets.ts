import type { Targets } from './target-schema.ts'
import type { StepContext } from './verb.ts'

/** The nodes of one phrase or of several, each once. `where` is the place of the phrases in the step's argument. */
export async function resolveTargets(
  phrases: Targets,
  context: StepContext,
  where: readonly (string | number)[],
): Promise<string[]> {
  if (typeof phrases === 'string') return await context.resolveMany(phrases, where)
  const lists = await Promise.all(phrases.map((phrase, index) => context.resolveMany(phrase, [...where, index])))
  return [...new Set(lists.flat())]
}

/** Phrases in words: `master of shard 1, redis-node3`. */
export function phrasesInWords(phrases: Targets): string {
  return typeof phrases === 'string' ? phrases : phrases.join(', ')
}
