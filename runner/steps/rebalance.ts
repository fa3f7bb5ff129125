import { z } from 'zod'
import { ownersOf } from '../cluster/moves/owners.ts'
import { planRebalance } from '../cluster/moves/plan-rebalance.ts'
import { TARGET_PATTERN } from '../cluster/targets.ts'
import { percent, ratioOf } from './amounts.ts'
import {
  checkLater,
  describeLater,
  howArg,
  laterArgs,
  laterOf,
  laterRules,
  MOVES_WITHIN_MS,
  needsToLeave,
  runMoves,
} from './move-slots.ts'
import { fillIn } from './names.ts'
import { defineVerb, type StepContext, StepFailure } from './verb.ts'

/** As `redis-cli --cluster rebalance` (its `--cluster-threshold`). */
const DEFAULT_THRESHOLD = '2%'

const options = z
  .strictObject({
    weights: z
      .record(
        z
          .string()
          .regex(
            new RegExp(`^\\$[A-Za-z_][A-Za-z0-9_]*$|${TARGET_PATTERN}`),
            'a weight is of a master in plain words, as redis-node0 or master of shard 1',
          ),
        z.number().min(0),
      )
      .optional()
      .describe(
        'Masters in plain words, or a $name, with their weights: one of 2 owns twice as many slots as one of 1 (default), one of 0 none (it then follows another master)',
      ),
    empty_masters: z.boolean().optional().describe('Whether masters without slots get some. Default: false'),
    threshold: percent
      .optional()
      .describe(`By how much a master may be off before anything is moved. Default: ${DEFAULT_THRESHOLD}`),
    how: howArg,
    ...laterArgs,
  })
  .superRefine(checkLater)
  .meta({ allOf: laterRules })

const EVENLY = 'evenly'

const arg = z.union([z.literal(EVENLY).describe('The same number of slots for each master that has some'), options])

type Arg = z.infer<typeof arg>
type Options = z.infer<typeof options>

export const rebalance = defineVerb({
  name: 'rebalance',
  summary: 'Moves slots until each master has its share, as redis-cli --cluster rebalance does.',
  group: 'cluster',
  example: ['- rebalance: evenly', '- rebalance: { weights: { redis-node0: 2 }, empty_masters: true }'],
  proof: 'Every node sees every slot at its new owner, and the old one has no key of it left.',
  arg,
  modifiers: ['within'],
  keepsWithin: true,
  defaultDeadlineMs: MOVES_WITHIN_MS,
  needs: (given, written) => (written === EVENLY ? {} : needsToLeave(given)),
  sentence: describe,
  async run(arg, context) {
    const value = optionsOf(arg)
    const weights = await weightsOf(value, context)
    const threshold = value.threshold ?? DEFAULT_THRESHOLD
    const request = { weights, emptyMasters: value.empty_masters ?? false, thresholdPercent: ratioOf(threshold) * 100 }
    return await runMoves(context, (snapshot) => planRebalance(ownersOf(snapshot), request), {
      ...laterOf(value),
      how: value.how,
      nothingToDo: `every master is within ${threshold} of its share: there was nothing to move`,
    })
  },
})

function optionsOf(arg: Arg): Options {
  return arg === EVENLY ? {} : arg
}

function describe(arg: Arg): string {
  const { weights, empty_masters, threshold } = optionsOf(arg)
  const parts = [
    ...(weights
      ? [
          `weights ${Object.entries(weights)
            .map(([node, weight]) => `${node} = ${weight}`)
            .join(', ')}`,
        ]
      : []),
    ...(empty_masters ? ['empty masters too'] : []),
    ...(threshold === undefined ? [] : [`threshold ${threshold}`]),
  ]
  return `rebalance the slots${parts.length > 0 ? ` (${parts.join('; ')})` : ''}${describeLater(optionsOf(arg))}`
}

/** Throws StepFailure if a phrase stands for a node that is no master, or two stand for one. */
async function weightsOf({ weights = {} }: Options, context: StepContext): Promise<Map<string, number>> {
  const byNode = new Map<string, number>()
  const { agreed } = await context.cluster.look()
  for (const [phrase, weight] of Object.entries(weights)) {
    const node = await context.resolveOne(String(fillIn(phrase, context.names)))
    if (agreed.roleOf(node) !== 'master') {
      throw new StepFailure({ message: `${node} has a weight, and is no master: only masters own slots` })
    }
    if (byNode.has(node)) throw new StepFailure({ message: `${node} is given two weights` })
    byNode.set(node, weight)
  }
  return byNode
}
