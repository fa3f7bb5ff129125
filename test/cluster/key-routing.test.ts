import t from 'tap'
import { spreadKeys } from '../../runner/cluster/key-routing.ts'
import { evenSplit, slotOfKey } from '../../runner/cluster/slots.ts'
import type { SlotRange } from '../../runner/cluster/view.ts'

function countByShard(count: number, layout: SlotRange[][]): number[] {
  const keys = [
    ...spreadKeys(
      'orders',
      count,
      layout.map((slots) => ({ slots })),
    ),
  ]
  t.equal(new Set(keys).size, keys.length)
  t.ok(keys.every((key) => /^orders:\d+$/.test(key)))
  return layout.map(
    (slots) =>
      keys.filter((key) => slots.some(([first, last]) => slotOfKey(key) >= first && slotOfKey(key) <= last)).length,
  )
}

t.test('every shard gets its share', async (t) => {
  t.same(countByShard(1000, evenSplit(3)), [333, 334, 333])
  t.same(countByShard(3, evenSplit(3)), [1, 1, 1])
  t.same(
    countByShard(2, evenSplit(3)).reduce((sum, n) => sum + n, 0),
    2,
  )
  t.same(countByShard(0, evenSplit(3)), [0, 0, 0])
})

t.test('shares follow the slots, with one key at least', async (t) => {
  t.same(countByShard(100, [[[0, 12287]], [[12288, 16383]]]), [75, 25])
  t.same(countByShard(10, [[[0, 16382]], [[16383, 16383]]]), [9, 1])
})

t.test('slots without an owner get no keys', async (t) => {
  t.same(countByShard(10, [[[0, 99]], []]), [10, 0])
  t.same(countByShard(10, [[]]), [0])
})

t.test('the same keys again for the same shards', async (t) => {
  const keys = () => [...spreadKeys('orders', 50, [{ slots: [[0, 16383]] }])]
  t.same(keys(), keys())
  t.same(keys().slice(0, 2), ['orders:0', 'orders:1'])
})
