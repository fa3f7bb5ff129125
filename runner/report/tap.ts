import { stringify } from 'yaml'
import { oneLine, visible } from '../base/text.ts'
import type { AuditRuleOutcome } from '../record/audit-outcome.ts'
import type { CheckReport, RunReport, ScenarioReport, StepReport } from '../results/report-model.ts'
import { checkName } from './check-problems.ts'
import { toldNames } from './play-names.ts'
import type { Fact, Problem } from './problem.ts'
import { isOfScenario, problemsOf, problemsOfScenario } from './problems.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

const INDENT = '    '

/**
 * `results.tap`, TAP version 14 (testanything.org/tap-version-14-specification.html): one test point for each scenario,
 * with a subtest of its steps and checks. What was not run is skipped; everything else that did not pass is `not ok`.
 */
export function tapReport(run: RunReport): string {
  const names = toldNames(run)
  const points = run.scenarios.map((scenario, index) => scenarioPoint(scenario, names[index] ?? scenario.id, index + 1))
  for (const problem of problemsOf(run).filter(({ scenario }) => scenario === undefined)) {
    points.push([`not ok ${points.length + 1} - ${described(problem.title)}`, ...diagnostics(problem)])
  }
  const plan = points.length === 0 ? '1..0 # SKIP no scenario was played' : `1..${points.length}`
  const warnings = run.warnings.map((text) => `# warning: ${oneLine(text)}`)
  const bail = run.verdict === 'interrupted' ? ['Bail out! The run was interrupted'] : []
  return `${['TAP version 14', plan, ...points.flat(), ...warnings, ...bail].join('\n')}\n`
}

function scenarioPoint(scenario: ScenarioReport, play: string, number: number): string[] {
  const name = described(`${play}: ${scenario.title}`)
  if (scenario.verdict === 'skipped') {
    return [`ok ${number} - ${name} # SKIP ${described(scenario.reason ?? 'no reason was recorded')}`]
  }
  const problems = problemsOfScenario(scenario)
  const ofScenario = problems.find(isOfScenario)
  const ok = scenario.verdict === 'passed' ? 'ok' : 'not ok'
  return [
    `# Subtest: ${name}`,
    ...subtest(scenario, problems).map((line) => (line === '' ? line : INDENT + line)),
    `${ok} ${number} - ${name} # time=${scenario.durationMs}ms`,
    ...(ofScenario === undefined ? [] : diagnostics(ofScenario)),
  ]
}

function subtest(scenario: ScenarioReport, problems: readonly Problem[]): string[] {
  const { steps, checks, audit } = scenario
  const isMeant = scenario.twin !== undefined && scenario.verdict === 'passed'
  const rules = audit?.rules ?? []
  const count = steps.length + checks.length + rules.length
  if (count === 0) return ['1..0 # SKIP no steps']
  return [
    `1..${count}`,
    ...steps.flatMap((step, index) => stepPoint(step, index + 1, problems, isMeant)),
    ...checks.flatMap((check, index) => checkPoint(check, steps.length + index + 1, problems)),
    ...rules.flatMap((rule, index) => rulePoint(rule, steps.length + checks.length + index + 1, problems)),
  ]
}

function rulePoint(outcome: AuditRuleOutcome, number: number, problems: readonly Problem[]): string[] {
  const name = `${number} - ${described(`audit ${outcome.rule}: looked at ${outcome.lookedAt}`)}`
  if (outcome.verdict === 'not-evaluated') return [`ok ${name} # SKIP not evaluated`]
  const problem = problems.find((one) => one.rule === outcome)
  return problem === undefined ? [`ok ${name}`] : [`not ok ${name}`, ...diagnostics(problem)]
}

function checkPoint(check: CheckReport, number: number, problems: readonly Problem[]): string[] {
  const name = `${number} - ${described(`check ${checkName(check)}: found ${check.value}`)}`
  const problem = problems.find((one) => one.check === check)
  return problem === undefined ? [`ok ${name}`] : [`not ok ${name}`, ...diagnostics(problem)]
}

/** `isMeant`: its scenario is a twin, and what failed had to. */
function stepPoint(step: StepReport, number: number, problems: readonly Problem[], isMeant: boolean): string[] {
  const name = `${number} - ${described(`${step.path} ${step.name}`)}`
  if (step.verdict === 'not-run') return [`ok ${name} # SKIP not run`]
  if (step.verdict === 'skipped') return [`ok ${name} # SKIP ${described(step.note ?? 'skipped')}`]
  if (step.verdict === 'passed') return [`ok ${name} # time=${step.durationMs}ms`]
  const problem = problems.find((one) => one.step === step)
  // A step that only passes on what broke inside it has no problem of its own.
  const block = problem === undefined ? [] : diagnostics(problem)
  const directive = isMeant ? 'TODO it fails as it should' : `time=${step.durationMs}ms`
  return [`not ok ${name} # ${directive}`, ...block]
}

function diagnostics(problem: Problem): string[] {
  const { step, evidence, facts, details, hint, place } = problem
  const fields = (from: readonly Fact[]) =>
    Object.fromEntries(from.map(({ label, text }) => [label.replaceAll(' ', '_'), text]))
  const block = {
    message: problem.reason,
    verdict: problem.word ?? VERDICT_LOOKS[problem.verdict].word,
    ...(details.length > 0 && { details }),
    ...fields(evidence),
    ...(hint !== undefined && { what_next: hint }),
    ...fields(facts),
    ...(place !== undefined && { place }),
    ...(step?.limitMs !== undefined && { limit_ms: step.limitMs }),
    ...(step !== undefined && { duration_ms: step.durationMs }),
  }
  // Every text in double quotes, on one line: nothing in it can end the block.
  const yaml = stringify(block, {
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
  })
  return ['---', ...visible(yaml.trimEnd(), '\n').split('\n'), '...'].map((line) => `  ${line}`)
}

/** A description on one line; a `#` would begin a directive. */
function described(text: string): string {
  return oneLine(text).replaceAll('\\', '\\\\').replaceAll('#', '\\#')
}
