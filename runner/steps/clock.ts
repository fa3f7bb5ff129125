import { z } from 'zod'
import { parseDuration } from '../base/duration.ts'
import { clock as kind } from '../faults/clock.ts'
import { faultVerb } from './fault-verb.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'

const LARGEST_MS = 24 * 3_600_000
/** What a look at a clock may be off by. */
const LEAST_MS = 1000

const skew = z
  .string()
  .superRefine((text, refinement) => {
    const offsetMs = offsetOf(text)
    const problem =
      offsetMs === undefined
        ? `\`${text}\` does not say how far off a clock is; write it as 30s (ahead) or -30s (behind)`
        : Math.abs(offsetMs) < LEAST_MS
          ? `\`${text}\` is too little to be seen: the least is 1s`
          : Math.abs(offsetMs) > LARGEST_MS
            ? `\`${text}\` is too much; the most is 24h`
            : undefined
    if (problem !== undefined) refinement.addIssue({ code: 'custom', message: problem })
  })
  .meta({
    description: 'How far off the clock is: 30s is ahead, -30s behind',
    pattern: '^[+-]?\\d+(?:\\.\\d+)?(?:ms|s|m|h)$',
    examples: ['30s', '-30s', '2h'],
  })

export const clock = faultVerb({
  name: 'clock',
  summary: 'Puts the wall clock of servers ahead or behind, until heal or for a time.',
  example: ['- clock: { node: redis-node0, skew: -30s }', '  for: 10s'],
  proof: 'TIME of the server is off by as much.',
  arg: z.strictObject({ node: targets.describe('Nodes whose clocks are put off'), skew }),
  kind,
  needs: () => ({ clock: true }),
  sentence: (arg) => describe(arg.skew, describeTargets(arg.node)),
  async plan(arg, context) {
    const nodes = await resolveTargets(arg.node, context, ['node'])
    return {
      spec: { nodes, offsetMs: offsetOf(arg.skew) ?? 0 },
      nodes,
      sentence: describe(arg.skew, nodes.join(', ')),
    }
  },
})

/** Milliseconds, below 0 for a clock that is behind. */
function offsetOf(text: string): number | undefined {
  const [, sign, amount = ''] = /^([+-]?)(.*)$/.exec(text) ?? []
  const amountMs = parseDuration(amount)
  return amountMs === undefined ? undefined : sign === '-' ? -amountMs : amountMs
}

function describe(text: string, nodes: string): string {
  const amount = text.replace(/^[+-]/, '')
  return `put the clock of ${nodes} ${amount} ${text.startsWith('-') ? 'behind' : 'ahead'}`
}
