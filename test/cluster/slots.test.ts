import t from 'tap'
import {
  checkLayout,
  countSlots,
  evenSplit,
  formatSlotRanges,
  missingSlots,
  parseSlotRanges,
  slotOfKey,
} from '../../runner/cluster/slots.ts'

t.test('slots of keys are those of the server', async (t) => {
  t.same(['a', 'b', 'aa', 'dd'].map(slotOfKey), [15495, 3300, 1180, 11212])
  t.equal(slotOfKey('{aa}:1'), slotOfKey('aa'))
})

t.test('ranges as scenarios write them', async (t) => {
  t.same(parseSlotRanges('0-2729, 8190-10919'), [
    [0, 2729],
    [8190, 10919],
  ])
  t.same(parseSlotRanges('7 9-10'), [
    [7, 7],
    [9, 10],
  ])
  t.throws(() => parseSlotRanges('0-x'), { message: '"0-x" is not a range of slots; write it like 0-5460' })
  t.throws(() => parseSlotRanges('9-3'), { message: 'the range of slots 9-3 is backwards; write 3-9' })
  t.throws(() => parseSlotRanges('0-16384'), { message: 'slot 16384 does not exist; slots go from 0 to 16383' })
  t.throws(() => parseSlotRanges('  '), { message: /no slots are given/ })
})

t.test('ranges for people', async (t) => {
  t.equal(
    formatSlotRanges([
      [8, 9],
      [0, 5],
      [6, 6],
      [20, 20],
    ]),
    '0-6, 8-9, 20',
  )
  t.equal(
    countSlots([
      [0, 5],
      [4, 9],
    ]),
    10,
  )
  t.same(missingSlots([[1, 16382]]), [
    [0, 0],
    [16383, 16383],
  ])
})

t.test('the even split is that of redis-cli and covers every slot', async (t) => {
  t.same(evenSplit(3), [[[0, 5460]], [[5461, 10922]], [[10923, 16383]]])
  t.same(evenSplit(1), [[[0, 16383]]])
  for (const shards of [2, 5, 7, 11, 100, 16384]) t.same(checkLayout(evenSplit(shards)), [], `${shards} shards`)
  for (const shards of [0, -1, 1.5, 16385]) t.throws(() => evenSplit(shards), { message: /1 to 16384 shards/ })
})

t.test('faults of a layout', async (t) => {
  t.same(checkLayout([[[0, 5460]], [[5000, 16383]]]), ['slots 5000-5460 are given to both shard 1 and shard 2'])
  t.same(checkLayout([[[0, 99]], [[101, 16383]]]), ['slots 100 are given to no shard'])
  t.same(checkLayout([[[0, 16383]], []]), [], 'a master may be without slots')
  t.same(checkLayout([[], []]), ['no shard has slots'])
  t.same(checkLayout([[[0, 16384]]]), ['shard 1: 0-16384 is not a range within 0-16383'])
  t.same(
    checkLayout([
      [
        [0, 16383],
        [7, 7],
      ],
    ]),
    ['shard 1 lists slots 7 twice'],
  )
  const often = Array.from({ length: 20_000 }, () => [0, 1] as const)
  t.same(checkLayout([[[0, 16383], ...often]]), ['shard 1 lists slots 0-1 twice'], 'however often')
})
