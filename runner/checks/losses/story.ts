import { listed, plural } from '../../base/text.ts'
import { NO_NODE, UNKNOWN } from '../../record/history-codes.ts'
import type { Evidence } from '../evidence.ts'
import { besideIntervention, interventionNear, stepAt } from '../faults.ts'
import { momentText, rangesText, valueText } from '../words.ts'
import type { Losses } from './losses.ts'

/** Lost writes of one shard. */
export interface ShardLoss {
  shard: number
  count: number
  /** Empty for a counter. */
  rows: number[]
  keys: number[]
}

/** Slots named one by one; the rest is counted. */
const SHOWN_SLOTS = 8
/** Keys named one by one. */
const SHOWN_KEYS = 50

/** Lost writes by shard, the worst first. `counts`: whether a row is asked for. */
export function lossesByShard(evidence: Evidence, losses: Losses, counts: (row: number) => boolean): ShardLoss[] {
  const byShard = new Map<number, ShardLoss>()
  const of = (key: number) => {
    const shard = evidence.shards.ofKey[key] ?? 0
    const known = byShard.get(shard) ?? { shard, count: 0, rows: [], keys: [] }
    byShard.set(shard, known)
    return known
  }
  for (const row of losses.rows.filter(counts)) {
    const loss = of(evidence.history.ops.key[row] ?? 0)
    loss.rows.push(row)
    loss.count += 1
  }
  for (const [key, count] of losses.byKey) {
    const loss = of(key)
    loss.keys.push(key)
    if (losses.rows.length === 0) loss.count += count
  }
  return [...byShard.values()].filter(({ count }) => count > 0).sort((a, b) => b.count - a.count || a.shard - b.shard)
}

/**
 * One sentence on the losses of a shard: `37 acknowledged writes on slots 5461–10922 (shard 2) were lost; the oldest
 * was acknowledged 812 ms before `kill` in step 4; all were on redis-node2 and never reached redis-node3`.
 */
export function lossSentence(evidence: Evidence, losses: Losses, loss: ShardLoss): string {
  const { history, shards } = evidence
  const were = loss.count === 1 ? 'was' : 'were'
  if (history.type === 'counter') {
    return `at least ${plural(loss.count, 'acknowledged increment')} of ${plural(loss.keys.length, 'counter')} on ${shards.text(loss.shard)} ${were} lost: ${counterText(evidence, losses, loss)}`
  }
  const parts = [
    `${plural(loss.count, 'acknowledged write')} on ${shards.text(loss.shard)} ${were} lost`,
    whenText(evidence, loss),
    whereText(evidence, losses, loss),
  ]
  return parts.filter((part) => part !== '').join('; ')
}

function counterText({ history }: Evidence, { finals }: Losses, { keys }: ShardLoss): string {
  const value = (key: number) => valueText(history, history.ops.r[finals[key] ?? -1] ?? UNKNOWN)
  return listed(
    keys.map((key) => `${history.keys[key]} ended at ${value(key)}`),
    3,
  )
}

function whenText({ history, facts }: Evidence, { rows, shard }: ShardLoss): string {
  const oldestMs = history.ops.completeMs[rows[0] ?? -1] ?? 0
  const newestMs = history.ops.completeMs[rows.at(-1) ?? -1] ?? 0
  const near = interventionNear(facts, shard, newestMs)
  const subject = rows.length === 1 ? 'it' : 'the oldest'
  if (near) return `${subject} was acknowledged ${besideIntervention(near, oldestMs)}`
  const elsewhere = facts.faults.length > 0 ? ', in a shard that no fault touched' : ''
  return `${subject} was acknowledged ${momentText(oldestMs)} after the start${elsewhere}`
}

