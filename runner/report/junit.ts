import { visible } from '../base/text.ts'
import type { AuditRuleOutcome } from '../record/audit-outcome.ts'
import type { CheckReport, RunReport, ScenarioReport, StepReport } from '../results/report-model.ts'
import { checkName } from './check-problems.ts'
import { playNames } from './play-names.ts'
import { linesOf, type Problem, sentenceOf } from './problem.ts'
import { isOfScenario, problemsOf, problemsOfScenario } from './problems.ts'

interface Counts {
  tests: number
  failures: number
  errors: number
  skipped: number
}

/** A test case: its lines, and what it counts as. */
interface TestCase {
  lines: string[]
  counts: Omit<Counts, 'tests'>
}

/** By which readers keep the cases of a play together, and apart from those of others. */
interface CasePlace {
  classname: string
  file: string
}

const NONE = { failures: 0, errors: 0, skipped: 0 }

/**
 * `junit.xml`, in the dialect that GitLab, Jenkins and GitHub's actions read: a suite for each time that a scenario is
 * played, on each server, and a case for each step and each check: readers tell cases apart by class name and name. Failed expectations are failures; what has no verdict (environment, inconclusive,
 * interrupted) is an error.
 */
export function junitReport(run: RunReport): string {
  const names = playNames(run)
  const suites = run.scenarios.map((scenario, place) => suiteOf(scenario, names[place] ?? scenario.id))
  const ofRun = problemsOf(run).filter((problem) => problem.scenario === undefined)
  if (ofRun.length > 0) suites.push(suiteOfRun(run, ofRun))
  // How many were skipped stands with each suite: readers that validate know it nowhere else.
  const { skipped: _, ...totals } = total(suites.map(({ counts }) => counts))
  const head = `<testsuites${attributes({ name: run.name, ...totals, time: seconds(run.durationMs) })}>`
  const lines = suites.flatMap((suite) => suite.lines)
  return `${['<?xml version="1.0" encoding="UTF-8"?>', head, ...indent(lines), '</testsuites>'].join('\n')}\n`
}

function suiteOf(scenario: ScenarioReport, play: string): { lines: string[]; counts: Counts } {
  const cases = casesOf(scenario, play)
  const counts = { ...total(cases.map((one) => one.counts)), tests: cases.length }
  const head = attributes({
    name: play,
    ...counts,
    time: seconds(scenario.durationMs),
    timestamp: scenario.startedAt.replace(/\.\d+Z$/, ''),
    file: scenario.file,
  })
  const properties = {
    title: scenario.title,
    server: scenario.server,
    platform: scenario.platform,
    seed: String(scenario.seed),
    verdict: scenario.verdict,
  }
  const lines = [
    `<testsuite${head}>`,
    ...indent([
      '<properties>',
      ...indent(Object.entries(properties).map(([name, value]) => `<property${attributes({ name, value })}/>`)),
      '</properties>',
      ...cases.flatMap((one) => one.lines),
      ...output(scenario.warnings.map((warning) => `warning: ${warning}`)),
    ]),
    '</testsuite>',
  ]
  return { lines, counts }
}

/** What no scenario has: a run that broke off, repeats that disagree, regressions. */
function suiteOfRun(run: RunReport, problems: readonly Problem[]): { lines: string[]; counts: Counts } {
  const names = problems.map(({ about = 'run' }) => about)
  const cases = problems.map((problem, place) => {
    // The same for the same thing the next day; what is there several times is counted.
    const [name = '', earlier] = [names[place], names.slice(0, place).filter((one) => one === names[place]).length]
    return testCase(
      { name: earlier === 0 ? name : `${name} ${earlier + 1}`, classname: run.name, time: seconds(run.durationMs) },
      problem,
      [],
    )
  })
  const counts = { ...total(cases.map((one) => one.counts)), tests: cases.length }
  const head = `<testsuite${attributes({ name: run.name, ...counts, time: seconds(run.durationMs) })}>`
  return { lines: [head, ...indent(cases.flatMap((one) => one.lines)), '</testsuite>'], counts }
}

function casesOf(scenario: ScenarioReport, play: string): TestCase[] {
  const place = { classname: play, file: scenario.file }
  const whole = { name: 'scenario', ...place, time: seconds(scenario.durationMs) }
  if (scenario.verdict === 'skipped') return [skippedCase(whole, scenario.reason ?? 'no reason was recorded')]
  const problems = problemsOfScenario(scenario)
  const ofScenario = problems.find(isOfScenario)
  const steps = scenario.steps.map((step) => stepCase(scenario, play, step, problems))
  const checks = scenario.checks.map((check) => checkCase(place, check, problems))
  const rules = (scenario.audit?.rules ?? []).map((rule) => ruleCase(place, rule, problems))
  return [...(ofScenario === undefined ? [] : [testCase(whole, ofScenario, [])]), ...steps, ...checks, ...rules]
}

