import { NO_NODE } from '../record/history-codes.ts'
import type { FaultFact, RunFacts } from '../results/run-facts.ts'
import type { Evidence } from './evidence.ts'
import { serverOutages } from './outages/server-outages.ts'
import { momentText } from './words.ts'

/**
 * What a finding says of a client that no server bears out. Only a client that hides where its operations went is
 * suspected, as client libraries are: the runner's own tells which node answered.
 */

/** Lost writes that no server lost, in sentences, each with a space before it; empty where servers may have. */
export function falseAcknowledgements(
  evidence: Evidence,
  rows: readonly number[],
  shownBy: ReadonlyMap<number, number>,
): string {
  const { history } = evidence
  const hidden = rows.filter((row) => history.ops.node[row] === NO_NODE)
  const refused = hidden.filter((row) => isWithinRefusal(evidence, row))
  const [first] = refused
  const never = hidden.filter((row) => !refused.includes(row) && !mayServersHaveLost(evidence, row, shownBy.get(row)))
  const swallowed =
    first === undefined
      ? ''
      : ` ${countText(refused.length, rows.length)} acknowledged while the servers refused every write of the runner to that shard, the first at ${momentText(history.ops.completeMs[first] ?? 0)}: the client calls carried out what was refused.`
  const unsent =
    never.length === 0
      ? ''
      : ` Nothing was done to the servers that could have lost ${never.length === rows.length ? 'any' : `${never.length}`} of them: the client calls carried out what never reached a server.`
  return `${swallowed}${unsent}`
}

/** The same of stale reads: a client that answers them from a cache. `rows`: the read, and what it did not know of. */
export function cachedReads(evidence: Evidence, stale: readonly { row: number; rows: readonly number[] }[]): string {
  const { history } = evidence
  const cached = stale.filter(({ row, rows }) => {
    if (history.ops.node[row] !== NO_NODE || (history.ops.flags[row] ?? 0) !== 0) return false
    return !isShaken(evidence, row, history.ops.completeMs[rows[0] ?? row] ?? 0, history.ops.completeMs[row] ?? 0)
  })
  if (cached.length === 0) return ''
  return ` ${countText(cached.length, stale.length)} answered when nothing had been done to the master that had the newer value: the client answers from something it keeps, as a cache.`
}

function countText(count: number, of: number): string {
  if (count === of) return of === 1 ? 'It was' : 'All of them were'
  return `${count} of them ${count === 1 ? 'was' : 'were'}`
}

function isWithinRefusal({ history: { ops }, shards, facts }: Evidence, row: number): boolean {
  const shard = shards.ofKey[ops.key[row] ?? 0]
  const [fromMs, toMs] = [ops.invokeMs[row] ?? 0, ops.completeMs[row] ?? 0]
  return serverOutages(facts).some(
    (one) =>
      one.shard === shard &&
      one.source === 'probe' &&
      one.startMs + one.startErrorMs <= fromMs &&
      toMs <= one.endMs - one.endErrorMs,
  )
}

/** Whether a fault or a failover came between the acknowledgement and the read that shows it gone. */
function mayServersHaveLost(evidence: Evidence, row: number, shownBy: number | undefined): boolean {
  const { ops } = evidence.history
  const toMs = shownBy === undefined ? Number.POSITIVE_INFINITY : (ops.completeMs[shownBy] ?? Number.POSITIVE_INFINITY)
  return isShaken(evidence, row, ops.invokeMs[row] ?? 0, toMs)
}

/** Whether anything was wrong with the shard of an operation between two moments, or its slots were moved. */
function isShaken({ history, shards, facts }: Evidence, row: number, fromMs: number, toMs: number): boolean {
  const shard = shards.ofKey[history.ops.key[row] ?? 0] ?? 0
  const overlaps = (startMs: number, endMs: number) => startMs <= toMs && fromMs <= endMs
  return (
    facts.faults.some(
      (fault) =>
        fault.shards.includes(shard) &&
        overlaps(fault.startMs, fault.endMs) &&
        !isPassedBy(facts, fault, shard, fromMs),
    ) ||
    facts.failovers.some((one) => one.shard === shard && overlaps(one.startMs, one.startMs + one.totalMs)) ||
    facts.steps.some(({ verb, startMs, endMs }) => MOVING.includes(verb) && overlaps(startMs, endMs))
  )
}

/** A master that was only silent wakes up as one, and acknowledges what it has at hand before it hears of another. */
const ENDING: readonly string[] = ['kill', 'stop']

/**
 * Whether a fault had ended a master alone that another had taken over from by then: what came later went past it.
 */
function isPassedBy({ failovers }: RunFacts, { nodes, verb }: FaultFact, shard: number, byMs: number): boolean {
  if (!ENDING.includes(verb)) return false
  const [node, ...others] = nodes
  const itsFailovers = failovers.filter(({ outcome = 'promoted', ...one }) => {
    return outcome === 'promoted' && one.shard === shard && (one.from === node || one.to === node)
  })
  const last = itsFailovers.findLast(({ startMs, totalMs }) => startMs + totalMs <= byMs)
  return others.length === 0 && last !== undefined && last.from === node
}

/** Verbs that move slots, or let a scenario do with data what it likes. */
const MOVING = ['reshard', 'rebalance', 'add-node', 'remove-node', 'redis', 'damage', 'replicate', 'reset', 'lie']
