import t from 'tap'
import type { RunEvent } from '../../runner/record/events.ts'
import { trendGroups } from '../../runner/report/html/sections/trend-groups.ts'
import { trendsPage } from '../../runner/report/html/trends-page.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { trendLines } from '../../runner/results/trend-lines.ts'
import {
  brokenOffRun,
  environmentErrorRun,
  failingRun,
  passingRun,
  repeatedRun,
  SAMPLES,
  step,
  Tape,
  threeScenarios,
} from '../support/sample-events.ts'

t.test('a run that passed', async (t) => {
  const run = reduceRun(passingRun())
  t.match(run, { version: 1, verdict: 'passed', exitCode: 0, seed: 42, complete: true, notStarted: 0 })
  const scenario = run.scenarios[0]
  t.match(scenario, {
    id: 'failover-basic',
    server: 'redis 7.0.15',
    setupMs: 3542,
    cleanupMs: 790,
    checks: [],
    failovers: [],
  })
  t.equal(scenario?.cluster?.nodes.length, 6)
  t.equal(scenario?.steps.length, 14)
  t.match(scenario?.steps[3], {
    index: 3,
    path: '4',
    line: 16,
    verb: 'expect',
    phase: 'outage',
    verdict: 'passed',
    startMs: 4098.2,
    durationMs: 7993,
    limitMs: 15_000,
    attempts: 160,
    trueAfterMs: 7992.5,
  })
  t.strictSame(scenario?.logs, [{ node: 'redis-node0', file: 'nodes/redis-node0.log' }])
})

t.test('a time in which the runner stood still is told, whatever it decides', async (t) => {
  const stall = (who: 'runner' | 'load', fromMs: number, toMs: number, servers?: 'stood-still'): RunEvent => ({
    ...{ type: 'stall-seen', atMs: toMs, scenario: 0, who, fromMs, toMs, ...(servers && { servers }) },
  })
  const events = passingRun()
  const started = events.findIndex(({ type }) => type === 'scenario-started')
  const zeroMs = events[started]?.atMs ?? 0
  events.splice(
    started + 1,
    0,
    stall('runner', zeroMs + 3400, zeroMs + 7400),
    stall('load', zeroMs + 3410, zeroMs + 7440),
    stall('load', zeroMs + 9000, zeroMs + 9500),
    stall('load', zeroMs + 10_000, zeroMs + 12_000),
    stall('runner', zeroMs + 13_000, zeroMs + 14_000, 'stood-still'),
  )
  const rest = 'meanwhile, and a time that spans it may be too long'
  t.strictSame(reduceRun(events).scenarios[0]?.warnings, [
    `the runner stood still for 4.04 s from 3.40 s on: nothing was seen ${rest}`,
    `the clients of its load stood still for 2.00 s from 10.00 s on: nothing was sent ${rest}`,
    `the runner and the servers stood still for 1.00 s from 13.00 s on: nothing was seen ${rest}`,
  ])
})

t.test('steps that were not reached are not-run, without a start', async (t) => {
  const steps = reduceRun(failingRun()).scenarios[0]?.steps ?? []
  t.strictSame(
    steps.map(({ verdict }) => verdict),
    [...Array(3).fill('passed'), 'failed', ...Array(10).fill('not-run')],
  )
  t.equal(steps[4]?.startMs, undefined)
})

t.test('times of a scenario are from its own start', async (t) => {
  const run = reduceRun(threeScenarios())
  t.equal(run.scenarios[2]?.steps[0]?.startMs, 3542)
  t.equal(run.scenarios[2]?.startedAt, '2026-11-22T13:40:09.268Z')
})

t.test('a record that breaks off after any event still gives a report that did not pass', async (t) => {
  for (const [name, sample] of Object.entries(SAMPLES)) {
    const events = sample()
    const whole = events.at(-1)?.type === 'run-ended' ? events.length : events.length + 1
    for (let length = 1; length < Math.min(whole, events.length + 1); length += 1) {
      const run = reduceRun(events.slice(0, length))
      if (run.verdict !== 'interrupted' || run.exitCode !== 130 || run.complete)
        t.fail(`${name} after ${length} events`)
    }
  }
  const scenario = reduceRun(brokenOffRun()).scenarios[0]
  t.match(scenario, { verdict: 'interrupted', reason: /breaks off here/ })
  t.match(scenario?.steps[3], { verdict: 'interrupted', durationMs: 1500, limitMs: 15_000 })
})

