import t from 'tap'
import { visible } from '../../runner/base/text.ts'
import type { RunEvent } from '../../runner/record/events.ts'
import { metricsReport } from '../../runner/report/metrics.ts'
import type { FailoverReport, RunReport } from '../../runner/results/report-model.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { type Family, parseOpenMetrics, type Sample } from '../support/open-metrics.ts'
import { checkedRun } from '../support/sample-checks.ts'
import { SAMPLES, Tape } from '../support/sample-events.ts'
import { fullEvents } from '../support/sample-run-folder.ts'

const OF_SCENARIO = { scenario: 'failover-basic', server: 'redis 7.0.15', platform: 'Docker 20.10.24' }

function samplesOf(run: RunReport, name: string): Sample[] {
  return parseOpenMetrics(metricsReport(run)).find((family) => family.name === `redis_chaos_${name}`)?.samples ?? []
}

t.test('every sample is valid OpenMetrics, each family with its type and help', async (t) => {
  const runs: Record<string, () => RunEvent[]> = { ...SAMPLES, checked: checkedRun, full: () => fullEvents('passing') }
  for (const [name, events] of Object.entries(runs)) {
    let families: Family[] = []
    t.doesNotThrow(() => {
      families = parseOpenMetrics(metricsReport(reduceRun(events())))
    }, name)
    for (const family of families) {
      t.match(family.name, /^redis_chaos_[a-z_]+$/)
      t.ok(family.type !== '' && family.help !== '', family.name)
      t.ok(family.samples.length > 0, `${family.name} has samples`)
      t.ok(
        family.samples.every(({ value }) => Number.isFinite(value)),
        family.name,
      )
      t.equal(family.unit === 'seconds', family.name.endsWith('_seconds'), `${family.name} has the unit of its name`)
    }
  }
})

t.test('a run with failovers: times in seconds, and where they went', async (t) => {
  const run = reduceRun(fullEvents('passing'))
  const [failover, ...more] = samplesOf(run, 'failover_seconds')
  t.same(more, [])
  const told = run.scenarios[0]?.failovers[0]
  t.same(failover?.labels, { ...OF_SCENARIO, shard: '1', to: 'redis-node1', wanted: 'false', number: '1' })
  t.equal(failover?.value, (told?.totalMs ?? 0) / 1000)
  t.match(samplesOf(run, 'failover_promoted'), [{ value: 1 }])
  const phases = samplesOf(run, 'failover_phase_seconds')
  t.same(
    phases.map(({ labels, value }) => [labels.phase, value]),
    told?.phases.map(({ name, durationMs }) => [name, durationMs / 1000]),
  )
  t.match(samplesOf(run, 'run_exit_code'), [{ labels: {}, value: 0 }])
  t.match(samplesOf(run, 'scenario_passed'), [{ labels: OF_SCENARIO, value: 1 }])
  t.match(samplesOf(run, 'scenario_setup_seconds'), [{ value: 3.542 }])
})

t.test('a failover that gave no new master has no time, and is told of', async (t) => {
  const run = reduceRun(fullEvents('passing'))
  const [scenario] = run.scenarios
  const [first] = scenario?.failovers ?? []
  if (scenario === undefined || first === undefined) throw new Error('the sample run holds no failover')
  const given = (outcome: FailoverReport['outcome']): FailoverReport => ({ ...first, outcome, to: '' })
  const failovers = [given('not promoted'), given('given up'), first]
  const other: RunReport = { ...run, scenarios: [{ ...scenario, failovers }] }
  t.same(
    samplesOf(other, 'failover_seconds').map(({ labels }) => labels.number),
    ['3'],
  )
  t.same(
    samplesOf(other, 'failover_promoted').map(({ value }) => value),
    [0, 0, 1],
  )
})

