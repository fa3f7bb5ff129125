import { formatDuration, formatLimit } from '../base/duration.ts'
import { EXIT } from '../base/exit.ts'
import { firstFew, plural } from '../base/text.ts'
import type { AuditFinding, AuditRuleOutcome } from '../record/audit-outcome.ts'
import { type Comparison, METRICS } from '../record/comparison.ts'
import type { RunReport, ScenarioReport, StepReport } from '../results/report-model.ts'
import { isInside } from '../results/step-path.ts'
import { byWeight, isOpen } from '../results/verdict.ts'
import { problemsOfChecks } from './check-problems.ts'
import { toldNames } from './play-names.ts'
import type { Fact, Problem } from './problem.ts'
import { repeatName, repeatVerdict } from './repeat-lines.ts'

/** So many scenarios are named where there are more. */
const SCENARIOS_SHOWN = 12

/** Everything that kept the run from passing, what weighs most first; empty for a run that passed. */
export function problemsOf(run: RunReport): Problem[] {
  const names = new Map(toldNames(run).map((name, place) => [run.scenarios[place], name]))
  const problems = [
    ...toldOnce(
      run.scenarios.toSorted(byWeight).flatMap((scenario) => problemsOfScenario(scenario, names.get(scenario))),
    ),
    ...flakyProblems(run),
    ...baselineProblems(run),
    ...unwrittenProblems(run),
    ...unsavedProblems(run),
  ]
  if (problems.length > 0 || run.verdict === 'passed') return problems
  const reason = run.warnings.at(-1) ?? 'The run ended before a scenario was played.'
  return [{ verdict: run.verdict, title: `run ${run.name}`, reason, evidence: [], facts: [], details: [] }]
}

/** Scenarios of which nothing was played for one and the same reason, as where there is no server, are one problem. */
function toldOnce(problems: readonly Problem[]): Problem[] {
  const first = new Map<string, Problem[]>()
  for (const problem of problems.filter(isUnplayed)) {
    const key = JSON.stringify([problem.reason, problem.hint])
    first.set(key, [...(first.get(key) ?? []), problem])
  }
  return problems.flatMap((problem) => {
    const [leader, ...others] = first.get(JSON.stringify([problem.reason, problem.hint])) ?? []
    if (leader === undefined || others.length === 0 || !isUnplayed(problem)) return [problem]
    if (problem !== leader) return []
    const { place: _, ...told } = problem
    const titles = [leader, ...others].map(({ title }) => title)
    const title = `${plural(titles.length, 'scenario')} of which nothing was played`
    return [{ ...told, title, details: [...told.details, firstFew(titles, SCENARIOS_SHOWN, ', ')] }]
  })
}

function isUnplayed({ verdict, scenario, step, check, rule }: Problem): boolean {
  if (verdict !== 'error' || (step ?? check ?? rule) !== undefined) return false
  return scenario?.steps.every((one) => one.verdict === 'not-run') === true
}

/** What could not be written down of the run: without it, nobody can look at what it showed. */
function unwrittenProblems({ name, unwritten = [] }: RunReport): Problem[] {
  const [reason, ...details] = unwritten
  if (reason === undefined) return []
  const hint = 'Make room there or change that, and run it again: what was played is no verdict without its record.'
  return [
    {
      verdict: 'error',
      about: 'its record',
      title: `the record of ${name}`,
      reason,
      evidence: [],
      facts: [],
      details,
      hint,
    },
  ]
}

/** A baseline that was asked for, and for which nothing was measured. */
function unsavedProblems({ unsaved }: RunReport): Problem[] {
  if (unsaved === undefined) return []
  const hint = 'Play a scenario in which a replica is promoted or a load runs, or leave out --save-baseline.'
  const title = `the baseline ${unsaved.file}`
  return [{ verdict: 'inconclusive', title, reason: unsaved.reason, evidence: [], facts: [], details: [], hint }]
}

/** Repeats that disagree. Each that did not pass is a problem of its own as well. */
function flakyProblems(run: RunReport): Problem[] {
  return (run.repeats ?? [])
    .filter(({ flaky }) => flaky)
    .map((repeat) => ({
      verdict: 'failed',
      word: 'flaky',
      title: repeatName(repeat),
      about: `${repeatName(repeat)}: its repeats agree`,
      reason: `its repeats disagree, ${repeatVerdict(repeat, run)}`,
      evidence: [{ label: 'otherwise', text: repeat.minority.map((place) => timeOf(run, place)).join(', ') }],
      details: [],
      facts: [],
      hint: 'All repeats are kept: compare one that is otherwise with one that is not.',
    }))
}

