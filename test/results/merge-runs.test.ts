import t from 'tap'
import type { RunEvent, RunVerdict } from '../../runner/record/events.ts'
import { mergeRuns } from '../../runner/results/merge-runs.ts'
import type { RunReport } from '../../runner/results/report-model.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { STARTED_AT, step, Tape } from '../support/sample-events.ts'

const WHOLE = { runId: 'whole', command: 'npm run scenario a b -- --seed 42', folder: 'reports/whole' }

interface Part {
  ids: string[]
  verdict?: RunVerdict
  exitCode?: number
  shard?: { number: number; of: number; plan?: string; on?: string }
  /** Seconds after the first. */
  laterBy?: number
}

/** The record of a part: each of its scenarios takes a second, fails if the part does, and leaves a log. */
function part({
  ids,
  verdict = 'passed',
  exitCode = verdict === 'passed' ? 0 : 1,
  shard,
  laterBy = 0,
}: Part): RunEvent[] {
  const tape = new Tape().runStarted('suite', ids.length)
  Object.assign(tape.events[0] ?? {}, {
    runId: ids.join(),
    startedAt: new Date(Date.parse(STARTED_AT) + laterBy * 1000).toISOString(),
    environment: { system: 'Linux', processors: String(ids.length) },
    ...(shard && { shard: { plan: 'p', ...shard } }),
  })
  for (const [scenario, id] of ids.entries()) {
    const only = step('1', 'wait', 'wait 1s', 3)
    tape.scenarioStarted(scenario, id, id, [only])
    const ended = { verdict: verdict === 'passed' ? 'passed' : 'failed' } as const
    tape.played(only, 1000, ended, scenario)
    tape.add({ type: 'log-saved', scenario, node: 'redis-node0', file: `nodes/${scenario + 1}-${id}/redis-node0.log` })
    tape.add({ type: 'scenario-ended', scenario, ...ended, durationMs: 1000, setupMs: 0, cleanupMs: 0 })
  }
  return tape.runEnded(verdict, exitCode).events
}

function merged(...parts: Part[]): { run: RunReport; files: { part: number; from: string; to: string }[] } {
  const { events, files } = mergeRuns(parts.map(part), WHOLE)
  return { run: reduceRun(events), files }
}

t.test('the scenarios of all, each when it was played, and the worst verdict', async (t) => {
  const { run } = merged(
    { ids: ['a', 'b'], shard: { number: 1, of: 2 } },
    { ids: ['c'], verdict: 'failed', shard: { number: 2, of: 2 }, laterBy: 60 },
  )
  t.strictSame(
    run.scenarios.map(({ id }) => id),
    ['a', 'b', 'c'],
  )
  t.strictSame(
    run.scenarios.map(({ verdict }) => verdict),
    ['passed', 'passed', 'failed'],
  )
  const times = run.scenarios.map(({ startedAt }) => (Date.parse(startedAt) - Date.parse(STARTED_AT)) / 1000)
  t.strictSame(times, [0, 1, 60])
  t.match(run, { verdict: 'failed', exitCode: 1, runId: 'whole', startedAt: STARTED_AT, notStarted: 0, complete: true })
  t.equal(run.durationMs, 61_000, 'from the start of the first to the end of the last')
  t.strictSame(run.warnings, [])
  t.same(run.environment, { system: 'Linux', processors: '2; 1', 'merged from': '2 runs' })
  t.strictSame(run.merged, ['a,b', 'c'])
})

t.test('files of two runs do not get in each other’s way', async (t) => {
  const { run, files } = merged({ ids: ['a'] }, { ids: ['a'] })
  t.strictSame(files, [
    { part: 0, from: 'nodes/1-a/redis-node0.log', to: 'nodes/part-1/1-a/redis-node0.log' },
    { part: 1, from: 'nodes/1-a/redis-node0.log', to: 'nodes/part-2/1-a/redis-node0.log' },
  ])
  t.strictSame(
    run.scenarios.map(({ logs }) => logs[0]?.file),
    files.map(({ to }) => to),
  )
})

