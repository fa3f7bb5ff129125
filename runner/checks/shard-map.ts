import type { History } from '../record/history.ts'
import type { RunFacts, ShardFact } from '../results/run-facts.ts'
import type { ShardChoice } from './limits.ts'
import { rangesText } from './words.ts'

/** The shard of a key whose slot none had. */
const NO_SHARD = 0

/** Which shard each key belongs to, as the slots were when the scenario began. */
export class ShardMap {
  readonly #facts: RunFacts
  /** By key number; NO_SHARD where the facts name none. */
  readonly ofKey: Uint16Array
  /** Shards that a fault touched. */
  readonly touched: ReadonlySet<number>

  constructor({ slots }: Pick<History, 'slots'>, facts: RunFacts) {
    this.#facts = facts
    this.ofKey = Uint16Array.from(slots, (slot) => this.#shardOfSlot(slot))
    this.touched = new Set(facts.faults.flatMap((fault) => fault.shards))
  }

  fact(shard: number): ShardFact | undefined {
    return this.#facts.shards.find((fact) => fact.shard === shard)
  }

  /** `slots 5461–10922 (shard 2)`. */
  text(shard: number): string {
    const fact = this.fact(shard)
    return fact ? `slots ${rangesText(fact.slots)} (shard ${shard})` : 'slots of no known shard'
  }

  includes(choice: ShardChoice | undefined, shard: number): boolean {
    if (choice === undefined) return true
    if (choice === 'touched') return this.touched.has(shard)
    return choice === 'untouched' ? !this.touched.has(shard) : choice.includes(shard)
  }

  #shardOfSlot(slot: number): number {
    return (
      this.#facts.shards.find(({ slots }) => slots.some(([first, last]) => first <= slot && slot <= last))?.shard ??
      NO_SHARD
    )
  }
}
