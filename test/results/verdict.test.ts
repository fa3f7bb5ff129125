import t from 'tap'
import { EXIT } from '../../runner/base/exit.ts'
import type { CheckVerdict } from '../../runner/record/check-outcome.ts'
import type { RunVerdict, ScenarioVerdict, StepVerdict } from '../../runner/record/events.ts'
import { exitCodeOf, verdictOfChecks, verdictOfRun, verdictOfSteps } from '../../runner/results/verdict.ts'

t.test('exit codes', async (t) => {
  const codes: Record<RunVerdict, number> = { passed: 0, failed: 1, inconclusive: 3, error: 3, interrupted: 130 }
  for (const [verdict, code] of Object.entries(codes)) t.equal(exitCodeOf(verdict as RunVerdict), code, verdict)
  t.strictSame({ ...EXIT }, { passed: 0, failed: 1, usage: 2, noVerdict: 3, regressed: 4, bug: 70, interrupted: 130 })
})

t.test('a run ends as the worst of its scenarios', async (t) => {
  const runs: [ScenarioVerdict[], RunVerdict][] = [
    [['passed'], 'passed'],
    [['passed', 'skipped'], 'passed'],
    [['skipped', 'passed'], 'passed'],
    [['skipped'], 'inconclusive'],
    [['skipped', 'skipped'], 'inconclusive'],
    [[], 'inconclusive'],
    [['passed', 'inconclusive', 'passed'], 'inconclusive'],
    [['inconclusive', 'error'], 'error'],
    [['error', 'failed', 'inconclusive'], 'failed'],
    [['failed', 'passed'], 'failed'],
    [['skipped', 'failed'], 'failed'],
    [['failed', 'interrupted', 'error'], 'interrupted'],
  ]
  for (const [verdicts, verdict] of runs) t.equal(verdictOfRun(verdicts), verdict, verdicts.join(', ') || 'none')
})

t.test('a scenario ends as the worst of its steps', async (t) => {
  const scenarios: [StepVerdict[], ScenarioVerdict][] = [
    [['passed', 'passed'], 'passed'],
    [['passed', 'failed', 'not-run'], 'failed'],
    [['inconclusive', 'passed'], 'inconclusive'],
    [['failed', 'error'], 'failed'],
    [['error', 'inconclusive'], 'error'],
    [['interrupted', 'failed'], 'interrupted'],
  ]
  for (const [verdicts, verdict] of scenarios) t.equal(verdictOfSteps(verdicts), verdict, verdicts.join(', '))
})

t.test('checks fail a scenario when a limit was broken or never evaluated', async (t) => {
  const verdictOf = (...verdicts: CheckVerdict[]) => verdictOfChecks(verdicts.map((verdict) => ({ verdict })))
  t.equal(verdictOf(), 'passed')
  t.equal(verdictOf('passed', 'passed'), 'passed')
  t.equal(verdictOf('passed', 'inconclusive'), 'inconclusive')
  t.equal(verdictOf('inconclusive', 'failed'), 'failed')
  t.equal(verdictOf('passed', 'not-evaluated'), 'failed')
})
