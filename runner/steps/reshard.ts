import { z } from 'zod'
import { listed, plural } from '../base/text.ts'
import { ownersOf } from '../cluster/moves/owners.ts'
import { planReshard, type WantedSlots } from '../cluster/moves/plan-reshard.ts'
import { parseSlotRanges, SLOT_COUNT, SLOTS_PATTERN, slotOfKey } from '../cluster/slots.ts'
import type { SlotRange } from '../cluster/view.ts'
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
import { namesUsedIn } from './names.ts'
import { describeTargets, resolveTargets, target, targets } from './targets.ts'
import { defineVerb, type StepContext } from './verb.ts'

const slotText = z
  .string()
  .superRefine((text, refinement) => {
    if (namesUsedIn(text).length > 0) return
    try {
      parseSlotRanges(text)
    } catch (error) {
      refinement.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
    }
  })
  .meta({ pattern: `${SLOTS_PATTERN}|\\$[A-Za-z]`, examples: ['0-99', '0-99, 5461'] })

const slotNumber = z
  .number()
  .int()
  .min(0)
  .max(SLOT_COUNT - 1)
const slot = z.union([slotNumber, slotText])

const slots = z.union([slot, z.array(slot).min(1)]).describe('Slots by number or range: 1180, 0-99, or a list of them')

const keyText = z.string().min(1)
const key = z.union([keyText, z.array(keyText).min(1)]).describe('The slots of these keys')

const count = z
  .number()
  .int()
  .min(1)
  .max(SLOT_COUNT)
  .describe('How many slots: of each source its lowest ones, in proportion to what it owns')

const rest = {
  from: targets.optional().describe('The masters that give slots. Default: whoever owns them, or all others'),
  to: target.describe('The master that gets them'),
  how: howArg,
  ...laterArgs,
}

const WANTED = ['slots', 'key', 'count'] as const

const arg = z
  .strictObject({ slots: slots.optional(), key: key.optional(), count: count.optional(), ...rest })
  .superRefine((value, refinement) => {
    checkLater(value, refinement)
    const given = WANTED.filter((one) => value[one] !== undefined)
    if (given.length === 1) return
    const message =
      given.length === 0
        ? 'it does not say what to move: `slots` by number, the slot of a `key`, or a `count` of them'
        : `\`${given.join('` and `')}\` do not go together: one of them says what to move`
    refinement.addIssue({ code: 'custom', message })
  })
  .meta({ allOf: [{ oneOf: WANTED.map((one) => ({ required: [one] })) }, ...laterRules] })

type Arg = z.infer<typeof arg>

export const reshard = defineVerb({
  name: 'reshard',
  summary: 'Moves slots with their keys to another master: slots by number, range or key, or so many of them.',
  group: 'cluster',
  example: ['- reshard: { slots: 0-99, to: master of shard 2 }', '- reshard: { count: 1000, to: redis-node2 }'],
  proof: 'Every node sees every slot at its new owner, and the old one has no key of it left.',
  arg,
  modifiers: ['within'],
  keepsWithin: true,
  defaultDeadlineMs: MOVES_WITHIN_MS,
  needs: needsToLeave,
  sentence: (value) =>
    `move ${describeWanted(value)}${value.from === undefined ? '' : ` from ${describeTargets(value.from)}`} to ${value.to}${describeLater(value)}`,
  async run(value, context) {
    const to = await context.resolveOne(value.to, ['to'])
    const from = value.from === undefined ? undefined : await sourcesOf(value.from, to, context)
    return await runMoves(
      context,
      (snapshot) =>
        planReshard({ wanted: wantedOf(value), to, ...(from && { from }) }, ownersOf(snapshot), (name) =>
          snapshot.agreed.masterOf(name),
        ),
      { ...laterOf(value), how: value.how, nothingToDo: 'there was no slot to move' },
    )
  },
})

/** `all masters` are all that are not the target, as `all` is for redis-cli. */
async function sourcesOf(from: Arg['from'] & {}, to: string, context: StepContext): Promise<string[]> {
  const nodes = await resolveTargets(from, context, ['from'])
  return from === 'all masters' ? nodes.filter((name) => name !== to) : nodes
}

function wantedOf(value: Arg): WantedSlots {
  if (value.count !== undefined) return { count: value.count }
  if (value.slots !== undefined) return { slots: asList(value.slots).flatMap((one) => parseSlotRanges(String(one))) }
  const numbers = new Set(asList(value.key ?? []).map(slotOfKey))
  return { slots: [...numbers].map((number): SlotRange => [number, number]) }
}

function describeWanted(value: Arg): string {
  if (value.count !== undefined) return plural(value.count, 'slot')
  if (value.key !== undefined) {
    const keys = asList(value.key)
    return keys.length === 1 ? `the slot of key ${keys[0]}` : `the slots of keys ${listed(keys)}`
  }
  return `slots ${asList(value.slots ?? []).join(', ')}`
}

function asList<T extends string | number>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value]
}
