import { plural } from '../base/text.ts'
import type { LoadSent } from '../record/check-outcome.ts'
import type { History } from '../record/history.ts'
import { NO_PHASE } from '../record/history-codes.ts'
import type { RunFacts } from '../results/run-facts.ts'
import { blockedShare } from './blocked-share.ts'
import { driverTrouble } from './driver-trouble.ts'
import { type FailoverWindow, failoverWindows } from './failover-windows.ts'
import { countLoad, starved } from './load-count.ts'
import { type Losses, lossesOf } from './losses/losses.ts'
import { DEFAULT_NEEDS, type Needs } from './needs.ts'
import { ShardMap } from './shard-map.ts'
import { floodText, unendedText } from './unended-text.ts'
import { ValueTable } from './values/value-table.ts'

/** A history and the facts of its scenario, with what several checks need of them worked out once. */
export class Evidence {
  readonly history: History
  readonly facts: RunFacts
  readonly shards: ShardMap
  /** How much of what was due was sent; undefined for a workload without a rate. */
  readonly load: LoadSent | undefined
  readonly needs: Needs
  readonly #except: readonly string[]
  readonly #withOutcome: number
  #blockedShare: number | undefined
  #table: ValueTable | undefined
  #losses: Losses | undefined
  #failoverWindows: FailoverWindow[] | undefined

  /** `except`: phases of which operations do not count where every phase is asked for. */
  constructor(history: History, facts: RunFacts, needs = DEFAULT_NEEDS, except: readonly string[] = []) {
    this.history = history
    this.facts = facts
    this.shards = new ShardMap(history, facts)
    this.needs = needs
    this.#except = except
    const { withOutcome, load } = countLoad(history)
    this.#withOutcome = withOutcome
    this.load = load
  }

  /** Why a check that found nothing wrong has not shown much; undefined if there is no reason. */
  get doubt(): string | undefined {
    if (!this.history.complete) return 'the history breaks off: the runner was killed before it was written to its end'
    if (this.starved !== undefined) return this.starved
    const [count, least] = [this.#withOutcome, this.needs.operations]
    if (count >= least) return undefined
    return `${plural(count, 'operation')} with an outcome ${count === 1 ? 'is' : 'are'} too few to judge by: at least ${least} are wanted (\`min_operations\`)`
  }

  /** That too little was sent of what was due while clients were not out, in words; undefined if enough was. */
  get starved(): string | undefined {
    const text = starved(this.load, this.needs.sent, driverTrouble(this) ?? floodText(this))
    if (text === undefined || this.load === undefined) return undefined
    // A client that blocks through an outage sends nothing meanwhile: its outage is measured all the same.
    this.#blockedShare ??= blockedShare(this.history, this.facts)
    if (this.load.sent >= this.needs.sent * this.load.due * (1 - this.#blockedShare)) return undefined
    return `${text}${unendedText(this)}`
  }

  get table(): ValueTable {
    this.#table ??= new ValueTable(this.history)
    return this.#table
  }

  get losses(): Losses {
    this.#losses ??= lossesOf(this)
    return this.#losses
  }

  get failoverWindows(): readonly FailoverWindow[] {
    this.#failoverWindows ??= failoverWindows(this)
    return this.#failoverWindows
  }

  /** Whether a row counts for a limit on the phase `during`, or on every phase; undefined if every row does. */
  counts(during: string | undefined): ((row: number) => boolean) | undefined {
    const { phase } = this.history.ops
    const only = this.phase(during)
    if (only !== undefined) return (row) => phase[row] === only
    if (this.#except.length === 0) return undefined
    const left = new Set(this.#except.map((name) => this.phase(name)))
    return (row) => !left.has(phase[row])
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
