import { messageOf } from '../base/errors.ts'
import type { OwnReport } from '../cluster/live-cluster.ts'
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
