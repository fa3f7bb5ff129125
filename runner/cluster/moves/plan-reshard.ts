import { plural } from '../../base/text.ts'
import { sharedSlots } from '../slot-claims.ts'
import { countSlots, formatSlotRanges, mergeRanges, missingSlots } from '../slots.ts'
import type { SlotRange } from '../view.ts'
import { MoveError, type SlotMove } from './move.ts'
import type { Owner } from './owners.ts'
import { shareOut } from './share-out.ts'

/** What is to be moved: these slots, or so many. */
export type WantedSlots = { slots: readonly SlotRange[] } | { count: number }

export interface ReshardRequest {
  wanted: WantedSlots
  /** Masters that may give slots; undefined: all but the target. */
  from?: readonly string[]
  to: string
}

/** The master that a replica follows, or undefined. */
type MasterOf = (name: string) => string | undefined

/**
 * The moves of a `reshard`. Throws MoveError with what is wrong with the request: a node that is no master, the target
 * among the sources, slots that nobody or somebody else owns, or more than there are.
 */
export function planReshard(
  { wanted, from, to }: ReshardRequest,
  owners: readonly Owner[],
  masterOf: MasterOf,
): SlotMove[] {
  for (const name of [to, ...(from ?? [])]) assertMaster(name, owners, masterOf)
  if (from?.includes(to)) refuse(`${to} cannot be both the source and the target`)
  const sources = owners.filter(({ name }) => (from === undefined ? name !== to : from.includes(name)))
  return 'count' in wanted
    ? planCount(wanted.count, sources, to)
    : planSlots(wanted.slots, { sources, owners, to, areNamed: from !== undefined })
}

function assertMaster(name: string, owners: readonly Owner[], masterOf: MasterOf): void {
  if (owners.some((owner) => owner.name === name)) return
  const master = masterOf(name)
  if (master === undefined) refuse(`${name} is not known as a master of this cluster`)
  refuse(`${name} is a replica of ${master}, and only masters own slots`, `write \`master of ${name}\` or ${master}`)
}

function planCount(count: number, sources: readonly Owner[], to: string): SlotMove[] {
  const there = sources.reduce((sum, { slots }) => sum + countSlots(slots), 0)
  if (count > there) {
    const who = sources.map(({ name }) => name).join(', ') || 'no other master'
    refuse(`${plural(count, 'slot')} cannot be moved to ${to}: ${who} ${sources.length > 1 ? 'own' : 'owns'} ${there}`)
  }
  return shareOut(sources, to, count)
}

function planSlots(
  slots: readonly SlotRange[],
  given: { sources: readonly Owner[]; owners: readonly Owner[]; to: string; areNamed: boolean },
): SlotMove[] {
  const { sources, owners, to, areNamed } = given
  const twice = slots.flatMap((range, place) => sharedSlots([range], slots.slice(place + 1)))
  if (twice.length > 0) refuse(`slots ${formatSlotRanges(twice)} are given twice`)
  const unowned = sharedSlots(slots, missingSlots(owners.flatMap((owner) => owner.slots)))
  if (unowned.length > 0) refuse(`slots ${formatSlotRanges(unowned)} have no owner, and so nobody can give them away`)
  for (const owner of owners) {
    const own = sharedSlots(slots, owner.slots)
    if (own.length === 0) continue
    const which = `slots ${formatSlotRanges(own)}`
    if (owner.name === to) refuse(`${to} owns ${which} already`)
    if (areNamed && !sources.includes(owner)) {
      refuse(`${which} are ${owner.name}'s, and not of ${sources.map(({ name }) => name).join(', ')}`)
    }
  }
  return sources.flatMap(({ name, slots: own }) => {
    const its = mergeRanges(sharedSlots(slots, own))
    return its.length === 0 ? [] : [{ slots: its, from: name, to }]
  })
}

function refuse(message: string, hint?: string): never {
  throw new MoveError(message, { moved: [], ...(hint !== undefined && { hint }) })
}