function stepCase(scenario: ScenarioReport, play: string, step: StepReport, problems: readonly Problem[]): TestCase {
  const head = {
    // The path keeps names apart: two cases with one name count as one.
    name: `${step.path} ${step.name}`,
    classname: play,
    file: step.file,
    line: step.line,
    time: seconds(step.durationMs),
  }
  if (step.verdict === 'not-run') return skippedCase(head, 'not run')
  if (step.verdict === 'skipped') return skippedCase(head, step.note ?? 'skipped')
  const said = [step.note, step.proof].filter((line) => line !== undefined)
  if (step.trueAfterMs !== undefined) said.push(`true after ${seconds(step.trueAfterMs)} s`)
  if (step.verdict === 'passed') return testCase(head, undefined, said)
  // A twin that failed as it should.
  if (scenario.twin !== undefined && scenario.verdict === 'passed')
    return testCase(head, undefined, [`failed as it should: ${step.error?.message ?? 'a step inside did'}`, ...said])
  const passedOn = {
    verdict: step.verdict,
    title: step.name,
    reason: step.error?.message ?? 'A step inside did not pass.',
  }
  return testCase(
    head,
    problems.find((one) => one.step === step) ?? { ...passedOn, evidence: [], facts: [], details: [] },
    said,
  )
}

/** A rule has one case: of several findings the first says why, and the others stand with it. */
function ruleCase(place: CasePlace, outcome: AuditRuleOutcome, problems: readonly Problem[]): TestCase {
  const head = { name: `audit ${outcome.rule}`, ...place, time: seconds(0) }
  if (outcome.verdict === 'not-evaluated') return skippedCase(head, `not evaluated, looked at ${outcome.lookedAt}`)
  const said = [`${outcome.sentence} Looked at ${outcome.lookedAt}.`, ...outcome.findings.map(({ text }) => text)]
  return testCase(
    head,
    problems.find((one) => one.rule === outcome),
    said,
  )
}

function checkCase(place: CasePlace, check: CheckReport, problems: readonly Problem[]): TestCase {
  const head = { name: `check ${checkName(check)}`, ...place, time: seconds(0) }
  const said = [`found ${check.value}, from ${check.samples} samples`, check.explanation]
  return testCase(
    head,
    problems.find((problem) => problem.check === check),
    said,
  )
}

function skippedCase(head: Record<string, string | number>, reason: string): TestCase {
  const lines = [
    `<testcase${attributes(head)}>`,
    ...indent([`<skipped${attributes({ message: reason })}/>`]),
    '</testcase>',
  ]
  return { lines, counts: { ...NONE, skipped: 1 } }
}

function testCase(head: Record<string, string | number>, problem: Problem | undefined, said: string[]): TestCase {
  const inner = [...(problem === undefined ? [] : [problemElement(problem)]), ...output(said)]
  const lines =
    inner.length === 0
      ? [`<testcase${attributes(head)}/>`]
      : [`<testcase${attributes(head)}>`, ...indent(inner), '</testcase>']
  if (problem === undefined) return { lines, counts: NONE }
  const failed = problem.verdict === 'failed'
  return { lines, counts: { ...NONE, failures: failed ? 1 : 0, errors: failed ? 0 : 1 } }
}

function problemElement(problem: Problem): string {
  const element = problem.verdict === 'failed' ? 'failure' : 'error'
  const text = linesOf(problem).join('\n')
  const head = attributes({ message: sentenceOf(problem), type: problem.verdict })
  return `<${element}${head}>${escapeText(text)}</${element}>`
}

function output(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`<system-out>${escapeText(lines.join('\n'))}</system-out>`]
}

function total(counts: readonly (Omit<Counts, 'tests'> & { tests?: number })[]): Counts {
  const sum = (key: keyof Counts) => counts.reduce((all, one) => all + (one[key] ?? 0), 0)
  return { tests: sum('tests'), failures: sum('failures'), errors: sum('errors'), skipped: sum('skipped') }
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(
      ([name, value]) => ` ${name}="${escapeText(String(value)).replaceAll('"', '&quot;').replaceAll('\n', '&#10;')}"`,
    )
    .join('')
}

/** XML 1.0 has no way to write most control characters, halves of surrogate pairs, U+FFFE and U+FFFF. */
function escapeText(text: string): string {
  const allowed = Buffer.from(visible(text, '\n\t'))
    .toString()
    .replace(/[\ufffe\uffff]/g, '\ufffd')
  return allowed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(3)
}
