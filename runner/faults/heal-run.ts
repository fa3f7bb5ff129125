import type { Clock } from '../base/clock.ts'
import { ChaosError, messageOf } from '../base/errors.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import { FaultBoard } from './board.ts'
import { type Fault, NotProven } from './fault.ts'
import type { Journal } from './journal.ts'

export interface HealOptions {
  cluster: LiveCluster
  servers: ServerGroup
  clock: Clock
  journal: Journal
  /** What the journal tells. */
  faults: readonly Fault[]
  /** Say what would be done, and do nothing. */
  dryRun: boolean
  signal: AbortSignal
}

export interface Healing {
  /** In words, what was done (or would be). */
  done: string[]
  /** In words, what could not be healed, and why. */
  failed: string[]
}

/**
 * Takes away the faults that a run's journal tells of, the last first, going on after a failure. What is healed leaves
 * the journal.
 */
export async function healJournal(options: HealOptions): Promise<Healing> {
  const { cluster, servers, clock, journal, faults, dryRun, signal } = options
  if (dryRun) return { done: [...faults].reverse().map(({ sentence }) => `would heal: ${sentence}`), failed: [] }
  const board = new FaultBoard({ cluster, servers, clock, active: faults, keep: (left) => journal.write(left) })
  const healing: Healing = { done: [], failed: [] }
  for (const fault of [...faults].reverse()) {
    try {
      healing.done.push(`healed: ${fault.sentence} (${await board.end(fault.id, signal)})`)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof NotProven) {
        healing.done.push(`healed: ${error.message}`)
        continue
      }
      const hint = error instanceof ChaosError && error.hint !== undefined ? `; ${error.hint}` : ''
      healing.failed.push(`${fault.sentence}: ${messageOf(error)}${hint}`)
    }
  }
  return healing
}
