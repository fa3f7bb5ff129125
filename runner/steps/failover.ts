import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import { describeTries, FailoverError, failOver } from '../cluster/failover.ts'
import { linksOf } from '../faults/network-faults.ts'
import type { LinkFault } from '../platforms/faults.ts'
import { target } from './targets.ts'
import { defineVerb, type StepContext, StepFailure } from './verb.ts'

const arg = z.union([
  target,
  z.strictObject({
    node: target.describe('The replica that is to be the master'),
    mode: z
      .enum(['force', 'takeover'])
      .optional()
      .describe('force: without the old master’s agreement. takeover: without anybody’s agreement'),
  }),
])

const DEFAULT_WITHIN_MS = 30_000

export const failover = defineVerb({
  name: 'failover',
  summary:
    'Makes a replica the master with CLUSTER FAILOVER, and waits until the other nodes agree; tries again until the deadline, once the server has given a try up: after 5 s.',
  group: 'cluster',
  example: ['- failover: { node: replica of shard 1, mode: force }', '  within: 20s'],
  proof: 'The node is the master, and the other nodes that can know it agree.',
  arg,
  modifiers: ['within'],
  keepsWithin: true,
  defaultDeadlineMs: DEFAULT_WITHIN_MS + 5000,
  sentence: (value) =>
    typeof value === 'string'
      ? `fail over to ${value}`
      : `fail over to ${value.node}${value.mode ? ` (${value.mode})` : ''}`,
  async run(value, context) {
    const { node: phrase, mode } = typeof value === 'string' ? { node: value, mode: undefined } : value
    const node = await context.resolveOne(phrase, typeof value === 'string' ? [] : ['node'])
    try {
      const { tries, tookMs, agreedMs, agreement } = await failOver(context.cluster, node, {
        mode: mode ?? 'default',
        clock: context.clock,
        signal: context.signal,
        withinMs: context.step.withinMs ?? DEFAULT_WITHIN_MS,
        isCutOff: (other) =>
          cutLinks(context).some(({ from, to }) => [from, to].every((end) => [node, other].includes(end))),
        progress: (text) => context.progress(text),
      })
      const count = plural(tries.length, 'try', 'tries')
      return {
        attempts: tries.length,
        trueAfterMs: tookMs,
        promoted: node,
        proof: `master after ${formatDuration(tookMs)}, ${agreement} after ${formatDuration(agreedMs)}, ${count}; ${describeTries(tries)}`,
      }
    } catch (error) {
      if (!(error instanceof FailoverError)) throw error
      throw new StepFailure(
        {
          message: error.message,
          ...(error.hint !== undefined && { hint: error.hint }),
          details: error.tries.map(
            ({ atMs, reply, fate }) => `after ${formatDuration(atMs)}: ${reply}${fate ? `, ${fate.text}` : ''}`,
          ),
        },
        { attempts: error.tries.length },
      )
    }
  },
})

/** Links that are cut now, in one direction or in both: news of the new master does not pass them in time. */
function cutLinks(context: StepContext): LinkFault[] {
  return linksOf(context.faults.active).filter(({ cut }) => cut !== undefined)
}