function timeOf(run: RunReport, place: number): string {
  const scenario = run.scenarios[place]
  return `repeat ${scenario?.repeat?.number ?? place + 1} ${scenario?.verdict ?? ''}`
}

/** Regressions, and comparisons that could not tell anything. */
function baselineProblems({ baseline, exitCode }: RunReport): Problem[] {
  if (baseline === undefined) return []
  const problemOfComparison = ({ verdict, sentence, ...measured }: Comparison): Problem => ({
    verdict: verdict === 'regressed' ? 'failed' : 'inconclusive',
    word: verdict === 'regressed' ? 'regressed' : 'too few',
    about: `${repeatName(measured)}: ${METRICS[measured.metric].name}`,
    title: `${repeatName(measured)} beside ${baseline.nights === undefined ? 'the baseline' : 'the nights in'} ${baseline.file}`,
    reason: sentence,
    evidence: [],
    facts: [],
    details: [],
  })
  const regressed = baseline.comparisons.filter(({ verdict }) => verdict === 'regressed').map(problemOfComparison)
  if (exitCode !== EXIT.noVerdict || baseline.nights !== undefined) return regressed
  const few = baseline.comparisons
    .filter(({ verdict }) => verdict === 'too-few' || verdict === 'missing')
    .map(problemOfComparison)
  return [...regressed, ...(baseline.comparisons.length === 0 ? [nothingCompared(baseline.file)] : few)]
}

function nothingCompared(file: string): Problem {
  const reason = 'The run measured nothing that could be compared: no failover, outage or loss.'
  const about = 'the baseline'
  return { verdict: 'inconclusive', about, title: `the baseline ${file}`, reason, evidence: [], facts: [], details: [] }
}

/**
 * The same for one scenario: what decided its verdict, then the rest by weight. What no step explains is a problem of
 * the scenario itself. `name`: what it is called in their titles.
 */
export function problemsOfScenario(scenario: ScenarioReport, name = scenario.id): Problem[] {
  const { verdict, reason } = scenario
  if (verdict === 'passed' || verdict === 'skipped') return []
  const problems = [
    ...brokenSteps(scenario.steps).map((step) => problemOfStep(scenario, name, step)),
    ...problemsOfChecks(scenario, name),
    ...problemsOfAudit(scenario, name),
  ]
  const cutOff = problems.find((problem) => problem.verdict === 'interrupted' && problem.step?.error === undefined)
  if (cutOff !== undefined && reason !== undefined) cutOff.reason = reason
  const explained = problems.find((problem) => reason === undefined || sayTheSame(problem, reason))
  if (scenario.twin !== undefined) {
    // A twin that failed elsewhere says itself what was wanted of it; advice for its scenario would be in vain.
    for (const problem of problems) delete problem.hint
    if (explained !== undefined && reason !== undefined) explained.reason = reason
  }
  // Something may have failed and yet not decide: somebody else had a hand in it.
  const decides = (problem: Problem) => {
    if (problem.verdict !== verdict) return 0
    // Whatever a crash led to comes after it.
    if (problem.rule?.rule === 'crash') return 3
    return problem === explained && reason !== undefined ? 2 : 1
  }
  problems.sort((a, b) => decides(b) - decides(a) || byWeight(a, b))
  if (explained !== undefined) {
    // The engine may know what to do next where the step did not: about that, and nothing beside it.
    if (reason !== undefined && scenario.hint !== undefined) explained.hint ??= scenario.hint
    return problems
  }
  return [
    {
      verdict,
      title: name,
      reason: reason ?? 'No reason was recorded.',
      evidence: [],
      facts: [],
      details: [],
      ...(scenario.hint !== undefined && { hint: scenario.hint }),
      scenario,
      place: scenario.file,
    },
    ...problems,
  ]
}

function isBroken(step: StepReport): step is StepReport & { verdict: Problem['verdict'] } {
  return !['passed', 'skipped', 'not-run'].includes(step.verdict)
}

