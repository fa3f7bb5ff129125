import { filterClash } from '../faults/dropped-packets.ts'
import { type StepContext, StepFailure } from './verb.ts'

/** A server has one filter: throws StepFailure when another fault has it on one of these nodes. */
export function demandFreeFilter(nodes: readonly string[], { faults }: StepContext): void {
  const other = filterClash(faults.active, nodes)
  if (!other) return
  throw new StepFailure({
    message: `a server can drop one type of packet at a time, and this is active already: ${other.sentence}`,
    hint: 'Heal that first.',
  })
}
