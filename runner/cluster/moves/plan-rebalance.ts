import { countSlots, SLOT_COUNT } from '../slots.ts'
import { MoveError, type SlotMove } from './move.ts'
import type { Owner } from './owners.ts'
import { shareOut } from './share-out.ts'
import { rangesOf, slotsIn } from './slot-numbers.ts'

export interface RebalanceRequest {
  /** By master; 1 for those that are not named. 0: it is to own nothing. */
  weights: ReadonlyMap<string, number>
  /** Masters without slots get some too. */
  emptyMasters: boolean
  /** Percent by which a master may be off before anything is moved. */
  thresholdPercent: number
}

/** A master with what it has too much (positive) or too little. */
interface Balance {
  owner: Owner
  surplus: number
}

/**
 * The moves of a `rebalance`; none where every master is within the threshold. As `redis-cli --cluster rebalance` has
 * it, step by step and in its single precision (clusterManagerCommandRebalance, redis-cli.c, Redis 7.0). Throws MoveError
 * if the weights leave nobody to own the slots.
 */
export function planRebalance(owners: readonly Owner[], request: RebalanceRequest): SlotMove[] {
  const involved = owners.filter(({ slots }) => request.emptyMasters || slots.length > 0)
  const weightOf = ({ name }: Owner) => Math.fround(request.weights.get(name) ?? 1)
  const total = involved.reduce((sum, owner) => Math.fround(sum + weightOf(owner)), 0)
  if (total === 0) throw new MoveError('the weights leave no master to own the slots', { moved: [] })
  const expected = (owner: Owner) => Math.trunc(Math.fround(Math.fround(SLOT_COUNT / total) * weightOf(owner)))
  const isOff = (owner: Owner) => isOver(countSlots(owner.slots), expected(owner), request.thresholdPercent)
  if (!involved.some(isOff)) return []
  const balances = involved.map((owner) => ({ owner, surplus: countSlots(owner.slots) - expected(owner) }))
  return settle(evened(balances))
}

function isOver(slots: number, expected: number, thresholdPercent: number): boolean {
  if (thresholdPercent <= 0) return false
  return slots > 0 ? Math.fround(Math.abs(100 - (100 * expected) / slots)) > thresholdPercent : expected > 1
}

/** What rounding has left over goes to those that get slots or have enough, one each in turn. */
function evened(balances: readonly Balance[]): Balance[] {
  let left = balances.reduce((sum, { surplus }) => sum + surplus, 0)
  const even = balances.map((balance) => ({ ...balance }))
  while (left > 0 && even.some(({ surplus }) => surplus <= 0)) {
    for (const balance of even) {
      if (balance.surplus > 0 || left === 0) continue
      balance.surplus -= 1
      left -= 1
    }
  }
  return even
}

/** Whoever has most gives to whoever lacks most, until one of the two is done. */
function settle(balances: readonly Balance[]): SlotMove[] {
  const sorted = balances.map(({ owner, surplus }) => ({ owner: { ...owner }, surplus }))
  sorted.sort((a, b) => a.surplus - b.surplus)
  const moves: SlotMove[] = []
  let to = 0
  let from = sorted.length - 1
  while (to < from) {
    const [target, source] = [sorted[to], sorted[from]]
    if (!target || !source) break
    const count = Math.min(Math.abs(target.surplus), Math.abs(source.surplus))
    if (count > 0) {
      moves.push(...shareOut([source.owner], target.owner.name, count))
      source.owner.slots = rangesOf(slotsIn(source.owner.slots).slice(count))
    }
    target.surplus += count
    source.surplus -= count
    if (target.surplus === 0) to += 1
    if (source.surplus === 0) from -= 1
  }
  return moves
}
