import type { History } from '../record/history.ts'
import { outcomeClass, SERVED_CLASSES } from '../record/history-codes.ts'
import type { RunFacts } from '../results/run-facts.ts'
import { provokedFromMs } from './driver-trouble.ts'
import { isOwnOperation } from './load-count.ts'
import { Standstill } from './outages/standstill.ts'

/** An operation that takes as long waits; shorter ones are latencies, also those of a slow machine, ms. */
const WAITING_MS = 1000

/**
 * The share of its time, 0 to 1, in which the clients of a workload were out: in operations that failed, or waited for a
 * second or longer, after something had been done to the servers. Such a client sends nothing else meanwhile, however
 * fast the machine is: that is what it is like. Before anything was done there is no reason for it, so none of that time
 * counts; nor do times in which the load stood still.
 */
export function blockedShare(history: History, facts: RunFacts): number {
  const provokedMs = provokedFromMs(facts)
  if (provokedMs === undefined) return 0
  const { ops, rows } = history
  const standstill = new Standstill(facts.stalls ?? [])
  const ranMs = (fromMs: number, toMs: number) => {
    const [from, to] = [standstill.shortened(fromMs), standstill.shortened(toMs)]
    return Math.max(to - from - standstill.blindMs(from, to), 0)
  }
  let [firstMs, lastMs, blockedMs] = [Number.POSITIVE_INFINITY, 0, 0]
  for (let row = 0; row < rows; row += 1) {
    if (!isOwnOperation(history, row)) continue
    const failure = outcomeClass(ops.outcome[row] ?? 0)
    if (failure === 'unsent' || failure === 'unfinished') continue
    const [invokeMs, completeMs] = [ops.invokeMs[row] ?? 0, ops.completeMs[row] ?? 0]
    firstMs = Math.min(firstMs, invokeMs)
    lastMs = Math.max(lastMs, completeMs)
    if (completeMs <= provokedMs) continue
    const tookMs = ranMs(invokeMs, completeMs)
    if (SERVED_CLASSES.has(failure) && tookMs < WAITING_MS) continue
    blockedMs += Math.min(tookMs, ranMs(provokedMs, completeMs))
  }
  if (lastMs <= firstMs) return 0
  return Math.min(blockedMs / (history.clients * ranMs(firstMs, lastMs)), 1)
}
