import type { History } from '../../record/history.ts'
import { FN, outcomeCode, UNKNOWN } from '../../record/history-codes.ts'
import type { Evidence } from '../evidence.ts'
import { rowsOf } from '../values/by-key.ts'
import { counterProblem } from './counter-problem.ts'
import { judgeCounter } from './counter-sequence.ts'
import { searchFairly } from './fair-search.ts'
import { judgeList } from './list-sequence.ts'
import { type RowProblem, registerProblem } from './register-problem.ts'
import { judgeSet } from './set-sequence.ts'
import { contradictingOperations } from './shrink.ts'
import { judgeUniqueValues } from './unique-values.ts'
import type { Judgement, Violation } from './violation.ts'

/** Steps of the search for all keys together: some seconds. */
const SEARCH_STEPS = 20_000_000

const MISMATCH = outcomeCode('mismatch', false)

/**
 * Judges every key of a history on its own, which is enough: a history is linearizable if and only if each of its
 * objects is (Herlihy & Wing, ACM TOPLAS 12, 1990). Where results give the order away the judgement is exact and takes
 * near-linear time; the rest is searched, within a budget.
 */
export function judgeLinearizability(evidence: Evidence, searchSteps = SEARCH_STEPS): Judgement {
  const { history } = evidence
  switch (history.type) {
    case 'list':
      return { violations: eachKey(history, judgeList), undecided: [] }
    case 'set':
      return { violations: eachKey(history, judgeSet), undecided: [] }
    case 'counter':
      return judgeCounters(history, searchSteps)
    default:
      return judgeRegisters(evidence, searchSteps)
  }
}

type JudgeKey<Result> = (history: History, key: number, rows: Uint32Array) => Result | undefined

function eachKey<Result>(history: History, judge: JudgeKey<Result>): Result[] {
  return history.keys.flatMap((_, key) => judge(history, key, rowsOf(history, key)) ?? [])
}

function judgeCounters(history: History, searchSteps: number): Judgement {
  const unfit: number[] = []
  const violations = eachKey(history, (_, key, rows) => {
    const judged = judgeCounter(history, key, rows)
    if (judged !== 'unfit') return judged
    unfit.push(key)
    return undefined
  })
  const searched = search(history, unfit, counterProblem, searchSteps)
  return { violations: [...violations, ...searched.violations], undecided: searched.undecided }
}

function judgeRegisters({ history, table }: Evidence, searchSteps: number): Judgement {
  if (table.rewriteRow >= 0) {
    return search(history, [...history.keys.keys()], registerProblem, searchSteps)
  }
  const violations = judgeUniqueValues(history, table)
  const judged = new Set(violations.map(({ key }) => key))
  const open = keysWithUntoldMismatch(history).filter((key) => !judged.has(key))
  const searched = search(history, open, registerProblem, searchSteps)
  return { violations: [...violations, ...searched.violations], undecided: searched.undecided }
}

/**
 * Keys on which a compare-and-set found another value than it expected, and does not tell which: only a search can
 * place it.
 */
function keysWithUntoldMismatch({ type, ops, rows }: History): number[] {
  if (type !== 'cas') return []
  const keys = new Set<number>()
  for (let row = 0; row < rows; row += 1) {
    if (ops.fn[row] === FN.cas && ops.outcome[row] === MISMATCH && ops.r[row] === UNKNOWN) keys.add(ops.key[row] ?? 0)
  }
  return [...keys]
}

function search(
  history: History,
  keys: readonly number[],
  problemOf: (history: History, rows: readonly number[]) => RowProblem,
  steps: number,
): Judgement {
  if (keys.length === 0) return { violations: [], undecided: [] }
  const problems = keys.map((key) => problemOf(history, [...rowsOf(history, key)]))
  const { violated, undecided } = searchFairly(problems, steps)
  return {
    violations: violated.map(({ place, obstacle }) => searchViolation(keys[place] ?? 0, problems[place], obstacle)),
    undecided: undecided.map((place) => keys[place] ?? 0),
  }
}

function searchViolation(key: number, problem: RowProblem | undefined, obstacle: number): Violation {
  const operations = problem ? contradictingOperations(problem, obstacle) : []
  return {
    key,
    why: `no order of its operations agrees with what they returned; ${operations.length} of them are enough to show it, whatever became of the others`,
    rows: operations.map((operation) => problem?.rows[operation] ?? 0),
  }
}
