import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { auditScenario } from '../../runner/checks/audit/audit-scenario.ts'
import { judgeScenario } from '../../runner/checks/judge.ts'
import { findRun } from '../../runner/commands/project.ts'
import { readEvents } from '../../runner/record/event-log.ts'
import type { RunEvent } from '../../runner/record/events.ts'
import { runFiles } from '../../runner/record/run-files.ts'
import { appendTrends } from '../../runner/record/trends.ts'
import { writeReports } from '../../runner/report/write-reports.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { trendLines } from '../../runner/results/trend-lines.ts'
import { passingRun } from '../support/sample-events.ts'
import { fillRunFolder, fullEvents } from '../support/sample-run-folder.ts'

const REPORTS = [
  'report.json',
  'results.tap',
  'junit.xml',
  'summary.md',
  'metrics.prom',
  'report.html',
  'scenario.yaml',
]

/** A folder of a run beside a file that nobody may touch. */
function planted(t: Test): { run: string; precious: string } {
  const folder = t.testdir({ run: {}, precious: 'mine' })
  return { run: path.join(folder, 'run'), precious: path.join(folder, 'precious') }
}

/** The run with these files said to be its own. */
function naming(file: string): RunEvent[] {
  const events = fullEvents('passing').map((event) => (event.type === 'log-saved' ? { ...event, file } : event))
  const played: RunEvent = {
    atMs: 1,
    type: 'scenario-as-played',
    scenario: 0,
    yaml: 'title: x\n',
    files: [{ path: file, text: 'theirs' }],
  }
  const saved: RunEvent = { atMs: 1, type: 'history-saved', scenario: 0, workload: 'checkout', file }
  return [...events.slice(0, 2), saved, ...events.slice(2), played]
}

t.test('links in the place of reports are replaced, and what they lead to stays as it is', async (t) => {
  for (const ending of ['', '.part']) {
    const { run, precious } = planted(t)
    for (const name of REPORTS) symlinkSync(precious, path.join(run, `${name}${ending}`))
    writeReports(run, passingRun())
    t.equal(readFileSync(precious, 'utf8'), 'mine')
    for (const name of REPORTS.slice(0, -1)) t.not(readFileSync(path.join(run, name), 'utf8'), 'mine')
  }
})

t.test('a link in the place of a folder is not written through', async (t) => {
  const { run, precious } = planted(t)
  const elsewhere = path.join(path.dirname(precious), 'elsewhere')
  mkdirSync(elsewhere)
  symlinkSync(elsewhere, path.join(run, 'steps'))
  t.throws(() => writeReports(run, naming('steps/x.yaml')), { name: 'ReportError', message: /symbolic link/ })
  t.strictSame(readdirSync(elsewhere), [])
})

t.test('a record cannot name a file elsewhere, nor one of its own that is no step file', async (t) => {
  for (const file of ['../precious', '/etc/hostname', 'a/../../precious', '..', '.', 'a\0b', 'events.jsonl']) {
    const { run, precious } = planted(t)
    writeFileSync(path.join(run, 'events.jsonl'), 'before')
    writeReports(run, naming(file))
    t.equal(readFileSync(precious, 'utf8'), 'mine', JSON.stringify(file))
    t.equal(readFileSync(path.join(run, 'events.jsonl'), 'utf8'), 'before', JSON.stringify(file))
    t.notMatch(readFileSync(path.join(run, 'report.html'), 'utf8'), />mine</, JSON.stringify(file))
  }
})

t.test('nothing is read through a link, neither logs nor histories nor events', async (t) => {
  const { run, precious } = planted(t)
  fillRunFolder(run)
  const log = path.join(run, 'nodes', 'redis-node0.log')
  rmSync(log)
  symlinkSync(precious, log)
  t.equal(runFiles(run).text('nodes/redis-node0.log'), undefined)
  t.type(runFiles(run).text('nodes/redis-node1.log'), 'string')
  symlinkSync(path.join(run, 'nodes'), path.join(run, 'way'))
  t.equal(runFiles(run).text('way/redis-node1.log'), undefined)
  symlinkSync(precious, path.join(run, 'events.jsonl'))
  t.throws(() => readEvents(path.join(run, 'events.jsonl')), { name: 'EventLogError', message: /symbolic link/ })
})

t.test('a history that is said to lie elsewhere is not judged', async (t) => {
  const { run } = planted(t)
  const events = naming('../precious')
  const refused = { name: 'RunFolderError', message: /leads out of the folder of the run/ }
  const limits = { checkout: { error_rate: { at_most: '5%' } } }
  t.throws(() => judgeScenario(events, 0, run, limits), refused)
  t.throws(() => auditScenario(events, 0, run, { pardons: {}, warnOnly: false }), refused)
})

t.test('trends are not appended through a link, and latest leads to no folder elsewhere', async (t) => {
  const { run, precious } = planted(t)
  symlinkSync(precious, path.join(run, 'trends.jsonl'))
  t.throws(() => appendTrends(run, trendLines(reduceRun(passingRun()))), {
    name: 'TrendsError',
    message: /symbolic link/,
  })
  t.equal(readFileSync(precious, 'utf8'), 'mine')
  const elsewhere = path.join(path.dirname(precious), 'elsewhere')
  mkdirSync(elsewhere)
  writeFileSync(path.join(elsewhere, 'events.jsonl'), '')
  symlinkSync(elsewhere, path.join(run, 'latest'))
  t.throws(() => findRun(undefined, run), { name: 'UsageError', message: /leads out of/ })
  t.ok(existsSync(path.join(findRun(elsewhere, run), 'events.jsonl')), 'its path may be named')
})
