import { checkNamed, judgeWorkload } from '../../runner/checks/index.ts'
import type { CheckOutcome } from '../../runner/record/check-outcome.ts'
import type { RunFacts } from '../../runner/results/run-facts.ts'
import { NO_FACTS } from './facts.ts'
import { type HistorySpec, historyOf } from './histories.ts'

/** The outcome of one limit of one check on these operations, however few they are. */
export function judge(name: string, limit: unknown, spec: HistorySpec, facts: RunFacts = NO_FACTS): CheckOutcome {
  if (!checkNamed(name)) throw new Error(`there is no check ${name}`)
  const limits = { [name]: limit, min_operations: 0, min_in_window: 0 }
  const [outcome] = judgeWorkload({ on: 'w', limits, history: historyOf(spec), facts })
  if (!outcome) throw new Error(`${name} gave no outcome`)
  return outcome
}
