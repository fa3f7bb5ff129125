import type { History } from '../record/history.ts'
import { FN, OUTCOME_OK, type OutcomeClass, outcomeClass } from '../record/history-codes.ts'
import type { FailoverFact, RunFacts } from '../results/run-facts.ts'
import { isOwnOperation } from './load-count.ts'
import type { ShardMap } from './shard-map.ts'

/** What a check must have seen around a failover: acknowledged writes, or acknowledged operations of any kind. */
export type Watched = 'writes' | 'operations'

/** What was acknowledged on the shard of a failover, around it. */
export type FailoverWindow = Record<Watched, number> & {
  failover: FailoverFact
  fromMs: number
  toMs: number
  /** Before its cause: what was begun and not acknowledged, by why. */
  missed: Record<Watched, Map<OutcomeClass, number>>
}

/** What may be lost in a failover was acknowledged in the last moments before it: a replica is rarely further behind. */
const BEFORE_MS = 1000

/**
 * What was acknowledged around each failover, from a second before its cause until the new master was there: in every
 * shard that has keys of the workload. Where a cut in the shard or the stop of its master went before its cause, from a
 * second before that.
 */
export function failoverWindows({
  history,
  facts,
  shards,
}: {
  history: History
  facts: RunFacts
  shards: ShardMap
}): FailoverWindow[] {
  const itsShards = new Set(shards.ofKey)
  const windows = facts.failovers
    .filter(({ shard, outcome = 'promoted' }) => outcome === 'promoted' && itsShards.has(shard))
    .map((failover): FailoverWindow => {
      const fromMs = Math.max(atRiskFromMs(facts, failover) - BEFORE_MS, 0)
      const missed = { writes: new Map<OutcomeClass, number>(), operations: new Map<OutcomeClass, number>() }
      return { failover, fromMs, toMs: failover.startMs + failover.totalMs, writes: 0, operations: 0, missed }
    })
  if (windows.length === 0) return []
  const { ops, rows } = history
  for (let row = 0; row < rows; row += 1) {
    if (!isOwnOperation(history, row)) continue
    const outcome = ops.outcome[row] ?? 0
    const shard = shards.ofKey[ops.key[row] ?? 0]
    for (const window of windows) {
      if (window.failover.shard !== shard) continue
      const isWrite = ops.fn[row] !== FN.read
      if (outcome === OUTCOME_OK) {
        const atMs = ops.completeMs[row] ?? 0
        if (atMs < window.fromMs || atMs > window.toMs) continue
        window.operations += 1
        if (isWrite) window.writes += 1
        continue
      }
      const atMs = ops.invokeMs[row] ?? 0
      if (atMs < window.fromMs || atMs > window.failover.startMs) continue
      countOne(window.missed.operations, outcomeClass(outcome))
      if (isWrite) countOne(window.missed.writes, outcomeClass(outcome))
    }
  }
  return windows
}

function countOne(counts: Map<OutcomeClass, number>, name: OutcomeClass): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/**
 * From when on writes may not have reached the replica that became master: its cause, or what went before it and lasted
 * until it. A cut in the shard; or the stop of a master that pauses its clients until a replica has taken over.
 */
function atRiskFromMs({ faults }: RunFacts, { shard, from, startMs }: FailoverFact): number {
  const before = faults.filter(
    ({ verb, shards, nodes, startMs: beganMs, endMs }) =>
      ((verb === 'partition' && shards.includes(shard)) || (verb === 'stop' && nodes.includes(from))) &&
      beganMs < startMs &&
      startMs < endMs,
  )
  return Math.min(startMs, ...before.map((fault) => fault.startMs))
}