function whereText({ history }: Evidence, losses: Losses, { rows }: ShardLoss): string {
  const { ops } = history
  const nameOf = (row: number) => history.nodes[ops.node[row] ?? NO_NODE]
  const writers = distinct(rows.map(nameOf))
  const readers = distinct(rows.map((row) => nameOf(losses.shownBy.get(row) ?? -1)))
  if (writers.length === 0) return ''
  const [all, them] = rows.length === 1 ? ['it was', 'it'] : ['all were', 'them']
  const others = readers.filter((reader) => !writers.includes(reader))
  if (others.length > 0) return `${all} on ${listed(writers)} and never reached ${listed(others)}`
  return readers.length > 0
    ? `${all} on ${listed(writers)}, which no longer has ${them}`
    : `${all} on ${listed(writers)}`
}

/** More on the losses of a shard: slots, steps, and the failover in which they went. */
export function lossDetail(evidence: Evidence, loss: ShardLoss): string {
  const { history, facts } = evidence
  const { ops, slots } = history
  const keys = distinct(loss.rows.length > 0 ? loss.rows.map((row) => ops.key[row] ?? 0) : loss.keys)
  const itsSlots = distinct(keys.map((key) => slots[key] ?? 0)).sort((a, b) => a - b)
  const more = itsSlots.length > SHOWN_SLOTS ? ` and ${itsSlots.length - SHOWN_SLOTS} more` : ''
  const shown = rangesText(itsSlots.slice(0, SHOWN_SLOTS).map((slot) => [slot, slot] as const))
  const newestMs = ops.completeMs[loss.rows.at(-1) ?? -1]
  const parts = [
    `shard ${loss.shard}: ${loss.count} on ${plural(keys.length, 'key')}, ${itsSlots.length === 1 ? 'slot' : 'slots'} ${shown}${more}`,
    stepsText(evidence, loss),
    ...(newestMs === undefined ? [] : [newestText(evidence, loss, newestMs)]),
    failoverText(
      facts.failovers.find(
        ({ shard, startMs, totalMs }) => shard === loss.shard && startMs + totalMs >= (newestMs ?? 0),
      ),
    ),
  ]
  return parts.filter((part) => part !== '').join('; ')
}

/**
 * The lost writes of a shard by name: `load:checkout:4 (17, 25), load:checkout:9 (18)`; empty for a counter, of which
 * nobody knows them.
 */
export function lostNames({ history }: Evidence, { rows }: ShardLoss): string[] {
  const byKey = new Map<number, number[]>()
  for (const row of rows) {
    const key = history.ops.key[row] ?? 0
    byKey.set(key, [...(byKey.get(key) ?? []), history.ops.a[row] ?? 0])
  }
  if (byKey.size === 0) return []
  const shown = [...byKey].slice(0, SHOWN_KEYS).map(([key, values]) => `${history.keys[key]} (${values.join(', ')})`)
  const more = byKey.size > SHOWN_KEYS ? ` and ${byKey.size - SHOWN_KEYS} more keys` : ''
  return [`lost: ${shown.join(', ')}${more}`]
}

function newestText({ facts }: Evidence, { shard }: ShardLoss, newestMs: number): string {
  const near = interventionNear(facts, shard, newestMs)
  return near ? `the newest was acknowledged ${besideIntervention(near, newestMs)}` : ''
}

function stepsText({ history, facts }: Evidence, { rows }: ShardLoss): string {
  const bySteps = new Map<string, number>()
  for (const row of rows) {
    const step = stepAt(facts, history.ops.completeMs[row] ?? 0)
    const name = step ? `during step ${step.path} (${step.name})` : 'before the first step'
    bySteps.set(name, (bySteps.get(name) ?? 0) + 1)
  }
  return listed(
    [...bySteps].map(([name, count]) => `${count} acknowledged ${name}`),
    4,
  )
}

function failoverText(failover: Evidence['facts']['failovers'][number] | undefined): string {
  if (!failover) return ''
  const epoch = failover.epoch === undefined ? '' : ` with epoch ${failover.epoch}`
  return `${failover.to} became master${epoch} at ${momentText(failover.startMs + failover.totalMs)}`
}

function distinct<T>(items: readonly (T | undefined)[]): T[] {
  return [...new Set(items.filter((item) => item !== undefined))]
}
