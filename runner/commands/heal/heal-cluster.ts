import { systemClock } from '../../base/clock.ts'
import { LiveCluster } from '../../cluster/live-cluster.ts'
import { type Healing, healJournal } from '../../faults/heal-run.ts'
import { Journal, readJournals } from '../../faults/journal.ts'
import { mendCluster } from '../../faults/mend-cluster.ts'
import type { FoundRun, Platform } from '../../platforms/platform.ts'
import { defaultStateFolder } from '../../platforms/state-folder.ts'

/**
 * Heals a cluster that stays: first what can be seen to be wrong with it, for a server must answer before its settings
 * can be put back; then what its journal tells. Throws PlatformError.
 */
export async function healCluster(
  platform: Platform,
  { runId }: FoundRun,
  { dryRun, signal }: { dryRun: boolean; signal: AbortSignal },
): Promise<Healing> {
  const servers = await platform.find(runId)
  if (!servers) return { done: [], failed: [] }
  const cluster = new LiveCluster({ nodes: servers.nodes, ...(await servers.users()), clock: systemClock })
  try {
    const found = readJournals(defaultStateFolder()).find((entry) => entry.runId === runId)
    const { faults = [], problem } = found ?? {}
    const journal = new Journal(defaultStateFolder(), { runId, platform: platform.kind })
    const seen = await mendCluster({ cluster, servers, clock: systemClock, signal, dryRun })
    const told = await healJournal({ cluster, servers, clock: systemClock, journal, faults, dryRun, signal })
    return {
      done: [...seen.done, ...told.done],
      failed: [...seen.left, ...told.failed, ...(problem === undefined ? [] : [problem])],
    }
  } finally {
    cluster.close()
  }
}

export function forgetJournal(runId: string): void {
  new Journal(defaultStateFolder(), { runId, platform: 'unknown' }).remove()
}
