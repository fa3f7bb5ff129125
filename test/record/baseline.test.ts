import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readBaseline, readNights, writeBaseline, writeNights } from '../../runner/record/baseline.ts'
import type { Night } from '../../runner/record/nights.ts'

const PLAYED = { scenario: 'a', server: 'redis:7.0', platform: 'process', serverWords: 'redis 7.0.15', config: {} }

function night(runId: string, first: number[], again: number[] = []): Night {
  const measures = [{ metric: 'failover' as const, first, again }]
  const scenarios = [{ ...PLAYED, passed: first.length, failed: 0, isControl: false, measures }]
  return { runId, startedAt: '2026-11-22T02:17:00.000Z', scenarios }
}

t.test('nights are kept as they were, and a run is compared with all of them together', async (t) => {
  const file = join(t.testdir({}), 'baseline.json')
  const nights = [night('one', [1, 2]), night('two', [3], [4])]
  writeNights(file, nights)
  t.strictSame(readNights(file), nights)
  t.match(readBaseline(file), { runs: ['one', 'two'], measures: [{ scenario: 'a', samples: [1, 2, 3, 4] }] })
})

t.test('the baseline of an older runner is one night', async (t) => {
  const file = join(t.testdir({}), 'baseline.json')
  const measures = [{ ...PLAYED, metric: 'failover' as const, samples: [5, 6, 7] }]
  writeBaseline(file, { savedAt: '2026-11-22T02:17:00.000Z', runs: ['one'], measures })
  t.match(readNights(file), [
    { runId: 'one', scenarios: [{ scenario: 'a', passed: 0, measures: [{ first: [5, 6, 7], again: [] }] }] },
  ])
})

t.test('what was measured through one client is not compared with what was through another', async (t) => {
  const file = join(t.testdir({}), 'baseline.json')
  const through = (client: string | undefined, samples: number[]) => ({
    ...{ ...PLAYED, ...(client !== undefined && { client }) },
    ...{ metric: 'failover' as const, samples },
  })
  const measures = [through(undefined, [1]), through('glide', [2]), through('redis-py', [3])]
  writeBaseline(file, { savedAt: '2026-11-22T02:17:00.000Z', runs: ['one'], measures })
  t.strictSame(readBaseline(file).measures, measures)
  const [asNight] = readNights(file)
  t.strictSame(
    asNight?.scenarios.map(({ client, measures: [own] }) => [client, own?.first]),
    [
      [undefined, [1]],
      ['glide', [2]],
      ['redis-py', [3]],
    ],
  )
  writeNights(file, readNights(file))
  t.strictSame(readBaseline(file).measures, measures)
})

t.test('what is none is refused, and the first thing that is wrong named', async (t) => {
  const file = join(t.testdir({}), 'baseline.json')
  const says = (content: unknown, message: RegExp) => {
    writeFileSync(file, content === '' ? '' : JSON.stringify(content))
    t.throws(() => readNights(file), { name: 'BaselineError', message })
    t.throws(() => readNights(file), { message: /[:;] remove it to begin anew, or name another file with --baseline$/ })
  }
  says(
    { format: 'redis-chaos baseline', version: 3 },
    /is a baseline of version 3, and this runner reads versions 1 and 2/,
  )
  says(
    { format: 'redis-chaos baseline', version: 2, nights: [{ runId: 1 }] },
    /is a damaged baseline: nights\.0\.runId/,
  )
  says({}, /is no baseline/)
  says('', /is no baseline: it is not JSON/)
})
