import t from 'tap'
import { Pace } from '../../../runner/commands/choosing/pace.ts'
import { playsOf } from '../../../runner/commands/choosing/plays.ts'
import type { Play } from '../../../runner/engine/play.ts'
import type { TrendLine } from '../../../runner/record/trends.ts'
import { KnownPlays } from '../../../runner/results/known-plays.ts'
import { StepFailure } from '../../../runner/steps/verb.ts'
import { fakeRun } from '../../support/fake-run.ts'

function started(pace: Pace, scenario: number): void {
  pace.follow({ type: 'scenario-started', scenario, id: `s${scenario}` } as never)
}

function ended(pace: Pace, scenario: number, verdict = 'passed'): void {
  pace.follow({ type: 'scenario-ended', scenario, verdict } as never)
}

t.test('what would not be over in time does not begin, in whatever order plays come', async (t) => {
  const clock = { ms: 0, nowMs: () => clock.ms }
  const pace = new Pace({ limits: { bail: false, maxTimeMs: 20_000 }, expectedMs: [9000, 8000, 15_000, 2000], clock })
  t.equal(pace.refusal(0), undefined)
  started(pace, 0)
  t.equal(pace.refusal(2), undefined, 'side by side')
  started(pace, 2)
  clock.ms = 13_000
  t.equal(pace.refusal(1), 'not played: it takes about 8.00 s, and --max-time 20 s has 7.00 s left')
  t.equal(pace.refusal(3), undefined, 'a shorter one fits')
  clock.ms = 21_000
  t.equal(pace.refusal(3), 'not played: it takes about 2.00 s, and --max-time 20 s is over')
})

t.test('the time left is that of what is not over, by as many as were played side by side', async (t) => {
  const clock = { ms: 0, nowMs: () => clock.ms }
  const pace = new Pace({ limits: { bail: false }, expectedMs: [10_000, 10_000, 20_000], clock })
  t.equal(pace.leftMs(), 40_000)
  started(pace, 0)
  clock.ms = 4000
  t.equal(pace.leftMs(), 36_000)
  started(pace, 1)
  t.equal(pace.leftMs(), 18_000)
  ended(pace, 0)
  ended(pace, 1)
  t.equal(pace.leftMs(), 10_000)
  clock.ms = 60_000
  started(pace, 2)
  clock.ms = 99_000
  t.equal(pace.leftMs(), 0, 'never less than nothing')
  t.equal(new Pace({ limits: { bail: false }, expectedMs: undefined, clock }).leftMs(), undefined)
})

t.test(
  'plays that a night adds take as long as their scenarios did, and do not begin when there is no time',
  async (t) => {
    const clock = { ms: 0, nowMs: () => clock.ms }
    const pace = new Pace({ limits: { bail: false, maxTimeMs: 30_000 }, expectedMs: [5000, 1000], clock })
    for (const [scenario, tookMs] of [
      [0, 9000],
      [1, 2000],
    ] as const) {
      started(pace, scenario)
      clock.ms += tookMs
      ended(pace, scenario)
    }
    const [long, short] = ['s0', 's1'].map((id) => ({ scenario: { id } }) as Play)
    pace.add(
      [long, short, long].filter((play) => play !== undefined),
      2,
    )
    t.equal(pace.leftMs(), 19_000, 'no more than --max-time leaves')
    t.equal(pace.refusal(2), undefined)
    started(pace, 2)
    clock.ms += 11_000
    ended(pace, 2)
    t.equal(pace.leftMs(), 8000)
    t.equal(pace.refusal(3), undefined)
    t.equal(pace.refusal(4), 'not played: it takes about 9.00 s, and --max-time 30 s has 8.00 s left')
  },
)

t.test('--bail: after the first that does not pass the rest is told as not played', async (t) => {
  const run = fakeRun(t, {
    ok: async () => ({}),
    fail: async () => {
      throw new StepFailure({ message: 'no' })
    },
  })
  const scenarios = ['ok', 'fail', 'ok', 'ok'].map((act, place) => ({ ...run.scenario([act]), id: `s${place}` }))
  const clock = { nowMs: () => 0 }
  const pace = new Pace({ limits: { bail: true }, expectedMs: [1000, 2000, 3000, 4000], clock })
  run.onEvent = pace.follow
  const { verdict } = await run.play(scenarios, { beforePlay: pace.refusal, leftMs: pace.leftMs })
  t.equal(verdict, 'failed')
  const why = 'not played: s1 did not pass, and --bail stops there'
  t.match(
    run.of('scenario-ended').map(({ verdict, reason }) => ({ verdict, reason })),
    [
      { verdict: 'passed' },
      { verdict: 'failed' },
      { verdict: 'skipped', reason: why },
      { verdict: 'skipped', reason: why },
    ],
  )
  t.strictSame(
    run.of('scenario-started').map(({ leftMs }) => leftMs),
    [10_000, 9000, 7000, 4000],
    'each tells the time left',
  )
})

t.test(
  '--max-time plays first what most likely fails for the time it takes, each once before any comes again',
  async (t) => {
    const run = fakeRun(t, { go: async () => ({}) })
    const line = (id: string, durationMs: number, verdict: TrendLine['verdict'] = 'passed') =>
      ({ id, durationMs, verdict, asked: run.platform.server }) as TrendLine
    const known = new KnownPlays([
      ...Array.from({ length: 5 }, () => [
        line('long', 30_000),
        line('short', 3000),
        line('bad', 9000, 'failed'),
      ]).flat(),
    ])
    const scenarios = ['long', 'new', 'short', 'bad'].map((id) => ({ ...run.scenario(['go']), id }))
    const plan = { repeat: 2, seed: 1, isSeedGiven: true, mostWorthBy: known }
    const ids = playsOf(scenarios, [run.platform], plan).map(({ scenario }) => scenario.id)
    t.strictSame(ids.slice(0, 4), ['bad', 'short', 'new', 'long'])
    t.strictSame(ids.slice(4), ids.slice(0, 4))
  },
)

t.test('--shuffle draws an order for each round from the seed', async (t) => {
  const run = fakeRun(t, { go: async () => ({}) })
  const ids = Array.from({ length: 12 }, (_, place) => `s${place}`)
  const scenarios = ids.map((id) => ({ ...run.scenario(['go']), id }))
  const order = (seed: number) =>
    playsOf(scenarios, [run.platform], { repeat: 2, seed, isSeedGiven: true, shuffle: true }).map(
      ({ scenario }) => scenario.id,
    )
  const rounds = [order(5).slice(0, 12), order(5).slice(12)]
  for (const round of rounds) {
    t.strictSame([...round].sort(), [...ids].sort())
    t.strictNotSame(round, ids)
  }
  t.strictNotSame(rounds[0], rounds[1])
  t.strictSame(order(5), order(5))
  t.strictNotSame(order(5), order(6))
})
