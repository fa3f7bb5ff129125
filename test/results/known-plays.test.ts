import t from 'tap'
import type { TrendLine } from '../../runner/record/trends.ts'
import { KnownPlays } from '../../runner/results/known-plays.ts'

function line(id: string, more: Partial<TrendLine> = {}): TrendLine {
  return {
    startedAt: '2026-11-22T13:40:05.000Z',
    ...{ id, verdict: 'passed', server: 'redis 7.0.15', asked: 'redis:7.0', platform: 'process', seed: 1 },
    ...{ durationMs: 1000, setupMs: 0, trueAfterMs: {}, ...more },
  }
}

const on = (id: string, server = 'redis:7.0') => ({ id, server })

t.test('a scenario takes the median of its last plays on that server', async (t) => {
  const old = Array.from({ length: 20 }, () => line('a', { durationMs: 90_000 }))
  const lately = [5000, 7000, 6000].flatMap((durationMs) => Array.from({ length: 4 }, () => line('a', { durationMs })))
  const known = new KnownPlays([...old, ...lately, line('a', { durationMs: 20_000, asked: 'valkey:9.1' })])
  t.equal(known.tookMs(on('a')), 6000)
  t.equal(known.tookMs(on('a', 'valkey:9.1')), 20_000)
  t.equal(known.tookMs(on('a', 'redis:8.0')), 6500, 'played there never: as elsewhere')
})

t.test('what was cut short, or never began, tells nothing of it', async (t) => {
  const known = new KnownPlays([
    line('a', { durationMs: 8000 }),
    line('a', { durationMs: 10, verdict: 'error' }),
    line('a', { durationMs: 20, verdict: 'interrupted' }),
  ])
  t.equal(known.tookMs(on('a')), 8000)
  t.equal(known.tookMs(on('b')), undefined)
  t.equal(known.expectedMs(on('b')), 8000, 'as others')
  t.notOk(known.isEmpty)
  t.ok(new KnownPlays([]).isEmpty)
})

t.test('what failed lately is likelier to fail than what failed long ago, or never', async (t) => {
  const verdicts = (id: string, ...all: TrendLine['verdict'][]) => all.map((verdict) => line(id, { verdict }))
  const known = new KnownPlays([
    ...verdicts('never', 'passed', 'passed', 'passed', 'passed', 'passed'),
    ...verdicts('once', 'failed', 'passed', 'passed', 'passed', 'passed'),
    ...verdicts('now', 'passed', 'passed', 'passed', 'passed', 'failed'),
    ...verdicts('ever', 'failed', 'failed', 'failed', 'failed', 'failed'),
    ...verdicts('cut', 'passed', 'passed', 'passed', 'passed', 'passed', 'interrupted'),
  ])
  const chances = ['never', 'once', 'now', 'ever'].map((id) => known.failureChance(on(id)))
  t.strictSame(chances, [...chances].sort())
  t.equal(new Set(chances).size, 4)
  t.equal(known.failureChance(on('cut')), known.failureChance(on('never')))
  t.equal(known.failureChance(on('new')), 0.5)
})