t.test('the folder is told by the events, else by who reads them', async (t) => {
  t.equal(reduceRun(brokenOffRun(), 'reports/x').folder, 'reports/x')
  t.equal(reduceRun(failingRun(), 'reports/x').folder, 'reports/2026-11-22T13-40-05Z-failover-basic')
})

t.test('scenarios that were never started are counted', async (t) => {
  const events = threeScenarios().filter((event) => !('scenario' in event) || event.scenario === 0)
  t.equal(reduceRun(events).notStarted, 2)
})

t.test('no cluster, no cluster in the report', async (t) => {
  const scenario = reduceRun(environmentErrorRun()).scenarios[0]
  t.notOk(scenario && 'cluster' in scenario)
  t.match(scenario, { verdict: 'error', reason: /Port 7012/, hint: /--port-base/ })
})

t.test('rounds and children stand in the order of the scenario, whatever the order they ended in', async (t) => {
  const paths = reduceRun(repeatedRun(2)).scenarios[0]?.steps.map(({ path }) => path)
  t.strictSame(paths, ['1', '1#1.1', '1#1.2', '1#1.3', '1#2.1', '1#2.2', '2', '2.1', '2.2', 'f1'])
})

t.test('a limit that is infinity becomes null in JSON, and is none', async (t) => {
  const wait = step('1', 'repeat', 'two times', 3)
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [wait])
  tape.started(wait, Number.POSITIVE_INFINITY).ended(wait, 5, { verdict: 'passed', limitMs: Number.POSITIVE_INFINITY })
  const events: RunEvent[] = JSON.parse(JSON.stringify(tape.events))
  const read = reduceRun(events).scenarios[0]?.steps[0]
  t.notOk(read && 'limitMs' in read)
  const before = reduceRun(tape.events).scenarios[0]?.steps[0]
  t.notOk(before && 'limitMs' in before)
})

t.test('no start of a run: nothing to report', async (t) => {
  t.throws(() => reduceRun([]), { name: 'ReportError', message: /no start of a run/ })
})

t.test('trends: what was played as a suite or a matrix is told by its name', async (t) => {
  const run = reduceRun(threeScenarios())
  const suites = (more: Partial<typeof run>) => new Set(trendLines({ ...run, ...more }).map(({ suite }) => suite))
  t.strictSame([...suites({ name: 'nightly' })], ['nightly'])
  t.strictSame([...suites({ name: 'suite' })], [undefined], 'a few that somebody named')
  const one = reduceRun(passingRun())
  t.strictSame(trendLines(one)[0]?.suite, undefined, 'one alone')
  const servers = ['redis:7.0', 'valkey:9.1']
  const scenarios = servers.flatMap((asked) => one.scenarios.map((scenario) => ({ ...scenario, asked })))
  t.strictSame([...suites({ name: one.name, scenarios })], ['matrix'])
})

t.test('trends: the client that was asked for is told, and makes a row of its own', async (t) => {
  const one = reduceRun(passingRun())
  const scenarios = ['glide', 'redis-py'].flatMap((client) => one.scenarios.map((each) => ({ ...each, client })))
  const lines = [...trendLines({ ...one, scenarios }), ...trendLines(one)]
  t.strictSame(
    lines.map(({ client }) => client),
    ['glide', 'redis-py', undefined],
  )
  const [group] = trendGroups(lines)
  t.strictSame(
    group?.trends.map(({ client }) => client),
    [undefined, 'glide', 'redis-py'],
  )
  t.match(trendsPage(lines), /failover-basic through glide/)
})

t.test('trends: a line for each scenario played, with the times at which steps became true', async (t) => {
  const lines = trendLines(reduceRun(passingRun()))
  t.strictSame(lines, [
    {
      startedAt: '2026-11-22T13:40:05.000Z',
      id: 'failover-basic',
      verdict: 'passed',
      server: 'redis 7.0.15',
      platform: 'Docker 20.10.24',
      seed: 42,
      durationMs: 16574.2,
      setupMs: 3542,
      trueAfterMs: {
        'redis-node1 is master': [7992.5],
        'redis-node0 is a replica of redis-node1 and its link is up': [1209],
        'redis-node0 is master': [2.4],
        'the cluster is healthy': [1033.7],
      },
    },
  ])
  t.strictSame(
    trendLines(reduceRun(threeScenarios())).map(({ id }) => id),
    ['readme-walkthrough', 'lost-keys'],
  )
  t.strictSame(trendLines(reduceRun(repeatedRun(4)))[0]?.trueAfterMs['the cluster is healthy'], [31, 32, 33])
})
