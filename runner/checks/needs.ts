import { z } from 'zod'
import { count, percentage, shareOf } from './limits.ts'

/** How much of a load there must be for what passed to mean anything. */
export interface Needs {
  /** Operations with an outcome, over the whole run. */
  operations: number
  /** Operations in each window that a claim is about: a phase, a failover. */
  inWindow: number
  /** The share of what was due that must have been sent, 0 to 1. */
  sent: number
}

/**
 * Ten operations without a fault show, at 95 %, that fewer than three in ten meet one (the rule of three: 3/n); fewer
 * show next to nothing. And a load that is meant to be watched in a window has ten in it on a busy machine, too.
 */
const IN_WINDOW = 10

/** What a scenario gets that does not say otherwise. */
export const DEFAULT_NEEDS: Needs = { operations: 100, inWindow: IN_WINDOW, sent: 0.5 }

/** The keys, beside the checks of a workload, that say so, with their schemas. */
export const needKeys = {
  min_operations: count.describe(
    `Fewer operations with an outcome (acknowledged or refused) make what passed inconclusive; ${DEFAULT_NEEDS.operations} unless given`,
  ),
  min_in_window: count.describe(
    `Fewer operations in the phase that a check asks for, or acknowledged around a failover of their shard, make what passed inconclusive; ${IN_WINDOW} unless given`,
  ),
  min_sent: percentage.describe(
    'When a smaller share was sent of the operations that were due by the rate while clients were not out, what passed is inconclusive; 50% unless given',
  ),
}

const written = z.object({
  min_operations: needKeys.min_operations.default(DEFAULT_NEEDS.operations),
  min_in_window: needKeys.min_in_window.default(DEFAULT_NEEDS.inWindow),
  min_sent: needKeys.min_sent.optional(),
})

/** Splits what stands under a workload into what its load must come to, and the limits. Throws ZodError. */
export function splitNeeds(all: Readonly<Record<string, unknown>>): {
  needs: Needs
  limits: Record<string, unknown>
} {
  const { min_operations, min_in_window, min_sent } = written.parse(all)
  const sent = min_sent === undefined ? DEFAULT_NEEDS.sent : shareOf(min_sent)
  const limits = Object.fromEntries(Object.entries(all).filter(([key]) => !(key in needKeys)))
  return { needs: { operations: min_operations, inWindow: min_in_window, sent }, limits }
}