/** A parallel or repeat step that only passes on what broke inside it is left out. */
function brokenSteps(steps: readonly StepReport[]) {
  const broken = steps.filter(isBroken)
  return broken.filter((step) => {
    const inner = broken.filter((other) => isInside(other.path, step.path))
    const message = step.error?.message
    return (
      inner.length === 0 ||
      (message !== undefined && !inner.some(({ error, name }) => overlaps(message, error?.message ?? name)))
    )
  })
}

function problemOfStep(
  scenario: ScenarioReport,
  name: string,
  step: StepReport & { verdict: Problem['verdict'] },
): Problem {
  const details = step.error?.details ?? []
  return {
    verdict: step.verdict,
    title: `${name}, step ${step.path}: ${step.name}`,
    ...told(step),
    facts: factsOf(step),
    details,
    ...(step.error?.hint !== undefined && { hint: step.error.hint }),
    scenario,
    step,
    place: `${step.file}:${step.line}`,
  }
}

function defaultReason(step: StepReport): string {
  if (step.verdict === 'interrupted')
    return `The run was interrupted ${formatDuration(step.durationMs)} into this step.`
  return 'No reason was recorded.'
}

/** The cause first, where it is known; what was expected and seen beside it. */
function told(step: StepReport): Pick<Problem, 'reason' | 'evidence'> {
  const { error, lastSeen } = step
  const seen: Fact[] = lastSeen === undefined ? [] : [{ label: 'last seen', text: lastSeen }]
  if (error === undefined) return { reason: defaultReason(step), evidence: seen }
  const { cause, expected, message, details = [] } = error
  if (cause !== undefined) {
    // Without an expectation the message alone says what the cause led to.
    const came = message.startsWith(`${cause}; `) ? message.slice(cause.length + 2) : message
    const asked: Fact =
      expected === undefined ? { label: 'outcome', text: came } : { label: 'expected', text: expected }
    return { reason: cause, evidence: [asked, ...seen] }
  }
  if (expected !== undefined) return { reason: `expected ${expected}`, evidence: seen }
  const isKnown = lastSeen !== undefined && [message, ...details].join('\n').includes(lastSeen)
  return { reason: message, evidence: isKnown ? [] : seen }
}

function factsOf(step: StepReport): Fact[] {
  const facts: Fact[] = []
  const limit = step.limitMs === undefined ? '' : ` (limit ${formatLimit(step.limitMs)})`
  const took = `${formatDuration(step.durationMs)}${limit}`
  if (step.attempts === undefined) facts.push({ label: 'took', text: took })
  else facts.push({ label: 'tried', text: `${plural(step.attempts, 'time')} in ${took}` })
  if (step.trueAfterMs !== undefined) {
    facts.push({ label: 'was true', text: `after ${formatDuration(step.trueAfterMs)}, and did not stay so` })
  }
  if (step.targets !== undefined && step.targets.length > 0)
    facts.push({ label: 'nodes', text: step.targets.join(', ') })
  if (step.proof !== undefined) facts.push({ label: 'proof', text: step.proof })
  return facts
}

function sayTheSame(problem: Problem, reason: string): boolean {
  return overlaps(problem.reason, reason) || reason.includes(problem.step?.name ?? problem.reason)
}

function overlaps(one: string, other: string): boolean {
  return one.includes(other) || other.includes(one)
}

/** Whether a problem is of a scenario as a whole. */
export function isOfScenario({ step, check, rule }: Problem): boolean {
  return step === undefined && check === undefined && rule === undefined
}

/** Findings of the audit that kept a scenario from passing, as problems: one for each. */
function problemsOfAudit(scenario: ScenarioReport, name: string): Problem[] {
  return (scenario.audit?.rules ?? [])
    .filter(({ verdict }) => verdict === 'failed' || verdict === 'inconclusive')
    .flatMap((rule) => rule.findings.filter(isOpen).map((finding) => problemOfFinding(scenario, name, rule, finding)))
}

function problemOfFinding(
  scenario: ScenarioReport,
  name: string,
  rule: AuditRuleOutcome,
  finding: AuditFinding,
): Problem {
  return {
    verdict: finding.inconclusive === true ? 'inconclusive' : 'failed',
    title: `${name}, audit: ${rule.rule}`,
    reason: finding.text,
    evidence: [],
    facts: [{ label: 'rule', text: rule.sentence }],
    details: finding.details ?? [],
    hint: finding.hint ?? `where the scenario means it, it says so: \`audit: { ${rule.rule}: allowed }\``,
    scenario,
    rule,
    place: scenario.file,
  }
}
