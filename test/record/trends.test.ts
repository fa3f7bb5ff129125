import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { appendTrends, putTrends, readTrends, type TrendLine } from '../../runner/record/trends.ts'

const LINE: TrendLine = {
  startedAt: '2026-11-22T13:40:05.000Z',
  id: 'a',
  verdict: 'passed',
  server: 'redis 7.0.15',
  platform: 'docker',
  ...{ seed: 42, durationMs: 1, setupMs: 1, trueAfterMs: { 'redis-node1 is master': [7992.5] } },
}

t.test('trends gain lines, and are read back', async (t) => {
  const reports = t.testdir({})
  const measured = { ...LINE, id: 'b', suite: 'nightly', asked: 'redis:7.0', measures: { failover: 8400.5, loss: 0 } }
  t.strictSame(readTrends(reports), [], 'no file: no line')
  appendTrends(reports, [LINE])
  appendTrends(reports, [])
  appendTrends(reports, [LINE, measured])
  t.strictSame(readTrends(reports), [LINE, LINE, measured])
})

t.test('a last line that was cut off is left out; another that is no line is named', async (t) => {
  const reports = t.testdir({})
  appendTrends(reports, [LINE, LINE])
  const file = join(reports, 'trends.jsonl')
  const whole = readFileSync(file, 'utf8')
  writeFileSync(file, `${whole}{"startedAt":"2026`)
  t.equal(readTrends(reports).length, 2)
  writeFileSync(file, `what\n${whole}`)
  t.throws(() => readTrends(reports), { name: 'TrendsError', message: /trends\.jsonl, line 1: .*found: what/ })
})

t.test('what comes after a line that was cut off is not lost with it', async (t) => {
  const reports = t.testdir({})
  const file = join(reports, 'trends.jsonl')
  writeFileSync(file, JSON.stringify(LINE).slice(0, 50))
  appendTrends(reports, [LINE])
  appendTrends(reports, [LINE])
  t.strictSame(readTrends(reports), [LINE, LINE])
  t.equal(readFileSync(file, 'utf8').split('\n').length, 4, 'no line is empty')
})

t.test('a place where nothing can be written', async (t) => {
  t.throws(() => appendTrends(join(t.testdir({}), 'nowhere'), [LINE]), {
    name: 'TrendsError',
    message: /cannot be written/,
  })
})

t.test('what a whole night says takes the place of what its parts wrote', async (t) => {
  const reports = t.testdir({})
  const [other, more] = [
    { ...LINE, id: 'b' },
    { ...LINE, id: 'c' },
  ]
  appendTrends(reports, [LINE, other])
  const judged = { ...LINE, state: 'slower', why: 'a is 20 % slower' }
  putTrends(reports, [judged, more])
  t.strictSame(readTrends(reports), [judged, other, more])
  putTrends(reports, [judged, more])
  putTrends(reports, [LINE])
  t.strictSame(readTrends(reports), [judged, other, more], 'nothing is there twice, and nothing is forgotten')
})
