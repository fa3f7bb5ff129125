import { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import { formatDuration, parseDuration } from '../base/duration.ts'
import { FAILOVER } from '../checks/index.ts'
import type { RunEvent } from '../record/events.ts'
import { expectedAfterFault } from '../results/failovers/expected.ts'
import type { ScenarioChecks } from '../scenario/model.ts'

/** The longest wait of all, ms. */
const MOST_MS = 30_000
/** An outage is known to be longer than its limit only by operations that failed beyond it: they may be rare, ms. */
const BEYOND_LIMIT_MS = 1000
const LOOK_EVERY_MS = 50

export interface OutageWait {
  /** As `Load.outForMs` has it. */
  outForMs(waitedMs: number): Promise<Record<string, number>>
  /** How long an outage of a workload may last, ms: beyond it nothing is left to wait for. */
  limitMs(workload: string): number
  clock: Clock
  signal: AbortSignal
  /** Told what is waited for, in words. */
  progress(text: string): void
}

/**
 * Resolves when no outage is open that may still end within its limit, so that what is nearly over is judged by its
 * real length. At once where none is open, or when `signal` aborts.
 */
export async function waitForOutages({ outForMs, limitMs, clock, signal, progress }: OutageWait): Promise<void> {
  const startMs = clock.ranMs()
  const leftMs = async () => {
    const out = Object.entries(await outForMs(clock.ranMs() - startMs))
    const left = out.map(([workload, ms]) => ({ workload, ms: limitMs(workload) + BEYOND_LIMIT_MS - ms }))
    return left.filter(({ ms }) => ms > 0)
  }
  let isTold = false
  for (;;) {
    const left = await leftMs()
    if (left.length === 0 || clock.ranMs() - startMs >= MOST_MS || signal.aborted) break
    if (!isTold) {
      const mostMs = Math.min(Math.max(...left.map(({ ms }) => ms)), MOST_MS)
      const whose = left.map(({ workload }) => workload).join(', ')
      progress(`waiting up to ${formatDuration(mostMs)} for an outage of ${whose} to end`)
      isTold = true
    }
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
  }
  if (isTold) progress('looking at what is left')
}

const mostText = z.union([z.string(), z.object({ at_most: z.string() }).transform(({ at_most }) => at_most)])
const mostTexts = z.union([z.array(mostText), mostText.transform((text) => [text])])

/**
 * How long an outage of a workload may last, ms: by the longest limit that the scenario's checks set to it; where they
 * set none, or what is expected, as long as clients may be refused in a failover by the cluster's own settings and
 * version.
 */
export function outageLimitMs(
  workload: string,
  checks: readonly ScenarioChecks[],
  events: readonly RunEvent[],
  scenario: number,
): number {
  const timing = events.filter((event) => event.type === 'timing-seen').findLast((seen) => seen.scenario === scenario)
  const expectedMs = timing ? (expectedAfterFault(timing, {}, 0).clientOutage?.maxMs ?? 0) : 0
  const written = checks.flatMap(({ on, limits }) => {
    const ofWorkload = on === workload ? [limits.longest_outage, limits.client_outage] : []
    const written = on === FAILOVER ? [limits.client_outage] : ofWorkload
    return written.flatMap((limit) => mostTexts.safeParse(limit).data ?? [])
  })
  return written.length === 0 ? expectedMs : Math.max(...written.map((text) => parseDuration(text) ?? expectedMs))
}
