import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { withBaseline } from '../../runner/commands/play/run-record.ts'
import { consoleReport } from '../../runner/report/console.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { step, Tape } from '../support/sample-events.ts'

t.test('a run that measured nothing makes no baseline, and the disk is not blamed', async (t) => {
  const file = path.join(t.testdir(), 'before.json')
  const only = step('1', 'wait', 'wait 1s', 3)
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [only]).played(only, 5, { verdict: 'passed' })
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'passed', durationMs: 9, setupMs: 0, cleanupMs: 0 })
  const { report, told } = withBaseline(file, reduceRun(tape.runEnded('passed', 0).events))
  t.notOk(existsSync(file))
  t.match(report, { exitCode: 3, verdict: 'inconclusive' })
  t.strictSame(told, [])
  const text = consoleReport(report)
  t.match(
    text,
    /the baseline\s+\S+\s+\S*before\.json\s+It was not saved: the run measured nothing that could be compared/,
  )
  t.match(text, /what next +Play a scenario in which a replica is promoted or a load runs/)
  t.notMatch(text, /room|record of/)
})
