import { settingsClash } from '../faults/server-settings.ts'
import { type StepContext, StepFailure } from './verb.ts'

/** Throws StepFailure when another fault already changes one of these settings on one of these nodes. */
export function demandFreeSettings(nodes: readonly string[], names: readonly string[], { faults }: StepContext): void {
  const clash = settingsClash(faults.active, nodes, names)
  if (clash === undefined) return
  throw new StepFailure({ message: clash, hint: 'Heal that first, or change both in one step.' })
}
