import t from 'tap'
import { randomFractions, seedFor } from '../../runner/base/random.ts'
import { evenSplit, slotOfKey } from '../../runner/cluster/slots.ts'
import { FN, NIL } from '../../runner/record/history-codes.ts'
import { HistoryWriter } from '../../runner/record/history-writer.ts'
import type { LoadSeries } from '../../runner/record/load-series.ts'
import { Bins } from '../../runner/workload/drive/bins.ts'
import { Histogram } from '../../runner/workload/drive/histogram.ts'
import { Draw, makeKeys, weightsOf } from '../../runner/workload/drive/keys.ts'
import { OpenOutages } from '../../runner/workload/drive/open-outages.ts'
import { Pacing } from '../../runner/workload/drive/pacing.ts'
import { Values } from '../../runner/workload/drive/values.ts'
import { workloadKindByName } from '../../runner/workload/index.ts'
import { parseRate } from '../../runner/workload/option-schemas.ts'
import { resolveOptions } from '../../runner/workload/options.ts'

t.test('rates', async (t) => {
  t.strictSame(['500/s', '30/m', '3600/h', '0.5/s'].map(parseRate), [500, 0.5, 1, 0.5])
  t.strictSame(['500', '500/d', '/s', '-1/s', '5 /s'].map(parseRate), Array(5).fill(undefined))
})

t.test('keys are spread over the shards that are aimed at', async (t) => {
  const shards = evenSplit(3)
  const all = makeKeys('load:x', 300, shards, [0, 1, 2])
  t.strictSame(
    [0, 1, 2].map((shard) => all.filter((key) => key.shard === shard).length),
    [100, 100, 100],
  )
  t.ok(all.every(({ name, slot }) => slot === slotOfKey(name)))
  t.equal(new Set(all.map(({ name }) => name)).size, 300)
  const aimed = makeKeys('load:x', 50, shards, [2])
  t.ok(
    aimed.every(({ slot, shard }) => shard === 2 && slot >= 10923),
    'all in the third shard',
  )
})

t.test('keys of a shard with a single slot, and the groups of a transaction that are made of them', async (t) => {
  const keys = makeKeys('load:x', 2000, [[[0, 0]], [[1, 16_383]]], [0])
  t.ok(keys.every(({ name, slot, shard }) => slotOfKey(name) === 0 && slot === 0 && shard === 0))
  t.equal(new Set(keys.map(({ name }) => name)).size, 2000)
  const transaction = workloadKindByName.get('transaction')
  if (!transaction) throw new Error('there are no transactions')
  const options = resolveOptions(transaction.schema.parse({ type: 'transaction' }), transaction)
  const plain = makeKeys('load:y', 1, evenSplit(1), [0])
  const file = `${t.testdir()}/x.history`
  const history = new HistoryWriter({
    file,
    workload: 'x',
    type: 'transaction',
    clients: 1,
    startWallMs: 0,
    options: {},
  })
  t.teardown(() => history.close())
  const { operation } = transaction.open({
    keys: [...keys, ...plain],
    options,
    history,
    values: new Values(0, history),
  })
  const slotsOf = (key: number) =>
    operation(FN.read, key, 0).commands.flatMap(([name, member = '']) => (name === 'GET' ? [slotOfKey(member)] : []))
  t.strictSame(slotsOf(0), [0, 0, 0])
  t.strictSame(new Set(slotsOf(2000)), new Set(plain.map(({ slot }) => slot)))
})

t.test('distributions', async (t) => {
  const share = (weights: Float64Array, count: number) => weights.slice(0, count).reduce((sum, one) => sum + one, 0)
  t.strictSame([...weightsOf({ kind: 'uniform' }, 4)], [0.25, 0.25, 0.25, 0.25])
  const hot = weightsOf({ kind: 'hot', keys: 10, share: 0.9 }, 1000)
  t.ok(Math.abs(share(hot, 10) - 0.9) < 1e-9 && Math.abs(share(hot, 1000) - 1) < 1e-9)
  const zipf = weightsOf({ kind: 'zipf', exponent: 1 }, 3)
  t.ok(Math.abs((zipf[0] ?? 0) - 6 / 11) < 1e-9 && Math.abs((zipf[2] ?? 0) - 2 / 11) < 1e-9)
})

t.test('what is drawn follows the weights, and only what may be drawn is', async (t) => {
  const draw = new Draw([1, 3], [5, 1, 5, 3])
  t.equal(draw.weight, 4)
  t.strictSame(
    [0, 0.2499, 0.25, 0.999].map((fraction) => draw.at(fraction)),
    [1, 1, 3, 3],
  )
  const even = new Draw([4, 5, 6], [1, 1, 1, 1, 2, 2, 2])
  t.strictSame(
    [0, 0.34, 0.67, 0.999].map((fraction) => even.at(fraction)),
    [4, 5, 6, 6],
  )
})

t.test('the same seed draws the same row, another part another one', async (t) => {
  const row = (seed: number) => Array.from({ length: 5 }, randomFractions(seed))
  t.strictSame(row(7), row(7))
  t.notSame(row(seedFor(7, 'a')), row(seedFor(7, 'b')))
  t.ok(row(7).every((fraction) => fraction >= 0 && fraction < 1))
})

