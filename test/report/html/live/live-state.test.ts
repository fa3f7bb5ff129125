import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RunEvent } from '../../../../runner/record/events.ts'
import { runFiles } from '../../../../runner/record/run-files.ts'
import { changeBetween, changed } from '../../../../runner/report/html/live/live-change.ts'
import type { LiveState } from '../../../../runner/report/html/live/live-data.ts'
import { LiveLogs } from '../../../../runner/report/html/live/live-logs.ts'
import { LiveRecord } from '../../../../runner/report/html/live/live-record.ts'
import { liveState } from '../../../../runner/report/html/live/live-state.ts'
import type { PageData } from '../../../../runner/report/html/page-data.ts'
import { htmlReport } from '../../../../runner/report/html/suite-page.ts'
import { reduceRun } from '../../../../runner/results/run-model.ts'
import { auditedRun } from '../../../support/sample-audit.ts'
import {
  CLUSTER,
  environmentErrorRun,
  interruptedRun,
  repeatedRun,
  step,
  Tape,
  threeScenarios,
} from '../../../support/sample-events.ts'
import { fillRunFolder, fullEvents } from '../../../support/sample-run-folder.ts'

const FOLDER = 'reports/r1'

function recordOf(events: readonly RunEvent[]): LiveRecord {
  const record = new LiveRecord()
  for (const event of events) record.add(JSON.stringify(event))
  return record
}

function section(state: LiveState, id: string): string {
  return state.sections.find((one) => one.id === id)?.html ?? ''
}

/** What the final page hands to its scripts. */
function finalData(events: readonly RunEvent[], folder: string): PageData {
  const page = htmlReport(reduceRun(events, folder), runFiles(folder))
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '')
}

function filledFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-live-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  fillRunFolder(folder)
  return folder
}

const RUNS: Readonly<Record<string, () => RunEvent[]>> = {
  passing: () => fullEvents('passing'),
  failing: () => fullEvents('failing'),
  suite: threeScenarios,
  repeats: () => repeatedRun(3),
  audited: auditedRun,
  interrupted: interruptedRun,
  'no environment': environmentErrorRun,
}

for (const [name, events] of Object.entries(RUNS)) {
  t.test(`${name}: cut anywhere, there is a page, and changes lead from each to the next`, async (t) => {
    const record = new LiveRecord()
    const logs = new LiveLogs()
    let seen = liveState(record, logs, 'on', FOLDER)
    t.match(section(seen, 'verdict'), 'about to begin')
    for (const event of events()) {
      record.add(JSON.stringify(event))
      if ('scenario' in event && event.type === 'cluster-ready') {
        logs.add(new Map([['redis-node0', ['2026-11-22T13:40:09.000Z Cluster state changed: ok']]]))
      }
      const next = liveState(record, logs, 'on', FOLDER)
      const change = JSON.parse(JSON.stringify(changeBetween(seen, next)))
      const reached = next.scenario === seen.scenario ? changed(seen, change) : next
      if (JSON.stringify(reached) !== JSON.stringify(next)) t.same(reached, next, `after ${event.type}`)
      for (const fate of ['silent', 'vanished'] as const) liveState(record, logs, fate, FOLDER)
      seen = reached
    }
    t.equal(record.damagedLines, 0)
    t.equal(record.isRunOver, true)
  })
}

t.test('at its end, the page that follows a run has the data of the final page', async (t) => {
  const folder = filledFolder(t)
  for (const kind of ['passing', 'failing'] as const) {
    const events = fullEvents(kind)
    const record = new LiveRecord()
    const logs = new LiveLogs()
    const texts = CLUSTER.nodes.map(({ name }) => ({
      name,
      lines: readFileSync(join(folder, 'nodes', `${name}.log`), 'utf8').split('\n'),
    }))
    let state = liveState(record, logs, 'on', folder)
    for (const [place, event] of events.entries()) {
      record.add(JSON.stringify(event))
      // Each log grows by a line with each event.
      logs.add(new Map(texts.map(({ name, lines }) => [name, lines.slice(place, place + 1)])))
      const next = liveState(record, logs, 'on', folder)
      state = next.scenario === state.scenario ? changed(state, changeBetween(state, next)) : next
    }
    t.same(state.data, finalData(events, folder), kind)
    t.match(section(state, 'verdict'), kind === 'passing' ? 'All 14 steps' : 'What to do')
    t.match(state.title, kind === 'passing' ? 'passed: failover-basic' : 'failed: failover-basic')
  }
})

t.test('a step waits, runs with what it sees, and has passed', async (t) => {
  const events = fullEvents('passing')
  const began = events.findIndex((event) => event.type === 'step-started' && event.step.path === '4')
  const progress: RunEvent = {
    ...{ atMs: events[began]?.atMs ?? 0, type: 'step-progress', scenario: 0, index: 3 },
    text: 'redis-node1 is a replica',
  }
  const ended = events.findIndex((event) => event.type === 'step-ended' && event.step.path === '4')
  const looksAt = (cut: readonly RunEvent[]) => {
    const state = liveState(recordOf(cut), new LiveLogs(), 'on', FOLDER)
    const row = /<tr id="step-4".*?<\/tr>/s.exec(section(state, 'steps'))?.[0] ?? ''
    return { row, verdict: state.data.steps.find(({ path }) => path === '4')?.verdict, state }
  }
  t.match(looksAt(events.slice(0, began)).row, /waiting/)
  const running = looksAt([...events.slice(0, began + 1), progress])
  t.match(running.row, /running.*redis-node1 is a replica.*data-since/s)
  t.equal(running.verdict, 'running')
  t.match(section(running.state, 'verdict'), 'Step 4: redis-node1 is master')
  t.notMatch(section(running.state, 'scenario'), 'interrupted', 'the source does not say that it was broken off')
  t.match(looksAt(events.slice(0, ended + 1)).row, /passed/)
})

