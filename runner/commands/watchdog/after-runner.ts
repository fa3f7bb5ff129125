import { PlatformError } from '../../platforms/errors.ts'
import type { Platform } from '../../platforms/platform.ts'
import { forgetJournal, healCluster } from '../heal/heal-cluster.ts'
import { openKinds } from '../open-platform.ts'

/** What a watchdog is told by its runner, over a pipe. */
export interface WatchPlan {
  /** Of all its lanes, those too that may never begin. */
  runIds: readonly string[]
  /** Kinds of the platforms that it may have servers on. */
  kinds: string[]
  /** The servers are meant to outlive the runner: only faults are taken away. */
  keep: boolean
}

const TRIES = 30
const PAUSE_MS = 1000
const HEAL_WITHIN_MS = 60_000

/**
 * Heals and removes what a runner that is gone has left. The engine may still be making what the runner asked for last,
 * so it looks again until two looks in a row find nothing. An engine that does not answer is asked again for half a
 * minute.
 */
export async function afterRunner({ runIds, kinds, keep }: WatchPlan): Promise<void> {
  const platforms = openKinds(kinds)
  try {
    let clean = 0
    for (let tries = 0; tries < TRIES && clean < 2; tries += 1) {
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      try {
        const done = []
        for (const platform of platforms) {
          for (const runId of runIds) done.push(...(await tidyUp(platform, runId, keep)))
        }
        clean = done.length === 0 ? clean + 1 : 0
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        clean = 0
      }
    }
    if (!keep && clean === 2) for (const runId of runIds) forgetJournal(runId)
  } finally {
    await Promise.all(platforms.map((platform) => platform.close()))
  }
}

/** In words, what was done. */
async function tidyUp(platform: Platform, runId: string, keep: boolean): Promise<string[]> {
  if (!keep) return await platform.removeRun(runId)
  const run = { runId, purpose: 'a run', state: 'kept' } as const
  const { done } = await healCluster(platform, run, { dryRun: false, signal: AbortSignal.timeout(HEAL_WITHIN_MS) })
  return [...done, ...((await platform.removeGuests?.(runId)) ?? [])]
}
