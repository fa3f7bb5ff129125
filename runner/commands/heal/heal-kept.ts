import { LiveCluster } from '../../cluster/live-cluster.ts'
import { type Healing, healJournal } from '../../faults/heal-run.ts'
import { Journal, readJournals } from '../../faults/journal.ts'
import type { FoundRun, Platform } from '../../platforms/platform.ts'
import { defaultStateFolder } from '../../platforms/process/state-folder.ts'
import { systemClock } from '../../record/clock.ts'

/** Heals a cluster that stays: what its journal tells, then what can be seen of it. Throws PlatformError. */
export async function healKept(
  platform: Platform,
  { runId }: FoundRun,
  { password, dryRun, signal }: { password: string; dryRun: boolean; signal: AbortSignal },
): Promise<Healing> {
  const servers = await platform.find(runId)
  if (!servers) return { done: [], failed: [] }
  const cluster = new LiveCluster({ nodes: servers.nodes, password, clock: systemClock })
  try {
    const faults = readJournals(defaultStateFolder()).find((entry) => entry.runId === runId)?.faults ?? []
    const journal = new Journal(defaultStateFolder(), { runId, platform: platform.kind })
    return await healJournal({ cluster, servers, clock: systemClock, journal, faults, dryRun, signal })
  } finally {
    cluster.close()
  }
}

export function forgetJournal(runId: string): void {
  new Journal(defaultStateFolder(), { runId, platform: 'unknown' }).remove()
}
