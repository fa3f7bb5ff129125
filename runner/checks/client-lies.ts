import { FLAG, NO_NODE } from '../record/history-codes.ts'
import type { FaultFact, RunFacts } from '../results/run-facts.ts'
import { isApplication } from './applications.ts'
import type { Evidence } from './evidence.ts'
import { type ServerOutage, serverOutages } from './outages/server-outages.ts'
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
  const never = hidden.filter(
    (row) => !touchesRefusal(evidence, row) && !mayServersHaveLost(evidence, row, shownBy.get(row)),
  )
  const swallowed =
    first === undefined
      ? ''
      : ` ${countText(refused.length, rows.length)} ${refusedText(evidence, history.ops.completeMs[first] ?? 0)}.`
  const unsent =
    never.length === 0
      ? ''
      : ` Nothing was done to the servers that could have lost ${never.length === rows.length ? 'any' : `${never.length}`} of them: ${isApplication(evidence) ? 'they were read back through the application, which answers wrongly or never stored them' : 'the client calls carried out what never reached a server'}.`
  return `${swallowed}${unsent}`
}

/**
 * The same of stale reads: a client that answers them from a cache, or acknowledged what was never carried out. `rows`:
 * what the read did not know of, and the read.
 */
export function cachedReads(evidence: Evidence, stale: readonly { row: number; rows: readonly number[] }[]): string {
  const { ops } = evidence.history
  const hidden = stale.filter(({ row }) => ops.node[row] === NO_NODE && (ops.flags[row] ?? 0) === 0)
  const swallowed = stale.filter(({ rows }) => {
    const [newer] = rows
    return newer !== undefined && ops.node[newer] === NO_NODE && isWithinRefusal(evidence, newer)
  })
  const cached = hidden.filter(({ row, rows: [newer = row] }) => {
    if (touchesRefusal(evidence, newer) || isGone(evidence, newer)) return false
    return !isShaken(evidence, row, ops.completeMs[newer] ?? 0, ops.completeMs[row] ?? 0)
  })
  const [first] = swallowed.flatMap(({ rows }) => rows.slice(0, 1)).sort((a, b) => a - b)
  const told =
    first === undefined
      ? ''
      : ` ${countText(swallowed.length, stale.length)} older than a write that was ${refusedText(evidence, ops.completeMs[first] ?? 0)}.`
  if (cached.length === 0) return told
  const who = isApplication(evidence) ? 'the application answers wrongly, or' : 'the client answers'
  return `${told} ${countText(cached.length, stale.length)} answered when nothing had been done to the master that had the newer value: ${who} from something it keeps, as a cache.`
}

function refusedText(evidence: Evidence, firstMs: number): string {
  const who = isApplication(evidence) ? 'application' : 'client'
  return `acknowledged while the servers refused every write of the runner to that shard, the first at ${momentText(firstMs)}: the ${who} calls carried out what was refused`
}

/** Whether the servers themselves, asked at the end, no longer had what a write had brought there. */
function isGone(evidence: Evidence, write: number): boolean {
  const read = evidence.losses.shownBy.get(write)
  return read !== undefined && !isApplication(evidence) && ((evidence.history.ops.flags[read] ?? 0) & FLAG.final) !== 0
}

function countText(count: number, of: number): string {
  if (count === of) return of === 1 ? 'It was' : 'All of them were'
  return `${count} of them ${count === 1 ? 'was' : 'were'}`
}

function isWithinRefusal(evidence: Evidence, row: number): boolean {
  const { ops } = evidence.history
  const [fromMs, toMs] = [ops.invokeMs[row] ?? 0, ops.completeMs[row] ?? 0]
  return refusalsOf(evidence, row).some(
    (one) => one.startMs + one.startErrorMs <= fromMs && toMs <= one.endMs - one.endErrorMs,
  )
}

/** Whether the servers may have refused an operation: some time of it may lie within a refusal of its shard. */
function touchesRefusal(evidence: Evidence, row: number): boolean {
  const { ops } = evidence.history
  const [fromMs, toMs] = [ops.invokeMs[row] ?? 0, ops.completeMs[row] ?? 0]
  return refusalsOf(evidence, row).some(
    (one) => one.startMs - one.startErrorMs <= toMs && fromMs <= one.endMs + one.endErrorMs,
  )
}

/** When the runner's own writes to the shard of an operation were refused. */
function refusalsOf({ history: { ops }, shards, facts }: Evidence, row: number): ServerOutage[] {
  const shard = shards.ofKey[ops.key[row] ?? 0]
  return serverOutages(facts).filter((one) => one.shard === shard && one.source === 'probe')
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