t.test('a part that is missing leaves the whole without a verdict', async (t) => {
  const { run } = merged({ ids: ['a'], shard: { number: 1, of: 3 } }, { ids: ['b'], shard: { number: 3, of: 3 } })
  t.match(run, { verdict: 'inconclusive', exitCode: 3 })
  t.strictSame(run.warnings, ['Of a suite in 3 parts, part 2 is missing: the whole has no verdict'])
  const failed = merged({ ids: ['a'], verdict: 'failed', shard: { number: 1, of: 3 } }).run
  t.match(failed, { verdict: 'failed', exitCode: 1 }, 'what failed stays so')
})

t.test('of a matrix, the missing part is named with its server', async (t) => {
  const redis = { number: 1, of: 2, plan: 'p', on: 'redis:7.0' }
  const valkey = { of: 2, plan: 'q', on: 'valkey:9.1 (process)' }
  const { run } = merged(
    { ids: ['a'], shard: redis },
    { ids: ['b'], shard: { number: 1, ...valkey } },
    { ids: ['c'], shard: { number: 2, ...valkey } },
  )
  t.equal(run.exitCode, 3)
  t.strictSame(run.warnings, ['Of a suite in 2 parts on redis:7.0, part 2 is missing: the whole has no verdict'])
  const halves = merged({ ids: ['a'], shard: redis }, { ids: ['b'], shard: { number: 2, ...valkey } }).run
  t.match(halves.warnings, [/on redis:7\.0, part 2 is/, /on valkey:9\.1 \(process\), part 1 is/])
  const one = merged({ ids: ['a'], shard: { ...redis, of: 3 } }).run
  t.match(one.warnings, [/on redis:7\.0, parts 2 and 3 are missing/])
})

t.test('parts of two divisions are no whole, however many there are', async (t) => {
  const { run } = merged(
    { ids: ['a'], shard: { number: 1, of: 2, plan: 'p' } },
    { ids: ['b'], shard: { number: 2, of: 2, plan: 'q' } },
  )
  t.equal(run.exitCode, 3)
  t.match(run.warnings, [/part 2 is missing.*other trends/, /part 1 is missing/])
})

t.test('a regression counts as it does alone, and a run that broke off as no verdict', async (t) => {
  t.equal(merged({ ids: ['a'] }, { ids: ['b'], exitCode: 4 }).run.exitCode, 4)
  const cut = part({ ids: ['a'] }).filter(({ type }) => type !== 'run-ended' && type !== 'scenario-ended')
  const run = reduceRun(mergeRuns([part({ ids: ['b'] }), cut], WHOLE).events)
  t.match(run, { verdict: 'interrupted', exitCode: 3 }, 'whoever merges was not interrupted')
  t.match(run.warnings, [/^The run a broke off, its runner is gone: the whole has no verdict$/])
  t.strictSame(
    run.scenarios.map(({ verdict }) => verdict),
    ['passed', 'interrupted'],
  )
})

t.test('a part that was interrupted is named', async (t) => {
  const shard = { number: 2, of: 2, on: 'redis:7.0' }
  const { run } = merged(
    { ids: ['a'], shard: { ...shard, number: 1 } },
    { ids: ['b'], verdict: 'interrupted', exitCode: 130, shard },
  )
  t.match(run, { verdict: 'interrupted', exitCode: 3 })
  t.strictSame(run.warnings, ['Part 2 of 2 on redis:7.0 was interrupted: the whole has no verdict'])
})

t.test('plays that a night added stay with their own part', async (t) => {
  const first = part({ ids: ['a', 'a'], shard: { number: 1, of: 2 } })
  // Of two plays of `a`, the second was not planned when the run began.
  Object.assign(first[0] ?? {}, { scenarios: 1 })
  const { events, parts } = mergeRuns([first, part({ ids: ['b'], shard: { number: 2, of: 2 } })], WHOLE)
  const run = reduceRun(events)
  t.strictSame(
    run.scenarios.map(({ id }) => id),
    ['a', 'a', 'b'],
  )
  t.strictSame(
    run.scenarios.map(({ logs }) => logs.length),
    [1, 1, 1],
  )
  t.strictSame(parts, [0, 0, 1], 'which run has played each')
  t.equal(run.notStarted, 0)
})

t.test('a part whose repeats disagree exits as it does alone', async (t) => {
  const { run } = merged({ ids: ['a'], verdict: 'failed', exitCode: 4 }, { ids: ['b'] })
  t.match(run, { verdict: 'failed', exitCode: 4 })
})
