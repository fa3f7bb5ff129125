import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeReports } from '../../runner/report/write-reports.ts'
import { brokenOffRun, passingRun, Tape } from '../support/sample-events.ts'

t.test('all files, made from events alone, and the same when made again', async (t) => {
  const folder = t.testdir({})
  const run = writeReports(folder, passingRun())
  const names = [
    'junit.xml',
    'metrics.prom',
    'report.html',
    'report.json',
    'results.tap',
    'scenario.yaml',
    'summary.md',
  ]
  t.strictSame(readdirSync(folder).sort(), names)
  const read = () => Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
  const first = read()
  t.strictSame(JSON.parse(first['report.json'] ?? ''), run)
  t.equal(first['scenario.yaml'], 'title: as played\nsteps: []\n')
  writeReports(folder, JSON.parse(JSON.stringify(passingRun())))
  t.strictSame(read(), first)
})

t.test('several scenarios have a file each, also when one is played twice or named oddly', async (t) => {
  const folder = t.testdir({})
  const tape = new Tape().runStarted('x', 3)
  for (const [scenario, id] of ['one', 'one', '../odd'].entries()) {
    tape
      .scenarioStarted(scenario, id, id, [])
      .add({ type: 'scenario-as-played', scenario, yaml: `title: ${scenario}\n`, files: [] })
  }
  writeReports(folder, tape.events)
  const files = readdirSync(folder).filter((name) => name.startsWith('scenario'))
  t.strictSame(files.sort(), ['scenario-odd.yaml', 'scenario-one-2.yaml', 'scenario-one.yaml'])
  t.equal(readFileSync(join(folder, 'scenario-one-2.yaml'), 'utf8'), 'title: 1\n')
})

t.test('step files stand beside the scenario that uses them, and never outside of the folder', async (t) => {
  const folder = join(t.testdir({ run: {} }), 'run')
  const files = ['steps/back.yaml', '../out.yaml', '/nonexistent/out.yaml'].map((path) => ({
    path,
    text: 'steps: []\n',
  }))
  const tape = new Tape().runStarted('x', 1).scenarioStarted(0, 'x', 'x', [])
  tape.add({ type: 'scenario-as-played', scenario: 0, yaml: 'title: x\n', files })
  writeReports(folder, tape.events)
  t.equal(readFileSync(join(folder, 'steps', 'back.yaml'), 'utf8'), 'steps: []\n')
  t.strictSame(readdirSync(join(folder, '..')), ['run'])
})

t.test('a run that broke off has reports too, with its folder', async (t) => {
  const folder = t.testdir({})
  t.match(writeReports(folder, brokenOffRun()), { verdict: 'interrupted', folder })
})

t.test('a folder that is not there', async (t) => {
  const folder = join(t.testdir({}), 'nowhere')
  t.throws(() => writeReports(folder, passingRun()), { name: 'ReportError', message: /report.json cannot be written/ })
})