t.test('checks: whether they passed, and what they found; a regression beside a baseline', async (t) => {
  const run = reduceRun(checkedRun())
  t.same(
    samplesOf(run, 'check_passed').map(({ labels, value }) => `${labels.on} ${labels.check} ${value}`),
    ['checkout lost_writes 0', 'checkout p99 1', 'news lost_messages 0', 'failover time 0'],
  )
  t.same(
    samplesOf(run, 'check_amount').map(({ labels, value }) => [labels.check, value]),
    [
      ['lost_writes', 2],
      ['p99', 4.1],
      ['lost_messages', 0],
    ],
    'a check that found nothing has no amount',
  )
  const key = { scenario: 'x', server: 'redis:7.0', platform: 'process' }
  const rest = { samples: [1], baseline: [1], sentence: '' }
  const comparisons = [
    { ...key, ...rest, metric: 'failover', verdict: 'regressed' },
    { ...key, ...rest, metric: 'loss', verdict: 'same' },
  ] as const
  const baseline = {
    file: 'b.json',
    savedAt: '',
    comparisons: comparisons.map((one) => ({ ...one, samples: [1], baseline: [1] })),
  }
  t.match(samplesOf({ ...run, baseline }, 'baseline_regressed'), [
    { labels: { ...key, metric: 'failover' }, value: 1 },
    { labels: { ...key, metric: 'loss' }, value: 0 },
  ])
})

t.test('hostile names come back as they were, and make no line of their own', async (t) => {
  const hostile = 'a"b\\n\\\\"} 1\nredis_chaos_run_exit_code 0\n# EOF\n\u2028,x="'
  const tape = new Tape().runStarted(hostile).scenarioStarted(0, hostile, hostile, [])
  const times = { durationMs: 1, setupMs: 0, cleanupMs: 0 }
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'failed', ...times })
  const run = reduceRun(tape.runEnded('failed', 1).events)
  t.equal(samplesOf(run, 'scenario_passed')[0]?.labels.scenario, visible(hostile, '\n'))
  t.equal(samplesOf(run, 'run')[0]?.labels.name, visible(hostile, '\n'))
  t.match(samplesOf(run, 'run_exit_code'), [{ value: 1 }])
})

t.test('the same played twice: repeats are told apart, and else plays', async (t) => {
  const twice = (repeat: boolean) => {
    const tape = new Tape().runStarted('x', 2)
    for (const scenario of [0, 1]) {
      tape.scenarioStarted(scenario, 'x', 'x', [])
      const started = tape.events.at(-1)
      if (repeat && started?.type === 'scenario-started') started.repeat = { number: scenario + 1, of: 2 }
      const verdict = scenario === 0 ? 'failed' : 'passed'
      tape.add({ type: 'scenario-ended', scenario, verdict, durationMs: 1, setupMs: 0, cleanupMs: 0 })
    }
    return samplesOf(reduceRun(tape.runEnded('failed', 1).events), 'scenario_passed')
  }
  t.same(
    twice(true).map(({ labels, value }) => [labels.repeat, value]),
    [
      ['1', 0],
      ['2', 1],
    ],
  )
  t.same(
    twice(false).map(({ labels, value }) => [labels.play, value]),
    [
      ['1', 0],
      ['2', 1],
    ],
  )
})

t.test('the reader of the tests refuses what the specification forbids', async (t) => {
  const head = '# TYPE a gauge\n# HELP a b\n'
  t.doesNotThrow(() => parseOpenMetrics(`${head}a{x="y"} 1\n# EOF\n`))
  for (const text of [
    `${head}a 1\n`,
    `${head}a 1\n# EOF`,
    `${head}a{x="y"} 1\na{x="y"} 2\n# EOF\n`,
    `${head}a{x="y",} 1\n# EOF\n`,
    `${head}a{x="\\t"} 1\n# EOF\n`,
    `${head}a one\n# EOF\n`,
    `${head}a 1\n# UNIT a seconds\n# EOF\n`,
    `# UNIT a seconds\n# EOF\n`,
    `${head}b 1\n# EOF\n`,
    `${head}a 1\n# TYPE b gauge\nb 1\n# HELP a b\n# EOF\n`,
  ])
    t.throws(() => parseOpenMetrics(text), text)
})
