import fc from 'fast-check'
import t from 'tap'
import {
  inShard,
  type PlayedHow,
  planOf,
  playedOn,
  shardNamed,
  type Weighed,
} from '../../../runner/commands/choosing/shard.ts'

const weighed = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 8 }),
    tookMs: fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined }),
  }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 60 },
)
const divided = weighed.chain((items) => fc.record({ items: fc.constant(items), of: fc.integer({ min: 1, max: 12 }) }))
const ON: PlayedHow = { servers: ['redis:7.0'] }
const self = (one: Weighed) => one
const partsOf = (items: readonly Weighed[], of: number) =>
  Array.from({ length: of }, (_, part) => inShard(items, { number: part + 1, of }, self))

t.test('parts are disjoint, and together everything, in its order', async (t) => {
  fc.assert(
    fc.property(divided, ({ items, of }) => {
      const parts = partsOf(items, of)
      const all = parts.flat().map(({ name }) => name)
      t.equal(new Set(all).size, all.length)
      t.strictSame([...all].sort(), items.map(({ name }) => name).sort())
      for (const part of parts)
        t.strictSame(
          part,
          items.filter((one) => part.includes(one)),
        )
    }),
  )
})

t.test('they are the same in whatever order the scenarios come', async (t) => {
  fc.assert(
    fc.property(divided, ({ items, of }) => {
      const turned = items.toReversed()
      for (const [part, one] of partsOf(items, of).entries()) {
        const other = inShard(turned, { number: part + 1, of }, self)
        t.strictSame(one.map(({ name }) => name).sort(), other.map(({ name }) => name).sort())
      }
      t.equal(planOf(items, { number: 1, of }, ON), planOf(turned, { number: 2, of }, ON))
    }),
  )
})

t.test('by known times, no part has more than the shortest and the longest scenario together', async (t) => {
  fc.assert(
    fc.property(divided, ({ items, of }) => {
      const known = items.map(({ name, tookMs = 500 }) => ({ name, tookMs }))
      const sums = partsOf(known, of).map((part) => part.reduce((sum, { tookMs = 0 }) => sum + tookMs, 0))
      t.ok(Math.max(...sums) <= Math.min(...sums) + Math.max(...known.map(({ tookMs }) => tookMs)))
    }),
  )
})

t.test('where nothing is known they are dealt out by name', async (t) => {
  const items = ['d', 'a', 'c', 'b', 'e'].map((name) => ({ name, tookMs: undefined }))
  const names = partsOf(items, 2).map((part) => part.map(({ name }) => name))
  t.strictSame(names, [
    ['a', 'c', 'e'],
    ['d', 'b'],
  ])
})

t.test('other times, values, servers or repeats, other parts: they are told from one another', async (t) => {
  const plan = (item: Partial<Weighed>, of: number, how: Partial<PlayedHow> = {}) =>
    planOf([{ name: 'a', tookMs: 1, ...item }], { number: 1, of }, { ...ON, ...how })
  const others = [
    plan({}, 3),
    plan({ tookMs: 2 }, 2),
    plan({ tookMs: undefined }, 2),
    plan({ with: [['keys', 10]] }, 2),
    plan({}, 2, { servers: ['valkey:9.1'] }),
    plan({}, 2, { platform: 'process' }),
    plan({}, 2, { clients: ['ioredis'] }),
    plan({}, 2, { repeat: 3 }),
  ]
  t.equal(new Set([plan({}, 2), ...others]).size, others.length + 1)
  t.equal(plan({}, 2), plan({}, 2))
})

t.test('where a part is played is told in words', async (t) => {
  t.equal(playedOn(ON), 'redis:7.0')
  t.equal(playedOn({ servers: ['redis:7.0', 'valkey:9.1'], platform: 'process' }), 'redis:7.0, valkey:9.1 (process)')
  t.equal(playedOn({ ...ON, platform: 'docker', clients: ['ioredis'] }), 'redis:7.0 (docker, ioredis)')
})

t.test('I/N', async (t) => {
  t.strictSame(shardNamed('2/3'), { number: 2, of: 3 })
  const cases: [string, RegExp][] = [
    ['0/3', /not `0\/3`; did you mean 1\/3\?$/],
    ['4/3', /did you mean 3\/3\?$/],
    ['2-3', /did you mean 2\/3\?$/],
    ['2 of 3', /did you mean 2\/3\?$/],
    ['3', /--shard takes I\/N.* not `3`$/],
    ['1/0', /did you mean 1\/1\?$/],
    ['1/1001', /1000 at most/],
    ['a/b', /not `a\/b`$/],
    ['', /not ``$/],
  ]
  for (const [text, message] of cases) t.throws(() => shardNamed(text), { name: 'UsageError', message }, text)
})
