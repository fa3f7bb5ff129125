import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { keepNight, nightsIn } from '../../../runner/commands/night/kept-nights.ts'
import type { Night } from '../../../runner/record/nights.ts'

function night(runId: string, first: number[], { passed = first.length, failed = 0 } = {}): Night {
  const head = { scenario: 'a', server: 'redis:7.0', platform: 'process', serverWords: 'redis 7.0.15', config: {} }
  const measures = first.length === 0 ? [] : [{ metric: 'failover' as const, first, again: [] }]
  return {
    ...{ runId, startedAt: '2026-11-22T02:17:00.000Z' },
    scenarios: [{ ...head, passed, failed, isControl: false, measures }],
  }
}

const idsIn = (file: string) => nightsIn(file).map(({ runId }) => runId)

t.test('weeks in which nothing could be played leave what is known as it is', async (t) => {
  const file = path.join(t.testdir(), 'baseline.json')
  t.match(await keepNight(file, night('dead', [])), /left as it is, for nothing was played to a verdict$/)
  t.notOk(existsSync(file))
  for (const runId of ['1', '2', '3']) await keepNight(file, night(runId, [5000]))
  for (let count = 0; count < 25; count += 1) await keepNight(file, night(`dead-${count}`, []))
  t.strictSame(idsIn(file), ['1', '2', '3'])
})

t.test('of two nights that are played at once both are kept', async (t) => {
  const file = path.join(t.testdir(), 'reports', 'baseline.json')
  await keepNight(file, night('1', [5000]))
  await Promise.all([keepNight(file, night('2', [5000])), keepNight(file, night('3', [5000]))])
  t.strictSame(idsIn(file).sort(), ['1', '2', '3'])
  await keepNight(file, night('3', [4000]))
  t.strictSame(idsIn(file).sort(), ['1', '2', '3'], 'a night that is kept again takes its own place')
  t.strictSame(readdirSync(path.dirname(file)), ['baseline.json'])
})
