import fc from 'fast-check'
import t from 'tap'
import { seededRandom } from '../../runner/base/random.ts'
import { checksFor, judgeWorkload } from '../../runner/checks/index.ts'
import type { WorkloadType } from '../../runner/record/history-codes.ts'
import { NO_FACTS } from '../support/facts.ts'
import { correctRun } from '../support/generated-history.ts'
import { historyOf, type Op } from '../support/histories.ts'
import * as mutations from '../support/mutations.ts'

const RUNS = 40

/** Limits that a cluster without mistakes keeps, by check. */
const STRICT: Record<string, unknown> = {
  lost_writes: 0,
  resurrected: 0,
  unexpected: 0,
  duplicates: 0,
  linearizable: true,
  stale_reads: 0,
  counter: true,
  set: true,
  list_order: true,
  isolation: true,
}

/** By mutation: for which workloads, and which checks must find it. */
const PLANTED: readonly [name: string, mutation: mutations.Mutation, types: WorkloadType[], checks: string[]][] = [
  ['dropped write', mutations.droppedWrite, ['register', 'cas', 'transaction'], ['lost_writes', 'linearizable']],
  ['dropped member', mutations.droppedMember, ['list'], ['lost_writes', 'linearizable']],
  ['dropped member', mutations.droppedMember, ['set'], ['lost_writes', 'linearizable', 'set']],
  ['dropped increments', mutations.droppedIncrements, ['counter'], ['lost_writes', 'counter', 'linearizable']],
  ['counted twice', mutations.countedTwice, ['counter'], ['duplicates', 'counter', 'linearizable']],
  ['swapped reads', mutations.swappedReads, ['register', 'cas', 'transaction'], ['unexpected', 'linearizable']],
  ['stale read', mutations.staleRead, ['register', 'cas', 'transaction'], ['stale_reads', 'linearizable']],
  ['stale empty read', mutations.staleEmptyRead, ['set', 'list', 'counter'], ['stale_reads', 'linearizable']],
  [
    'resurrected value',
    mutations.resurrectedValue,
    ['register', 'cas', 'transaction'],
    ['resurrected', 'linearizable'],
  ],
  ['duplicated element', mutations.duplicatedElement, ['list'], ['duplicates', 'linearizable']],
  ['reordered list', mutations.reorderedList, ['list'], ['list_order', 'linearizable']],
  ['torn read', mutations.tornRead, ['transaction'], ['isolation', 'linearizable']],
  [
    'foreign value',
    mutations.foreignValue,
    ['register', 'cas', 'transaction', 'set', 'list'],
    ['unexpected', 'linearizable'],
  ],
  [
    'failed write seen',
    mutations.failedWriteSeen,
    ['register', 'cas', 'transaction', 'set', 'list'],
    ['unexpected', 'linearizable'],
  ],
]

function verdicts(type: WorkloadType, ops: readonly Op[]): Record<string, string> {
  const names = checksFor(type)
    .map(({ name }) => name)
    .filter((name) => name in STRICT)
  const limits = { min_operations: 0, ...Object.fromEntries(names.map((name) => [name, STRICT[name]])) }
  const outcomes = judgeWorkload({ on: 'w', limits, history: historyOf({ type, ops }), facts: NO_FACTS })
  return Object.fromEntries(outcomes.map(({ name, verdict }) => [name, verdict]))
}

const runs = fc.record({
  seed: fc.integer(),
  clients: fc.integer({ min: 1, max: 8 }),
  keys: fc.integer({ min: 1, max: 4 }),
  operations: fc.integer({ min: 10, max: 300 }),
})

for (const type of ['register', 'cas', 'counter', 'set', 'list', 'transaction'] as const) {
  t.test(`${type}: a cluster that makes no mistake passes every check`, async (t) => {
    const passes = ({ seed, ...shape }: { seed: number; clients: number; keys: number; operations: number }) => {
      const ops = correctRun(type, seed, shape)
      // A check without samples is not evaluated, rightly: such a run says nothing here.
      fc.pre(ops.some(({ f, failed, lost }) => f !== 'read' && failed === undefined && lost === undefined))
      t.same(
        Object.entries(verdicts(type, ops)).filter(([, verdict]) => verdict !== 'passed'),
        [],
      )
    }
    fc.assert(fc.property(runs, passes), { numRuns: RUNS })
  })
}

for (const [name, mutation, types, checks] of PLANTED) {
  for (const type of types) {
    t.test(`${type}: a ${name} is found by ${checks.join(', ')}`, async (t) => {
      let planted = 0
      for (let seed = 1; seed <= RUNS; seed += 1) {
        const mutated = mutation(correctRun(type, seed), seededRandom(seed))
        if (!mutated) continue
        planted += 1
        const found = verdicts(type, mutated)
        for (const check of checks) t.equal(found[check], 'failed', `seed ${seed}: ${check}`)
      }
      t.ok(planted > RUNS / 3, `${planted} were planted`)
    })
  }
}
