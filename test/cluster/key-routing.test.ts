import t from 'tap'
import { spreadKeys } from '../../runner/cluster/key-routing.ts'
import { tagOfSlot } from '../../runner/cluster/slot-tags.ts'
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

t.test('few slots get their keys by hash tags, at once and evenly', async (t) => {
  const keysIn = (count: number, ...slots: SlotRange[]) => [...spreadKeys('orders', count, [{ slots }])]
  const inOne = keysIn(1_000_000, [0, 0])
  t.equal(inOne.length, 1_000_000)
  t.equal(inOne[17], `orders:{${tagOfSlot(0)}}:17`)
  t.ok(inOne.every((key) => slotOfKey(key) === 0))
  const inThree = keysIn(3000, [7, 8], [16_383, 16_383]).map(slotOfKey)
  t.same(
    [7, 8, 16_383].map((slot) => inThree.filter((one) => one === slot).length),
    [1000, 1000, 1000],
  )
  t.same(
    [...spreadKeys('orders', 100_000, [{ slots: [] }, { slots: [[5, 5]] }])].filter((key) => slotOfKey(key) !== 5),
    [],
  )
})

t.test('keys that are found soon are plain', async (t) => {
  const keys = [...spreadKeys('orders', 200, [{ slots: [[9, 9]] }])]
  t.ok(keys.every((key) => /^orders:\d+$/.test(key) && slotOfKey(key) === 9))
})

t.test('every slot has a short tag of its own', async (t) => {
  const tags = Array.from({ length: 16_384 }, (_, slot) => tagOfSlot(slot))
  t.ok(tags.every((tag, slot) => slotOfKey(`x:{${tag}}:y`) === slot && tag.length <= 4))
  t.equal(new Set(tags).size, 16_384)
})

t.test('the same keys again for the same shards', async (t) => {
  const keys = () => [...spreadKeys('orders', 50, [{ slots: [[0, 16383]] }])]
  t.same(keys(), keys())
  t.same(keys().slice(0, 2), ['orders:0', 'orders:1'])
})
