import { messageOf } from '../base/errors.ts'
import type { OwnReport } from '../cluster/live-cluster.ts'
import { filterClash } from '../faults/dropped-packets.ts'
import { settingsClash } from '../faults/server-settings.ts'
import { type StepContext, StepFailure } from './verb.ts'

/** What these nodes say of themselves. Throws StepFailure for one that is no master, with `why` a master is needed. */
export async function mastersOnly(
  nodes: readonly string[],
  why: string,
  { cluster }: StepContext,
): Promise<OwnReport[]> {
  const reports = await Promise.all(
    nodes.map((node) =>
      cluster.lookAt(node).catch((error: unknown) => {
        throw new StepFailure({ message: messageOf(error) })
      }),
    ),
  )
  const replicas = nodes.filter((_, index) => reports[index]?.report.replication.role === 'replica')
  if (replicas.length === 0) return reports
  throw new StepFailure({
    message: `${replicas.join(', ')} is a replica, and ${why}`,
    hint: 'Name a master: `master of shard 1`, `random master`.',
  })
}

/** Throws StepFailure when another fault already changes one of these settings on one of these nodes. */
export function assertSettingsFree(nodes: readonly string[], names: readonly string[], { faults }: StepContext): void {
  const clash = settingsClash(faults.active, nodes, names)
  if (clash === undefined) return
  throw new StepFailure({ message: clash, hint: 'Heal that first, or change both in one step.' })
}

/** A server has one filter: throws StepFailure when another fault has it on one of these nodes. */
export function assertFilterFree(nodes: readonly string[], { faults }: StepContext): void {
  const other = filterClash(faults.active, nodes)
  if (!other) return
  throw new StepFailure({
    message: `a server can drop one type of packet at a time, and this is active already: ${other.sentence}`,
    hint: 'Heal that first.',
  })
}
