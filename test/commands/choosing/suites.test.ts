import t from 'tap'
import { suiteOfRun } from '../../../runner/commands/choosing/suites.ts'

const NAMES = ['basic/failover-basic']
const NOTHING = { words: [], tags: [], all: false }

t.test('a run is named after the suite that it plays', async (t) => {
  t.equal(suiteOfRun({ ...NOTHING, words: ['smoke'] }, NAMES), 'smoke')
  t.equal(suiteOfRun({ ...NOTHING, tags: ['nightly'] }, NAMES), 'nightly')
  t.equal(suiteOfRun({ ...NOTHING, all: true }, NAMES), 'full')
})

t.test('a few scenarios that somebody named are no suite', async (t) => {
  t.equal(suiteOfRun({ ...NOTHING, words: ['failover-basic'] }, NAMES), undefined)
  t.equal(suiteOfRun({ ...NOTHING, words: ['smoke', 'failover-basic'] }, NAMES), undefined)
  t.equal(suiteOfRun({ ...NOTHING, tags: ['election'] }, NAMES), undefined)
  t.equal(suiteOfRun({ ...NOTHING, words: ['smoke'] }, ['mine/smoke']), undefined, 'a scenario of that name')
})