t.test('a run whose runner is gone ended without a word, and what was under way is interrupted', async (t) => {
  const events = fullEvents('passing')
  const began = events.findIndex((event) => event.type === 'step-started' && event.step.path === '4')
  const state = liveState(recordOf(events.slice(0, began + 1)), new LiveLogs(), 'silent', FOLDER)
  t.match(section(state, 'verdict'), /ended without a word.*heal/s)
  t.equal(state.on, false)
  t.equal(state.data.steps.at(-1)?.verdict, 'interrupted')
  const gone = liveState(recordOf(events.slice(0, began + 1)), new LiveLogs(), 'vanished', FOLDER)
  t.match(section(gone, 'verdict'), 'its folder is gone')
})

t.test('a suite is followed scenario by scenario, with what came of those before', async (t) => {
  const events = threeScenarios()
  const last = events.findLastIndex((event) => event.type === 'scenario-started')
  const state = liveState(recordOf(events.slice(0, last + 1)), new LiveLogs(), 'on', FOLDER)
  t.equal(state.scenario, 2)
  t.match(section(state, 'verdict'), /Scenario 3 of 3.*passed.*readme-walkthrough/s)
})

t.test('what is no event is left out, and told', async (t) => {
  const record = recordOf(fullEvents('passing').slice(0, 12))
  for (const line of ['', 'null', '{"type":"step-started"}', '[1,', '{"type":"run-started","version":99}'])
    record.add(line)
  t.equal(record.damagedLines, 5)
  t.match(section(liveState(record, new LiveLogs(), 'on', FOLDER), 'verdict'), '5 lines of the record cannot be read')
})

t.test('a record that is too long to hold loses old looks, and nothing that a page cannot do without', async (t) => {
  const events = fullEvents('passing')
  const ready = events.findIndex((event) => event.type === 'step-started')
  const record = recordOf(events.slice(0, ready))
  const looks = events.filter((event) => event.type === 'view-seen')
  const padded = looks.map((event) => JSON.stringify({ ...event, padding: 'x'.repeat(200_000) }))
  for (let round = 0; round < 12; round += 1) for (const line of padded) record.add(line)
  for (const event of events.slice(ready)) record.add(JSON.stringify(event))
  t.equal(record.isThinned, true)
  const state = liveState(record, new LiveLogs(), 'on', FOLDER)
  t.match(section(state, 'verdict'), 'All 14 steps')
  t.ok(state.data.nodeLanes.length > 0)
})

t.test('of logs without end the newest lines stay', async (t) => {
  const logs = new LiveLogs()
  const stamp = (second: number) => new Date(Date.UTC(2026, 10, 22, 13, 40, second)).toISOString()
  for (let second = 0; second < 6000; second += 100) {
    logs.add(
      new Map([['a', Array.from({ length: 100 }, (_, more) => `${stamp(second + more)} line ${second + more}`)]]),
    )
  }
  const lines = logs.lines(0)
  t.equal(lines.length, 4000)
  t.equal(lines.at(-1)?.[2], 'line 5999')
  t.equal(logs.lines(0)[0], lines[0], 'the same line is the same object')
  logs.add(new Map([['b', [`${stamp(5990)} in between`, 'no stamp']]]))
  t.equal(logs.lines(0).at(-10)?.[2], 'in between')
})

t.test('of scenarios side by side the first is shown, with what goes on beside it, and then the next', async (t) => {
  const step1 = step('1', 'stop', 'stop redis-node0', 3)
  const tape = new Tape().runStarted('x', 3, 2).scenarioStarted(1, 'two', 'Two', [step1])
  tape.scenarioStarted(0, 'one', 'One', [step1]).clusterReady(0).started(step1, undefined, 0)
  const before = liveState(recordOf(tape.events), new LiveLogs(), 'on', FOLDER)
  t.equal(before.title, 'running: two')
  t.match(section(before, 'verdict'), /one <span class="dim">step 1: stop redis-node0/)
  t.notMatch(section(before, 'verdict'), 'interrupted', 'nothing has ended')
  const end = { verdict: 'passed', durationMs: 10, setupMs: 1, cleanupMs: 1 } as const
  tape.add({ type: 'scenario-ended', scenario: 1, ...end })
  const next = liveState(recordOf(tape.events), new LiveLogs(), 'on', FOLDER)
  t.equal(next.title, 'running: one')
  t.match(section(next, 'verdict'), /passed.*two/s)
  t.match(section(next, 'steps'), 'running', 'its steps were followed meanwhile')
  tape.ended(step1, 5, { verdict: 'passed' }, 0).add({ type: 'scenario-ended', scenario: 0, ...end })
  t.equal(liveState(recordOf(tape.events), new LiveLogs(), 'on', FOLDER).title, 'passed: one', 'until another begins')
})
