import type { RunVerdict, ScenarioVerdict, StepVerdict } from '../record/events.ts'
import { describeFailure } from '../record/twin.ts'
import type { ScenarioReport } from './report-model.ts'
import { failedThere } from './twins.ts'
import { isOpen, isVoid, verdictOfAudit, verdictOfChecks, verdictOfRun, verdictOfSteps } from './verdict.ts'

/** What the parts of a whole with this verdict are not. An error, or an interruption, may have come after any of them. */
const FORBIDDEN: Readonly<Record<ScenarioVerdict, readonly ScenarioVerdict[]>> = {
  passed: ['failed', 'error', 'interrupted', 'inconclusive'],
  skipped: ['failed', 'error', 'interrupted', 'inconclusive'],
  inconclusive: ['failed'],
  failed: [],
  error: [],
  interrupted: [],
}

/**
 * What in the record of a scenario that ended cannot be true together, as one clause; undefined if its verdict is no
 * better than what its steps, checks and audit say.
 */
export function contradictionIn(scenario: ScenarioReport): string | undefined {
  const { verdict, steps, checks, audit, twin } = scenario
  if (twin !== undefined && verdict === 'passed')
    return failedThere(twin, scenario)
      ? undefined
      : `the twin passed, and did not fail at ${describeFailure(twin.fails)}`
  const rules = audit?.rules ?? []
  // Where somebody else had a hand in it, nothing that failed counts.
  if (verdict === 'inconclusive' && isVoid(rules)) return undefined
  const skipped = steps.find((one) => one.verdict === 'skipped')
  // What fails after a step was left out may fail for that.
  if (verdict === 'inconclusive' && skipped !== undefined) return undefined
  if (verdict === 'passed' && skipped !== undefined) return clause(`step ${skipped.path}`, told('skipped'), verdict)
  const worse = (part: ScenarioVerdict) => forbids(verdict, part)
  const step =
    steps.find((one) => worse(verdictOfSteps([one.verdict]))) ??
    // A step that was not reached comes after one that did not pass. Those inside a repeat may have had no turn.
    steps.find((one) => verdict === 'passed' && one.depth === 0 && one.verdict === 'not-run')
  if (step !== undefined) return clause(`step ${step.path}`, told(step.verdict), verdict)
  const check = checks.find((one) => worse(verdictOfChecks([one])))
  if (check !== undefined) return clause(`check ${check.name} of ${check.on}`, told(verdictOfChecks([check])), verdict)
  const rule = rules.find((one) => worse(verdictOfAudit([one])))
  if (rule !== undefined) return clause(`the audit of ${rule.rule}`, told(verdictOfAudit([rule])), verdict)
  const open = rules.find((one) => one.verdict === 'passed' && one.findings.some(isOpen))
  return open && `the audit of ${open.rule} has findings and passed`
}

/** The same for a run that ended and its scenarios, by the verdicts that its record gives them. */
export function contradictionOfRun(
  verdict: RunVerdict,
  scenarios: readonly Pick<ScenarioReport, 'id' | 'verdict'>[],
  notStarted: number,
): string | undefined {
  const whole = scenarios.length === 0 ? verdict : verdictOfRun(scenarios.map((one) => one.verdict))
  const scenario = scenarios.find((one) => one.verdict === whole)
  if (scenario !== undefined && forbids(verdict, whole)) return runClause(scenario.id, told(whole), verdict)
  return verdict === 'passed' && notStarted > 0 ? runClause('a scenario', told('not-run'), verdict) : undefined
}

function forbids(whole: ScenarioVerdict, part: ScenarioVerdict): boolean {
  return FORBIDDEN[whole].includes(part)
}

function clause(part: string, what: string, whole: ScenarioVerdict): string {
  return `${part} ${what} and the scenario ${told(whole)}`
}

function runClause(part: string, what: string, whole: RunVerdict): string {
  return `${part} ${what} and the run ${told(whole)}`
}

function told(verdict: ScenarioVerdict | StepVerdict): string {
  switch (verdict) {
    case 'not-run':
      return 'was not played'
    case 'error':
      return 'ended with an error'
    case 'inconclusive':
      return 'was inconclusive'
    case 'interrupted':
    case 'skipped':
      return `was ${verdict}`
    case 'failed':
    case 'passed':
      return verdict
  }
}
