import { ZodError, type z } from 'zod'
import { ChaosError } from '../base/errors.ts'
import { listed } from '../base/text.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import type { History } from '../record/history.ts'
import type { WorkloadType } from '../record/history-codes.ts'
import type { RunFacts } from '../results/run-facts.ts'
import type { Check } from './check.ts'
import { clientOutage } from './client-outage.ts'
import { connectionsLeaked, reconnects } from './connections.ts'
import { counter } from './counter.ts'
import { duplicates } from './duplicates.ts'
import { errorRate } from './error-rate.ts'
import { errorsAfterRecovery } from './errors-after-recovery.ts'
import { Evidence } from './evidence.ts'
import { expiry } from './expiry.ts'
import { FAILOVER, failoverChecks, failoverForms } from './failover.ts'
import { isolation } from './isolation.ts'
import { latencies } from './latency.ts'
import { limitForms as basicForms } from './limits.ts'
import { linearizable } from './linearizable.ts'
import { listOrder } from './list-order.ts'
import { longestOutage } from './longest-outage.ts'
import { lostMessages } from './lost-messages.ts'
import { lostWrites } from './lost-writes.ts'
import { splitNeeds } from './needs.ts'
import { outages } from './outages.ts'
import { recoveryAfterServer } from './recovery-after-server.ts'
import { resurrected } from './resurrected.ts'
import { set } from './set.ts'
import { staleReads } from './stale-reads.ts'
import { stuckClients } from './stuck-clients.ts'
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
  clientOutage,
  recoveryAfterServer,
  errorsAfterRecovery,
  stuckClients,
  reconnects,
  connectionsLeaked,
  errorRate,
  ...latencies,
  throughput,
]

export { FAILOVER, failoverChecks } from './failover.ts'
export { needKeys } from './needs.ts'

/** What limits are made of, and limits: each that has a title, once. */
export const limitForms: readonly z.ZodType[] = [
  ...new Set([...basicForms, ...failoverForms, ...checks.map(({ limit }) => limit)]),
].filter((form) => form.meta()?.title !== undefined)

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
 * A limit that cannot be judged. Reading a scenario finds it before anything is played: it comes from a record that was
 * changed, or from another scenario than the one that was played.
 */
class LimitError extends ChaosError {
  override name = 'LimitError'

  constructor(on: string, check: string, why: string) {
    super(`the limit ${['checks', on, check].filter(Boolean).join('.')} cannot be judged: ${why}`)
  }
}

/** Throws LimitError for what a schema does not accept. */
function accepting<T>(on: string, check: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ZodError)) throw error
    const [issue] = error.issues
    throw new LimitError(
      on,
      [check, ...(issue?.path ?? [])].filter((part) => part !== '').join('.'),
      issue?.message ?? 'it is no limit',
    )
  }
}

/**
 * Judges the limits of one workload, by the name of their checks, as its history and the facts of its scenario have it.
 * `limits` may hold `min_operations` and its like. Throws LimitError for a limit that its check does not accept, and for a check
 * that there is not or that the workload cannot answer.
 */
export function judgeWorkload(judged: JudgedWorkload): CheckOutcome[] {
  return [...workloadJudgements(judged)].flat()
}

interface JudgedWorkload {
  on: string
  limits: Readonly<Record<string, unknown>>
  history: History
  facts: RunFacts
  /** The histories of other workloads of the scenario, for limits that compare with one. */
  others?: (workload: string) => History | undefined
  /** Phases of which operations do not count where a limit names none. */
  except?: readonly string[]
}

/** As `judgeWorkload`, a check at a time. */
export function* workloadJudgements(judged: JudgedWorkload): Generator<CheckOutcome[]> {
  const { on, history, facts, others, except } = judged
  const { needs, limits } = accepting(on, '', () => splitNeeds(judged.limits))
  const evidence = new Evidence(history, facts, needs, except)
  const otherEvidence = (workload: string) => {
    const other = others?.(workload)
    return other && new Evidence(other, facts)
  }
  for (const [name, written] of Object.entries(limits)) {
    const check = byName.get(name)
    if (!check) throw new LimitError(on, name, `there is no check \`${name}\``)
    const problem = cannotAnswer(check, history.type)
    if (problem !== undefined) throw new LimitError(on, name, problem)
    yield accepting(on, name, () => check.judge(on, written, evidence, otherEvidence))
  }
}

/**
 * Judges the limits that stand under `failover`, by name: `time`, `detection`, `election`, `client_outage`. Throws as
 * `judgeWorkload` does.
 */
export function judgeFailovers(limits: Readonly<Record<string, unknown>>, facts: RunFacts): CheckOutcome[] {
  return Object.entries(limits).flatMap(([name, written]) => {
    const check = failoverChecks.find((one) => one.name === name)
    if (!check) throw new LimitError(FAILOVER, name, `there is no check \`${name}\` of failovers`)
    return accepting(FAILOVER, name, () => check.judge(written, facts))
  })
}
