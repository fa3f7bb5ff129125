import { countSlots } from '../slots.ts'
import type { SlotMove } from './move.ts'
import type { Owner } from './owners.ts'
import { rangesOf, slotsIn } from './slot-numbers.ts'

/**
 * Which slots go to `to` when so many are to come from all the sources together: of each its lowest ones, in
 * proportion to what it owns. As `redis-cli --cluster reshard` has it, in its single precision
 * (clusterManagerComputeReshardTable, redis-cli.c, Redis 7.0): the largest source rounds up and the others down, so that
 * a few may be missing in the end.
 */
export function shareOut(sources: readonly Owner[], to: string, count: number): SlotMove[] {
  const sizeOf = ({ slots }: Owner) => countSlots(slots)
  const total = sources.reduce((sum, source) => sum + sizeOf(source), 0)
  const bySize = [...sources].sort((a, b) => sizeOf(b) - sizeOf(a))
  let left = count
  return bySize.flatMap((source, place): SlotMove[] => {
    const share = Math.fround(Math.fround(Math.fround(count) / total) * sizeOf(source))
    const rounded = place === 0 ? Math.ceil(share) : Math.floor(share)
    const slots = slotsIn(source.slots).slice(0, Math.min(rounded, left))
    left -= slots.length
    return slots.length === 0 ? [] : [{ slots: rangesOf(slots), from: source.name, to }]
  })
}
