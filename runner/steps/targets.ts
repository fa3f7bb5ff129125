import { z } from 'zod'
import { parseTarget, TARGET_EXAMPLES, TARGET_PATTERN } from '../cluster/targets.ts'
import { namesUsedIn } from './names.ts'
import type { StepContext } from './verb.ts'

const NODES_OF_DEFAULT_CLUSTER = Array.from({ length: 6 }, (_, index) => `redis-node${index}`)

/** A phrase that stands for nodes, checked when the scenario is read; resolved when the step runs. */
export const target = z
  .string()
  .superRefine((text, refinement) => {
    // A name is filled in before the step runs, and the phrase is checked then.
    if (namesUsedIn(text).length > 0) return
    const parsed = parseTarget(text)
    if ('error' in parsed) refinement.addIssue({ code: 'custom', message: parsed.error })
  })
  .meta({
    title: 'Target',
    pattern: TARGET_PATTERN,
    examples: [...TARGET_EXAMPLES, ...NODES_OF_DEFAULT_CLUSTER.slice(1)],
    description:
      'Nodes in plain words: redis-node0, master of shard 1, replica of redis-node0, master of key aa, master of slot 1180, random master, 2 random replicas, random replica of shard 2, all masters, all nodes of shard 1, all masters except redis-node0, majority of masters, minority of masters, or a $name',
  })

/** One phrase, or a list of phrases. */
export const targets = z
  .union([target, z.array(target).min(1)])
  .meta({ title: 'Targets', description: 'Nodes in plain words, or a list of such phrases' })

export type Targets = z.infer<typeof targets>

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
export function describeTargets(phrases: Targets): string {
  return typeof phrases === 'string' ? phrases : phrases.join(', ')
}
