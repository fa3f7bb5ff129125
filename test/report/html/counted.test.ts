import t from 'tap'
import type { Comparison, NightsReport } from '../../../runner/record/comparison.ts'
import { baselineSection } from '../../../runner/report/html/sections/baseline.ts'
import { scenariosPlayed } from '../../../runner/report/repeat-lines.ts'
import { reduceRun } from '../../../runner/results/run-model.ts'
import { passingRun } from '../../support/sample-events.ts'

const COMPARED: Comparison = {
  ...{ scenario: 'a', server: 'redis:7.0', platform: 'process', metric: 'failover', verdict: 'same', p: 0.5 },
  ...{ samples: [4600, 4700, 4800], baseline: [2340], sentence: 'a is as before.' },
}

t.test('beside a median stands what it is of: nights, or plays', async (t) => {
  const run = reduceRun(passingRun())
  const shown = (nights?: NightsReport) => {
    const baseline = { file: 'b.json', savedAt: '', comparisons: [COMPARED], ...(nights && { nights }) }
    return baselineSection({ ...run, baseline })?.text
  }
  t.match(shown({ before: 1, summary: '', flaky: [] }), />2.34 s, 1 night<.*>4.70 s, 3 plays</s)
  t.match(shown(), />2.34 s, 1 play<.*>4.70 s, 3 plays</s)
  t.match(shown({ before: 1, summary: '', flaky: [], unsteady: ['a is slower.'] }), '<p>a is slower.</p>')
})

t.test('plays are not called scenarios', async (t) => {
  const run = reduceRun(passingRun())
  const [one] = run.scenarios
  const scenarios = one === undefined ? [] : [one, one, one, one]
  t.equal(scenariosPlayed({ ...run, scenarios }), '4 scenarios')
  const repeat = { scenario: 'a', server: '', platform: '', verdict: 'passed' as const, flaky: false }
  const repeats = [{ ...repeat, plays: [0, 1, 2], minority: [], measures: [] }]
  t.equal(scenariosPlayed({ ...run, scenarios, repeats }), '2 scenarios played 4 times')
})
