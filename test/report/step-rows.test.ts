import t from 'tap'
import { consoleReport } from '../../runner/report/console.ts'
import { markdownReport } from '../../runner/report/markdown.ts'
import { type StepRow, stepRows } from '../../runner/report/step-rows.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { comparePaths, isInside, writtenPath } from '../../runner/results/step-path.ts'
import { repeatedRun, step, Tape } from '../support/sample-events.ts'

function told(rows: readonly StepRow[]): string[] {
  return rows.map((row) => {
    if (row.kind === 'step') return row.step.path
    return row.kind === 'not-run' ? `${row.steps.length} not run` : `${row.repeat}#${row.first}-${row.last}`
  })
}

t.test('a thousand rounds stay readable', async (t) => {
  const run = reduceRun(repeatedRun(1000))
  const steps = run.scenarios[0]?.steps ?? []
  t.equal(steps.length, 1 + 999 * 3 + 2 + 3 + 1)
  t.strictSame(told(stepRows(steps)), ['1', '1#1-999', '1#1000.1', '1#1000.2', '2', '2.1', '2.2', 'f1'])
  t.ok(consoleReport(run).split('\n').length < 40)
  t.ok(markdownReport(run).split('\n').length < 40)
})

t.test('a few rounds are shown one by one', async (t) => {
  const steps = reduceRun(repeatedRun(3)).scenarios[0]?.steps ?? []
  t.ok(stepRows(steps).every((row) => row.kind === 'step'))
})

t.test('passed rounds inside a round that failed are folded too', async (t) => {
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [])
  for (const outer of [1, 2, 3, 4, 5]) {
    for (const inner of [1, 2, 3, 4]) tape.played(step(`1#${outer}.1#${inner}.1`, 'wait', 'inner', 3), 1)
    tape.played(step(`1#${outer}.2`, 'wait', 'last', 4), 1, { verdict: outer === 5 ? 'failed' : 'passed' })
  }
  const steps = reduceRun(tape.events).scenarios[0]?.steps ?? []
  t.strictSame(told(stepRows(steps)), ['1#1-4', '1#5.1#1-4', '1#5.2'])
})

t.test('order of paths', async (t) => {
  const ordered = [
    '1',
    '2',
    '2.1',
    '2.2',
    '3',
    '3#1.1',
    '3#1.2',
    '3#2.1',
    '3#10.1',
    '3.2',
    '4',
    '10',
    'f1',
    'f1.1',
    'f2',
  ]
  t.strictSame([...ordered].reverse().sort(comparePaths), ordered)
  t.equal(writtenPath('3#2.1#4.2'), '3.1.2')
  t.ok(isInside('3#2.1', '3'))
  t.ok(isInside('3.1', '3'))
  t.notOk(isInside('30.1', '3'))
  t.notOk(isInside('3', '3'))
})
