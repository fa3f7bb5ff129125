import type { FailoverObservations } from './observations.ts'
import { masterAt, type Promotion } from './promotions.ts'

/** A time during which one node was the agreed master of a shard. */
export interface Reign {
  master: string
  fromMs: number
  toMs: number
  /** How far `toMs` may be off, either way: where the clocks of servers are not ours, their lines are known by when they came. */
  toErrorMs: number
  /** It ended with a new master, and not with the end of watching. */
  succeeded: boolean
}

/** The masters of a shard, one after another. A promotion that was undone ends no reign and begins none. */
export function reignsOf(observed: FailoverObservations, shard: number, promotions: readonly Promotion[]): Reign[] {
  const first = masterAt(observed, shard, Number.NEGATIVE_INFINITY, [])
  const masters = [...(first === undefined ? [] : [{ master: first, fromMs: 0, errorMs: 0 }])]
  for (const one of promotions) {
    if (one.shard === shard && !one.undone)
      masters.push({ master: one.node, fromMs: one.moment.atMs, errorMs: one.moment.errorMs })
  }
  return masters.map(({ master, fromMs }, index) => ({
    master,
    fromMs,
    toMs: masters[index + 1]?.fromMs ?? observed.endMs,
    toErrorMs: masters[index + 1]?.errorMs ?? 0,
    succeeded: index + 1 < masters.length,
  }))
}
