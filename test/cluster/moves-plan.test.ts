import t from 'tap'
import type { SlotMove } from '../../runner/cluster/moves/move.ts'
import { planRebalance } from '../../runner/cluster/moves/plan-rebalance.ts'
import { planReshard, type ReshardRequest } from '../../runner/cluster/moves/plan-reshard.ts'
import { countSlots, formatSlotRanges, parseSlotRanges } from '../../runner/cluster/slots.ts'

/** Masters with their slots, and none of them where the text is empty. */
function owners(slots: Record<string, string>) {
  return Object.entries(slots).map(([name, text]) => ({ name, slots: text === '' ? [] : parseSlotRanges(text) }))
}

const THREE = owners({ a: '0-5460', b: '5461-10922', c: '10923-16383' })
const masterOf = (name: string) => (name === 'r' ? 'a' : undefined)

function shown(moves: readonly SlotMove[]): string[] {
  return moves.map(({ slots, from, to }) => `${formatSlotRanges(slots)}: ${from} to ${to}`)
}

function counts(moves: readonly SlotMove[]): string[] {
  return moves.map(({ slots, from, to }) => `${countSlots(slots)}: ${from} to ${to}`)
}

t.test('slots of several masters are moved by number', async (t) => {
  const wanted = { slots: parseSlotRanges('16383, 0-9, 5, 5461').slice(0, 2) }
  t.strictSame(shown(planReshard({ wanted, to: 'b' }, THREE, masterOf)), ['0-9: a to b', '16383: c to b'])
})

t.test('a count is shared out in proportion, of each its lowest, as redis-cli rounds', async (t) => {
  const plan = (count: number, slots = THREE, from?: string[]) =>
    shown(planReshard({ wanted: { count }, to: 'c', ...(from && { from }) }, slots, masterOf))
  t.strictSame(plan(100), ['5461-5511: b to c', '0-48: a to c'], 'b has one slot more than a, and goes first')
  t.strictSame(plan(3, THREE, ['a']), ['0-2: a to c'])
  t.strictSame(plan(1), ['5461: b to c'])
  t.strictSame(plan(10, owners({ a: '0-1, 9-16', b: '2-8', c: '17-16383' })), ['0-1, 9-12: a to c', '2-5: b to c'])
})

t.test('what cannot be moved is refused with what is wrong', async (t) => {
  const gap = owners({ a: '0-5460', b: '5463-10922', c: '10923-16383' })
  const slots = (text: string) => ({ slots: parseSlotRanges(text) })
  const cases: [ReshardRequest, RegExp, typeof THREE?][] = [
    [{ wanted: slots('0-9, 5-6'), to: 'c' }, /^slots 5-6 are given twice$/],
    [{ wanted: slots('5460-5470'), to: 'c' }, /^slots 5461-5462 have no owner, and so nobody can give them away$/, gap],
    [{ wanted: slots('0, 10923-10930'), to: 'c' }, /^c owns slots 10923-10930 already$/],
    [{ wanted: slots('0-9'), from: ['b'], to: 'c' }, /^slots 0-9 are a's, and not of b$/],
    [{ wanted: { count: 20 }, from: ['c'], to: 'c' }, /^c cannot be both the source and the target$/],
    [{ wanted: { count: 10_924 }, to: 'c' }, /^10924 slots cannot be moved to c: a, b own 10923$/],
    [{ wanted: { count: 1 }, to: 'r' }, /^r is a replica of a, and only masters own slots$/],
    [{ wanted: { count: 1 }, from: ['r'], to: 'b' }, /^r is a replica of a, and only masters own slots$/],
    [{ wanted: { count: 1 }, to: 'x' }, /^x is not known as a master of this cluster$/],
  ]
  for (const [request, says, slotsOf = THREE] of cases) {
    t.throws(() => planReshard(request, slotsOf, masterOf), { message: says })
  }
})

t.test('rebalancing moves as redis-cli does', async (t) => {
  const plan = (slots: typeof THREE, more: Partial<Parameters<typeof planRebalance>[1]> = {}) =>
    planRebalance(slots, { weights: new Map(), emptyMasters: false, thresholdPercent: 2, ...more })
  const uneven = owners({ a: '0-7999', b: '8000-14999', c: '15000-16383' })
  t.strictSame(counts(plan(uneven)), ['2539: a to c', '1539: b to c'])
  t.strictSame(shown(plan(uneven)), ['0-2538: a to c', '8000-9538: b to c'], 'the lowest slots')
  t.strictSame(plan(THREE), [], 'within the threshold')
  t.strictSame(counts(plan(owners({ a: '0-5550', b: '5551-10922', c: '10923-16383' }))), [], 'just within')
  const empty = owners({ a: '0-8191', b: '8192-16383', c: '' })
  t.strictSame(plan(empty), [])
  t.strictSame(counts(plan(empty, { emptyMasters: true })), ['2731: b to c', '2731: a to c'])
  t.strictSame(counts(plan(THREE, { weights: new Map([['c', 0]]) })), ['2731: c to a', '2730: c to b'])
  const one = { weights: new Map([['a', 2]]) }
  t.strictSame(counts(plan(THREE, one)), ['1366: b to a', '1365: c to a'])
  t.throws(() => plan(THREE, { weights: new Map(['a', 'b', 'c'].map((name) => [name, 0])) }), {
    message: 'the weights leave no master to own the slots',
  })
})
