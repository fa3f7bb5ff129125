import { EXIT, type ExitCode } from '../base/exit.ts'
import type { AuditFinding, AuditRuleOutcome } from '../record/audit-outcome.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import type { Comparison } from '../record/comparison.ts'
import type { RunVerdict, ScenarioVerdict, StepVerdict } from '../record/events.ts'

/** From best to worst, as the exit codes rank them: a failure outweighs a missing verdict. */
const RANK: readonly ScenarioVerdict[] = ['skipped', 'passed', 'inconclusive', 'error', 'failed', 'interrupted']

/**
 * The verdict of a run is its worst scenario's. A skipped scenario weighs nothing, but a run that played nothing has
 * shown nothing: it is inconclusive.
 */
export function verdictOfRun(verdicts: readonly ScenarioVerdict[]): RunVerdict {
  return verdicts.every((verdict) => verdict === 'skipped') ? 'inconclusive' : worst(verdicts)
}

function worst(verdicts: readonly ScenarioVerdict[]): RunVerdict {
  return verdicts.reduce<RunVerdict>(
    (sofar, verdict) => (verdict !== 'skipped' && RANK.indexOf(verdict) > RANK.indexOf(sofar) ? verdict : sofar),
    'passed',
  )
}

/** What weighs most comes first; `sort` leaves what weighs the same in its order. */
export function byWeight(a: { verdict: ScenarioVerdict }, b: { verdict: ScenarioVerdict }): number {
  return RANK.indexOf(b.verdict) - RANK.indexOf(a.verdict)
}

/** Exit code of a run without a bug of the runner (that is 70 whatever the verdict). */
export function exitCodeOf(verdict: RunVerdict): ExitCode {
  switch (verdict) {
    case 'passed':
      return EXIT.passed
    case 'failed':
      return EXIT.failed
    case 'inconclusive':
    case 'error':
      return EXIT.noVerdict
    case 'interrupted':
      return EXIT.interrupted
  }
}

/** What the checks make of a scenario: a limit that was never evaluated fails it as one that was broken. */
export function verdictOfChecks(
  outcomes: readonly Pick<CheckOutcome, 'verdict'>[],
): 'passed' | 'failed' | 'inconclusive' {
  const verdicts = new Set(outcomes.map(({ verdict }) => verdict))
  if (verdicts.has('failed') || verdicts.has('not-evaluated')) return 'failed'
  return verdicts.has('inconclusive') ? 'inconclusive' : 'passed'
}

/** What the audit makes of a scenario: findings that only warn, or that it pardons, change nothing. */
export function verdictOfAudit(
  rules: readonly Pick<AuditRuleOutcome, 'verdict' | 'findings'>[],
): 'passed' | 'failed' | 'inconclusive' {
  if (isVoid(rules)) return 'inconclusive'
  const verdicts = new Set(rules.map(({ verdict }) => verdict))
  if (verdicts.has('failed')) return 'failed'
  return verdicts.has('inconclusive') ? 'inconclusive' : 'passed'
}

/** Whether somebody else had a hand in a scenario: then nothing that failed can be blamed on the servers. */
export function isVoid(rules: readonly Pick<AuditRuleOutcome, 'verdict' | 'findings'>[]): boolean {
  const open = rules.flatMap(({ verdict, findings }) => (verdict === 'inconclusive' ? findings.filter(isOpen) : []))
  return open.some(({ voids }) => voids === true)
}

/** Whether the scenario does not pardon a finding. */
export function isOpen({ pardon }: Pick<AuditFinding, 'pardon'>): boolean {
  return pardon === undefined
}

/** What a scenario's verdict is when one of its steps ended like this. */
export function verdictOfSteps(verdicts: readonly StepVerdict[]): ScenarioVerdict {
  return worst(verdicts.filter((verdict) => verdict !== 'not-run'))
}

/** The verdict that was given most often; of equally many, the worse. */
export function mostGiven(verdicts: readonly ScenarioVerdict[]): ScenarioVerdict {
  const counts = RANK.map((verdict) => verdicts.filter((one) => one === verdict).length)
  return RANK[counts.lastIndexOf(Math.max(...counts))] ?? 'interrupted'
}

/**
 * A comparison that was asked for and can tell nothing is no verdict; a regression outweighs it, for that one is
 * certain.
 */
export function exitCodeOfComparisons(comparisons: readonly Comparison[]): ExitCode {
  const verdicts = new Set(comparisons.map(({ verdict }) => verdict))
  if (verdicts.has('regressed')) return EXIT.regressed
  const isDecided = verdicts.has('same') || verdicts.has('improved')
  return verdicts.has('too-few') || !isDecided ? EXIT.noVerdict : EXIT.passed
}
