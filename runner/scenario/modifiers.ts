import { z } from 'zod'
import { parseDuration } from '../base/duration.ts'
import { duration } from '../base/duration-schema.ts'
import { target } from '../steps/targets.ts'
import type { Modifier, Verb } from '../steps/verb.ts'

/** The keys that may stand beside a verb. */
export const MODIFIERS: Readonly<Record<'name' | 'phase' | Modifier, z.ZodType<string>>> = {
  name: z.string().min(1).describe('What the step is called in reports, in place of its own sentence'),
  phase: z
    .string()
    .min(1)
    .meta({
      description: 'The phase that begins with this step, for reports and for `during` of checks',
      examples: ['outage', 'recovery'],
    }),
  within: duration
    .refine(
      (text) => parseDuration(text) !== 0,
      'there is nothing that takes no time: leave `within` out, or give more',
    )
    .describe('How long it may take, as 15s: what asks or tries goes on until then'),
  for: duration.describe('How long it must hold without a break; of a fault: how long it is held, and then undone'),
  on: target.describe('The node that is asked'),
}

/** What a modifier means beside this verb. */
export function modifierText(key: keyof typeof MODIFIERS, { name, group, keepsWithin }: Verb): string {
  if (key === 'within') {
    if (name === 'failover') return 'How long it is tried, as 20s; 30s without it'
    if (keepsWithin && group === 'cluster') return 'How long it may take, as 30s; without it, the deadline below'
    if (keepsWithin) return 'Asked again until it is so, for so long at most, as 15s; without it, asked once'
    if (group === 'data') return 'What fails is tried again for so long, as 10s; without it, once'
    return 'How long the step may take, as 10s; it is tried once'
  }
  if (key === 'for') {
    return group === 'nodes' || group === 'faults'
      ? 'How long it is held, as 10s; then it is undone, and the step ends'
      : 'How long it must stay so without a break, as 5s'
  }
  if (key === 'on' && name === 'verify')
    return 'Nodes, replicas too, that must have all keys of their shard; without it, the masters'
  return MODIFIERS[key].description ?? ''
}
