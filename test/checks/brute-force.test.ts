import fc from 'fast-check'
import t from 'tap'
import { seededRandom } from '../../runner/base/random.ts'
import { Evidence } from '../../runner/checks/evidence.ts'
import { judgeLinearizability } from '../../runner/checks/linearizable/judge.ts'
import { registerProblem } from '../../runner/checks/linearizable/register-problem.ts'
import { Search } from '../../runner/checks/linearizable/search.ts'
import type { WorkloadType } from '../../runner/record/history-codes.ts'
import { isLinearizable } from '../support/brute-force.ts'
import { NO_FACTS } from '../support/facts.ts'
import { correctRun } from '../support/generated-history.ts'
import { historyOf, type Op } from '../support/histories.ts'
import { droppedWrite, resurrectedValue, staleRead, swappedReads } from '../support/mutations.ts'

/** 10,000 histories in all. */
const RUNS = 1300
const MOST_OPERATIONS = 7

/**
 * What an operation of each type may be, when it is the `index`th that writes. Results are at random: most histories
 * are wrong.
 */
type Draft = (index: number, pick: (below: number) => number) => Op

const at = [0, 0] as const

const drafts: Record<string, Draft> = {
  register: (index, pick) =>
    pick(2) === 0 ? { f: 'write', a: index, at } : { f: 'read', r: pick(index + 1) || null, at },
  cas: (index, pick) => {
    const kind = pick(4)
    if (kind === 0) return { f: 'write', a: index, at }
    if (kind === 1) return { f: 'read', r: pick(index + 1) || null, at }
    const cas: Op = { f: 'cas', a: index, b: pick(index) || null, at }
    if (kind === 2) return cas
    return pick(3) === 0 ? { ...cas, failed: 'mismatch' } : { ...cas, failed: 'mismatch', r: pick(index + 1) || null }
  },
  'cas, values repeated': (_, pick) => {
    const kind = pick(3)
    if (kind === 0) return { f: 'write', a: 1 + pick(2), at }
    return kind === 1 ? { f: 'read', r: pick(3) || null, at } : { f: 'cas', a: 1 + pick(2), b: pick(3) || null, at }
  },
  'counter, any amounts': (_, pick) =>
    pick(2) === 0
      ? { f: 'add', a: pick(4) - 1, ...(pick(2) === 0 && { r: pick(4) }), at }
      : { f: 'read', r: pick(4), at },
  counter: (_, pick) => (pick(2) === 0 ? { f: 'add', a: 1, r: 1 + pick(4), at } : { f: 'read', r: pick(4), at }),
  set: (index, pick) => (pick(2) === 0 ? { f: 'add', a: index, at } : { f: 'read', r: members(index, pick), at }),
  list: (index, pick) =>
    pick(2) === 0 ? { f: 'push', a: index, r: 1 + pick(index), at } : { f: 'read', r: members(index, pick), at },
  'list, lengths untold': (index, pick) =>
    pick(2) === 0 ? { f: 'push', a: index, at } : { f: 'read', r: members(index, pick), at },
  transaction: (index, pick) => {
    const value = pick(index + 1) || null
    const torn = pick(8) === 0
    return pick(2) === 0 ? { f: 'write', a: index, at } : { f: 'read', r: [value, torn ? index : value], at }
  },
}

/** Some of the members up to `index`, in order. */
function members(index: number, pick: (below: number) => number): number[] {
  return Array.from({ length: index }, (_, place) => place + 1).filter(() => pick(2) === 0)
}

function histories(draft: Draft): fc.Arbitrary<Op[]> {
  const number = fc.nat(1_000_000)
  const operation = fc.record({
    start: fc.nat(12),
    length: fc.nat(6),
    fate: fc.nat(9),
    numbers: fc.array(number, { minLength: 12, maxLength: 12 }),
  })
  return fc.array(operation, { minLength: 1, maxLength: MOST_OPERATIONS }).map((all) => {
    let written = 1
    return all.map(({ start, length, fate, numbers }): Op => {
      const rest = [...numbers]
      const op: Op = { ...draft(written, (below) => (rest.pop() ?? 0) % below), at: [start, start + length] }
      if (op.f !== 'read') written += 1
      if (op.failed !== undefined || fate > 2) return op
      return fate < 2 ? { ...op, lost: 'timeout' } : { ...op, failed: 'CLUSTERDOWN' }
    })
  })
}

for (const [name, draft] of Object.entries(drafts)) {
  const type = name.replace(/,.*/, '') as WorkloadType
  t.test(`${name}: every judgement is that of trying all orders`, async (t) => {
    const seen = { right: 0, wrong: 0 }
    fc.assert(
      fc.property(histories(draft), (ops) => {
        const history = historyOf({ type, ops })
        const { violations, undecided } = judgeLinearizability(new Evidence(history, NO_FACTS))
        const expected = isLinearizable(type, ops)
        seen[expected ? 'right' : 'wrong'] += 1
        return undecided.length === 0 && (violations.length === 0) === expected
      }),
      { numRuns: RUNS },
    )
    t.ok(seen.right > RUNS / 20 && seen.wrong > RUNS / 20, `${seen.right} were linearizable, ${seen.wrong} were not`)
  })
}

t.test('the search agrees with the exact judgement of unique values', async () => {
  fc.assert(
    fc.property(histories(drafts.cas ?? (() => ({ f: 'read', at }))), (ops) => {
      const history = historyOf({ type: 'cas', ops })
      const problem = registerProblem(history, [...Array.from({ length: history.rows }, (_, row) => row)])
      return (new Search(problem).run(1_000_000) === 'holds') === isLinearizable('cas', ops)
    }),
    { numRuns: RUNS },
  )
})

t.test('on longer histories, right and wrong ones, the two algorithms agree', async (t) => {
  const planted = [undefined, swappedReads, staleRead, resurrectedValue, droppedWrite]
  const seen = { right: 0, wrong: 0 }
  fc.assert(
    fc.property(
      fc.constantFrom('register', 'cas'),
      fc.integer(),
      fc.constantFrom(...planted),
      (type, seed, mutation) => {
        const correct = correctRun(type, seed, { operations: 150, keys: 1, clients: 5 })
        const ops = mutation?.(correct, seededRandom(seed)) ?? correct
        const history = historyOf({ type, ops })
        const exact = judgeLinearizability(new Evidence(history, NO_FACTS)).violations.length === 0
        const problem = registerProblem(history, [...Array.from({ length: history.rows }, (_, row) => row)])
        seen[exact ? 'right' : 'wrong'] += 1
        return new Search(problem).run(5_000_000) === (exact ? 'holds' : 'violated')
      },
    ),
    { numRuns: 300 },
  )
  t.ok(seen.right > 30 && seen.wrong > 30, `${seen.right} were linearizable, ${seen.wrong} were not`)
})