t.test('values: filled up to their size, and read back exactly', async (t) => {
  const texts: (string | null)[] = []
  const history = {
    value: (text: string | null) => {
      texts.push(text)
      return -99
    },
  }
  const values = new Values(6, history)
  t.strictSame([values.text(7), values.text(1234567)], ['7.....', '1234567'])
  t.strictSame(
    ['7.....', '1234567', '0.....'].map((text) => values.read(Buffer.from(text))),
    [7, 1_234_567, 0],
  )
  t.equal(values.read(null), NIL)
  t.strictSame(texts, [])
  const strange = ['7....', '7....x', '07....', '', 'x', '99999999999', '7......']
  for (const text of strange) t.equal(values.read(Buffer.from(text)), -99, `${text} is no value of this workload`)
  t.strictSame(texts, strange)
})

t.test('an open loop counts what is late from when it was due', async (t) => {
  const pacing = new Pacing(100)
  pacing.begin(1000)
  t.equal(pacing.nextMs, 1010)
  t.equal(pacing.take(1011, true), 1011, 'a client waited: only the timer was late')
  t.equal(pacing.take(1021, false), 1020, 'no client was free when it was due')
  t.equal(pacing.take(1090, true), 1030, 'later than any timer')
  t.equal(pacing.takeUnsent(1039), undefined)
  t.equal(pacing.takeUnsent(1055), 1040)
  t.equal(pacing.takeUnsent(1055), 1050)
  t.equal(pacing.takeUnsent(1055), undefined)
})

t.test('a closed loop is always due', async (t) => {
  const pacing = new Pacing(undefined)
  pacing.begin(1000)
  t.equal(pacing.isOpen, false)
  t.equal(pacing.take(1234.5, false), 1234.5)
  t.equal(pacing.takeUnsent(9999), undefined)
})

t.test('a histogram tells quantiles to within 3%', async (t) => {
  const histogram = new Histogram()
  t.equal(histogram.quantile(0.5), undefined)
  for (let ms = 1; ms <= 1000; ms += 1) histogram.add(ms)
  for (const [share, exact] of [
    [0.5, 500],
    [0.99, 990],
    [0.999, 999],
    [0.001, 1],
  ] as const) {
    const told = histogram.quantile(share) ?? 0
    t.ok(told >= exact && told <= exact * 1.032, `${share}: ${told}`)
  }
  t.equal(histogram.quantile(1), 1000)
  t.equal(histogram.maxMs, 1000)
  histogram.clear()
  t.equal(histogram.total, 0)
  histogram.add(0.005)
  t.equal(histogram.quantile(0.5), 0.005)
  histogram.add(3_600_000)
  t.equal(histogram.quantile(1), 3_600_000, 'an hour')
})

t.test('bins: by completion, handed out ten at a time, none left out', async (t) => {
  const told: LoadSeries[] = []
  const bins = new Bins((series) => told.push(series))
  bins.tick(900)
  bins.ok(1, 1234)
  bins.ok(3, 1299)
  bins.failed('timeout', true, 1310)
  bins.failed('CLUSTERDOWN', false, 1510)
  bins.failed('timeout', true, 1510)
  bins.tick(2250)
  t.equal(told.length, 1)
  t.match(told[0], { fromMs: 1200, binMs: 100 })
  t.strictSame(told[0]?.ok, [2, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  t.strictSame(told[0]?.failed, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  t.strictSame(told[0]?.indeterminate, [0, 1, 0, 1, 0, 0, 0, 0, 0, 0])
  t.strictSame(told[0]?.errors, {
    timeout: [0, 1, 0, 1, 0, 0, 0, 0, 0, 0],
    CLUSTERDOWN: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  })
  t.strictSame(told[0]?.max, [3, ...Array(9).fill(null)])
  bins.ok(2, 2260)
  bins.finish()
  t.match(told[1], { fromMs: 2200, ok: [1], p50: [2] })
})

t.test('which outages are open, as the clients of a workload know it', async (t) => {
  const outages = new OpenOutages([[[0, 99]], [[100, 199]]])
  const at = (slot: number, beganMs: number) => ({ slot, beganMs })
  t.equal(outages.sinceMs([], 0), undefined)
  t.equal(outages.sinceMs([at(50, 1000)], 1050), undefined, 'an answer takes a moment')
  t.equal(outages.sinceMs([at(50, 1000), at(150, 1100)], 1300), 1000, 'operations that wait for theirs')
  t.equal(outages.sinceMs([at(50, 1000)], 1300, 250), undefined, 'those that began since somebody waits are just slow')
  outages.failed(at(50, 1000), 'timeout', true, 2000)
  outages.failed(at(60, 1500), 'refused', false, 1501)
  outages.failed(at(150, 1700), 'CLUSTERDOWN', false, 1701)
  t.equal(outages.sinceMs([], 2100), 1000)
  outages.served(at(99, 2090), 2100)
  t.equal(outages.sinceMs([], 2200), 1701, 'the other range is still out')
  outages.failed(at(150, 2200), 'mismatch', false, 2201)
  t.equal(outages.sinceMs([], 2300), undefined, 'a comparison that did not match was served')
  outages.failed(at(50, 2000), 'timeout', true, 3000)
  t.equal(outages.sinceMs([at(50, 2050)], 3000), undefined, 'others were served after they had begun')
  outages.failed(at(500, 3000), 'refused', false, 3001)
  t.equal(outages.sinceMs([], 3100), 3001, 'slots that belonged to no shard')
})
