import { listed } from '../base/text.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import type { History } from '../record/history.ts'
import type { WorkloadType } from '../record/history-codes.ts'
import type { RunFacts } from '../results/run-facts.ts'
import type { Check } from './check.ts'
import { counter } from './counter.ts'
import { duplicates } from './duplicates.ts'
import { errorRate } from './error-rate.ts'
import { Evidence } from './evidence.ts'
import { expiry } from './expiry.ts'
import { failoverChecks } from './failover.ts'
import { isolation } from './isolation.ts'
import { latencies } from './latency.ts'
import { linearizable } from './linearizable.ts'
import { listOrder } from './list-order.ts'
import { longestOutage } from './longest-outage.ts'
import { lostMessages } from './lost-messages.ts'
import { lostWrites } from './lost-writes.ts'
import { splitNeeds } from './needs.ts'
import { outages } from './outages.ts'
import { resurrected } from './resurrected.ts'
import { set } from './set.ts'
import { staleReads } from './stale-reads.ts'
import { throughput } from './throughput.ts'
import { unexpected } from './unexpected.ts'

/** All checks of workloads, in the order in which reports show them. */
export const checks: readonly Check[] = [
  lostWrites,
  resurrected,
  unexpected,
  duplicates,
  linearizable,
  staleReads,
  counter,
  set,
  listOrder,
  isolation,
  lostMessages,
  expiry,
  longestOutage,
  outages,
  errorRate,
  ...latencies,
  throughput,
]

export { FAILOVER, failoverChecks } from './failover.ts'
export { needKeys } from './needs.ts'

const byName = new Map(checks.map((check) => [check.name, check]))

export function checkNamed(name: string): Check | undefined {
  return byName.get(name)
}

/** The checks that a workload of this type can answer. */
export function checksFor(type: WorkloadType): Check[] {
  return checks.filter(({ workloads }) => workloads.includes(type))
}

/** Why a workload cannot answer a check, in words; undefined if it can. */
export function cannotAnswer(check: Check, type: WorkloadType): string | undefined {
  if (check.workloads.includes(type)) return undefined
  return `a \`${type}\` workload cannot answer \`${check.name}\`; ${listed(
    check.workloads.map((able) => `\`${able}\``),
    10,
  )} can`
}

/**
 * Judges the limits of one workload, by the name of their checks, as its history and the facts of its scenario have it.
 * `limits` may hold `min_operations` and its like. Throws ZodError for a limit that its check does not accept, Error for a check
 * that there is not or that cannot be answered: reading the scenario should have found both.
 */
export function judgeWorkload(judged: {
  on: string
  limits: Readonly<Record<string, unknown>>
  history: History
  facts: RunFacts
  /** The histories of other workloads of the scenario, for limits that compare with one. */
  others?: (workload: string) => History | undefined
  /** Phases of which operations do not count where a limit names none. */
  except?: readonly string[]
}): CheckOutcome[] {
  const { on, history, facts, others, except } = judged
  const { needs, limits } = splitNeeds(judged.limits)
  const evidence = new Evidence(history, facts, needs, except)
  const otherEvidence = (workload: string) => {
    const other = others?.(workload)
    return other && new Evidence(other, facts)
  }
  return Object.entries(limits).flatMap(([name, written]) => {
    const check = byName.get(name)
    if (!check) throw new Error(`there is no check \`${name}\``)
    const problem = cannotAnswer(check, history.type)
    if (problem !== undefined) throw new Error(problem)
    return check.judge(on, written, evidence, otherEvidence)
  })
}

/**
 * Judges the limits that stand under `failover`, by name: `time`, `detection`, `election`, `client_outage`. Throws as
 * `judgeWorkload` does.
 */
export function judgeFailovers(limits: Readonly<Record<string, unknown>>, facts: RunFacts): CheckOutcome[] {
  return Object.entries(limits).flatMap(([name, written]) => {
    const check = failoverChecks.find((one) => one.name === name)
    if (!check) throw new Error(`there is no check \`${name}\` of failovers`)
    return check.judge(written, facts)
  })
}
