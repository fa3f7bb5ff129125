import { plural } from '../base/text.ts'
import type { History } from '../record/history.ts'
import { FLAG, NO_PHASE } from '../record/history-codes.ts'
import type { RunFacts } from '../results/run-facts.ts'
import { type Losses, lossesOf } from './losses/losses.ts'
import { ShardMap } from './shard-map.ts'
import { ValueTable } from './values/value-table.ts'

/** Fewer operations than this show too little, unless a scenario says otherwise (`min_operations`). */
export const MIN_OPERATIONS = 100

/** A history and the facts of its scenario, with what several checks need of them worked out once. */
export class Evidence {
  readonly history: History
  readonly facts: RunFacts
  readonly shards: ShardMap
  /** Operations of the workload itself, without the final reads. */
  readonly operations: number
  readonly #minOperations: number
  #table: ValueTable | undefined
  #losses: Losses | undefined

  constructor(history: History, facts: RunFacts, minOperations = MIN_OPERATIONS) {
    this.history = history
    this.facts = facts
    this.shards = new ShardMap(history, facts)
    this.#minOperations = minOperations
    let finals = 0
    for (let row = 0; row < history.rows; row += 1) if (((history.ops.flags[row] ?? 0) & FLAG.final) !== 0) finals += 1
    this.operations = history.rows - finals
  }

  /** Why a check that found nothing wrong has not shown much; undefined if there is no reason. */
  get doubt(): string | undefined {
    if (!this.history.complete) return 'the history breaks off: the runner was killed before it was written to its end'
    if (this.operations >= this.#minOperations) return undefined
    return `${plural(this.operations, 'operation')} are too few to judge by: at least ${this.#minOperations} are wanted (\`min_operations\`)`
  }

  get table(): ValueTable {
    this.#table ??= new ValueTable(this.history)
    return this.#table
  }

  get losses(): Losses {
    this.#losses ??= lossesOf(this)
    return this.#losses
  }

  /**
   * The code of a phase in the history; that of no phase at all if it never began. Undefined stands for every phase.
   */
  phase(name: string | undefined): number | undefined {
    if (name === undefined) return undefined
    const code = this.history.phases.indexOf(name)
    return code < 0 ? NEVER : code
  }
}

/** A code that no operation has: it lies beyond those of phases. */
const NEVER = NO_PHASE + 1
