import fc from 'fast-check'
import t from 'tap'
import { firstAfter, firstNotBefore, sortByTime } from '../../runner/checks/values/time-sort.ts'
import { ValueIndex } from '../../runner/checks/values/value-index.ts'

/** Times that are nearly sorted, as those of histories, or not at all; with equal ones among them. */
const times = fc
  .tuple(fc.array(fc.nat(2000), { maxLength: 400, size: 'max' }), fc.integer({ min: 0, max: 50 }))
  .map(([jitters, step]) => jitters.map((jitter, index) => (step === 0 ? jitter : index * step + (jitter % 100))))

t.test('ids are sorted by their times, stably, within a part of them', async () => {
  fc.assert(
    fc.property(times, fc.nat(10), fc.nat(10), (list, before, after) => {
      const timesMs = Float64Array.from(list)
      const ids = Uint32Array.from(list.keys())
      const [from, to] = [Math.min(before, list.length), Math.max(list.length - after, Math.min(before, list.length))]
      const expected = [
        ...ids.subarray(0, from),
        ...[...ids.subarray(from, to)].sort((a, b) => (list[a] ?? 0) - (list[b] ?? 0)),
        ...ids.subarray(to),
      ]
      sortByTime(ids, from, to, (id) => timesMs[id] ?? 0)
      return ids.every((id, place) => id === expected[place])
    }),
    { numRuns: 500 },
  )
})

t.test('places in sorted ids', async () => {
  fc.assert(
    fc.property(times, fc.nat(2000), (list, timeMs) => {
      const sorted = [...list].sort((a, b) => a - b)
      const ids = Uint32Array.from(list.keys())
      const timeMsOf = (id: number) => sorted[id] ?? 0
      const [after, notBefore] = [sorted.findIndex((ms) => ms > timeMs), sorted.findIndex((ms) => ms >= timeMs)]
      const place = (found: number) => (found < 0 ? sorted.length : found)
      return (
        firstAfter(ids, 0, ids.length, timeMsOf, timeMs) === place(after) &&
        firstNotBefore(ids, 0, ids.length, timeMsOf, timeMs) === place(notBefore)
      )
    }),
  )
})

t.test('an index finds what was added, and nothing else', async () => {
  const pair = fc.tuple(fc.nat(50), fc.oneof(fc.nat(100), fc.integer()))
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 300, size: 'max' }), fc.array(pair), (added, others) => {
      const pairs = {
        key: (number: number) => added[number]?.[0] ?? -1,
        value: (number: number) => (added[number]?.[1] ?? -1) | 0,
      }
      const index = new ValueIndex(pairs, added.length)
      const numbers = new Map<string, number>()
      for (const [number, [key, value]] of added.entries()) {
        const name = `${key} ${value | 0}`
        numbers.set(name, numbers.get(name) ?? number)
        if (index.add(number) !== numbers.get(name)) return false
      }
      return [...added, ...others].every(
        ([key, value]) => index.find(key, value | 0) === (numbers.get(`${key} ${value | 0}`) ?? -1),
      )
    }),
    { numRuns: 500 },
  )
})
