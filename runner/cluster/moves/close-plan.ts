/** What a master says of one slot that is open. */
export interface SlotHolder {
  name: string
  id: string
  /** In its own view. */
  owns: boolean
  keys: number
  /** The id of the node that the slot moves to. */
  movesTo?: string
  /** The slot comes from somewhere. */
  comes: boolean
}

/** What is to be done about one open slot, in this order. */
export interface ClosePlan {
  owner: string
  /** It is not clear who the owner is: it takes the slot, as of a new epoch. */
  claims: boolean
  /** They give up the slot, or keys of it, and have it come from the owner. */
  yield: string[]
  end: PlanEnd
}

type PlanEnd =
  /** The move goes on to its end; others that expect the slot expect it no more. */
  | { do: 'finish'; from: string; to: string; close: string[] }
  /** Their keys of the slot go to the owner, and they expect it no more. */
  | { do: 'gather'; from: string[] }
  | { do: 'close'; nodes: string[] }

/** Nobody can tell what is right. */
export interface NoPlan {
  why: string
}

/**
 * What `redis-cli --cluster fix` does about an open slot (clusterManagerFixOpenSlot, redis-cli.c, Redis 5.0 to 8.6),
 * from what all masters say of it. Where it takes the first of several that have as many keys, the one that owns the
 * slot goes first here.
 */
export function planClose(holders: readonly SlotHolder[]): ClosePlan | NoPlan {
  const claimants = holders.filter(({ owns, keys }) => owns || keys > 0)
  const clear = claimants.length === 1 ? claimants[0] : undefined
  const owner = clear ?? mostKeys(holders)
  if (!owner) return { why: 'no master answers' }
  const yields = clear ? [] : claimants.filter((one) => one !== owner)
  const isFree = (one: SlotHolder) => !yields.includes(one) && (clear !== undefined || one !== owner)
  const moving = holders.filter((one) => one.movesTo !== undefined && isFree(one))
  const expects = (one: SlotHolder) => one.movesTo === undefined && (one.comes || (one !== clear && one.keys > 0))
  const coming = [...holders.filter((one) => isFree(one) && expects(one)), ...yields]
  const end = endOf(moving, coming, owner)
  if ('why' in end) return end
  return { owner: owner.name, claims: clear === undefined, yield: namesOf(yields), end }
}

function endOf(moving: SlotHolder[], coming: SlotHolder[], owner: SlotHolder): PlanEnd | NoPlan {
  const [from, second] = moving
  if (!from) {
    if (coming.length > 0) return { do: 'gather', from: namesOf(coming.filter((one) => one !== owner)) }
    return { do: 'close', nodes: [] }
  }
  if (second) return { why: `${namesOf(moving).join(' and ')} both have it moving` }
  const [to, other] = coming
  if (to && !other) return { do: 'finish', from: from.name, to: to.name, close: [] }
  if (!to) {
    if (from === owner || from.keys === 0) return { do: 'close', nodes: [from.name] }
    return { why: `${from.name} has it moving and does not own it` }
  }
  const withKeys = coming.filter(({ keys }) => keys > 0)
  if (withKeys.length > 0) return { why: `${namesOf(withKeys).join(' and ')} have keys of it, beside ${from.name}` }
  const target = coming.find(({ id }) => id === from.movesTo)
  if (!target) return { do: 'close', nodes: namesOf([from, ...coming]) }
  const close = namesOf(coming.filter((one) => one !== target))
  return { do: 'finish', from: from.name, to: target.name, close }
}

function mostKeys(holders: readonly SlotHolder[]): SlotHolder | undefined {
  return [...holders].sort((a, b) => b.keys - a.keys || Number(b.owns) - Number(a.owns))[0]
}

function namesOf(holders: readonly SlotHolder[]): string[] {
  return holders.map(({ name }) => name)
}
