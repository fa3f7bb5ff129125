import { FLAG } from '../../runner/record/history-codes.ts'
import type { Random } from './generated-history.ts'
import type { Op } from './histories.ts'

/** What is done to a correct run; undefined if it has no place for it. The run is left as it is. */
export type Mutation = (ops: readonly Op[], random: Random) => Op[] | undefined

const isRead = (op: Op) => op.f === 'read' && op.r !== undefined && op.failed === undefined && op.lost === undefined
const isAcknowledged = (op: Op) => op.f !== 'read' && op.failed === undefined && op.lost === undefined
const isFinal = (op: Op) => op.flags === FLAG.final
const before = (a: Op, b: Op) => a.at[1] < b.at[0]

/** The value that a read shows, also of a group. */
const shown = ({ r }: Op) => (Array.isArray(r) ? r[0] : r)

function replaced(ops: readonly Op[], op: Op, r: Op['r']): Op[] {
  return ops.map((one) =>
    one === op ? { ...one, r: Array.isArray(one.r) && !Array.isArray(r) ? one.r.map(() => r as number) : r } : one,
  ) as Op[]
}

function pick<T>(items: readonly T[], random: Random): T | undefined {
  return items.length === 0 ? undefined : items[random(items.length)]
}

/** Acknowledged writes, by the value that they wrote. */
function writers(ops: readonly Op[]): Map<unknown, Op> {
  return new Map(ops.filter((op) => isAcknowledged(op)).map((op) => [op.a, op]))
}

/** Pairs of a write and one of the same key that certainly came after it. */
function successions(ops: readonly Op[]): { old: Op; young: Op }[] {
  const writes = [...writers(ops).values()]
  return writes.flatMap((old) =>
    writes.filter((young) => young.key === old.key && before(old, young)).map((young) => ({ old, young })),
  )
}

/** The last write of a key, acknowledged, is not there after the run. */
export const droppedWrite: Mutation = (ops, random) => {
  const finals = ops.filter((op) => isFinal(op) && typeof shown(op) === 'number')
  const cases = successions(ops).flatMap(({ old, young }) => {
    const final = finals.find((read) => read.key === young.key && shown(read) === young.a)
    return final ? [{ final, old }] : []
  })
  const chosen = pick(cases, random)
  return chosen && replaced(ops, chosen.final, chosen.old.a)
}

/** The last member of a set or list that was acknowledged is not there after the run. */
export const droppedMember: Mutation = (ops, random) => {
  const acknowledged = writers(ops)
  const finals = ops.filter(
    (op) => isFinal(op) && Array.isArray(op.r) && op.r.some((member) => acknowledged.has(member)),
  )
  const final = pick(finals, random)
  if (!final || !Array.isArray(final.r)) return undefined
  const member = pick(
    final.r.filter((one: unknown) => acknowledged.has(one)),
    random,
  )
  return replaced(
    ops,
    final,
    final.r.filter((one: unknown) => one !== member),
  )
}

/**
 * Increments that were acknowledged are missing after the run: one more than those without an answer can make up for.
 */
export const droppedIncrements: Mutation = (ops, random) => {
  const final = pick(ops.filter(isFinal), random)
  if (!final) return undefined
  const least = ops.filter((op) => op.key === final.key && isAcknowledged(op)).length
  return least === 0 ? undefined : replaced(ops, final, least - 1)
}

/** More than all increments together can have made. */
export const countedTwice: Mutation = (ops, random) => {
  const final = pick(ops.filter(isFinal), random)
  if (!final) return undefined
  const most = ops.filter((op) => op.key === final.key && op.f === 'add' && op.failed === undefined).length
  return replaced(ops, final, most + 1)
}

/** Two reads have each other's results, and the first then shows what was written only after it. */
export const swappedReads: Mutation = (ops, random) => {
  const written = writers(ops)
  const reads = ops.filter((op) => isRead(op))
  const pairs = reads.flatMap((first) =>
    reads
      .filter((second) => second.key === first.key && shown(second) !== shown(first))
      .filter((second) => {
        const writer = written.get(shown(second))
        return writer !== undefined && before(first, writer)
      })
      .map((second) => ({ first, second })),
  )
  const chosen = pick(pairs, random)
  return chosen && replaced(replaced(ops, chosen.first, chosen.second.r), chosen.second, chosen.first.r)
}

/** A read shows a value that had been replaced, and the replacement acknowledged, before it began. */
export const staleRead: Mutation = (ops, random) => {
  const reads = ops.filter((op) => isRead(op) && !isFinal(op))
  const cases = successions(ops).flatMap(({ old, young }) =>
    reads.filter((read) => read.key === old.key && before(young, read)).map((read) => ({ read, old })),
  )
  const chosen = pick(cases, random)
  return chosen && replaced(ops, chosen.read, chosen.old.a)
}

/** A read of a set, list or counter knows nothing of what was acknowledged before it began. */
export const staleEmptyRead: Mutation = (ops, random) => {
  const writes = [...ops.filter((op) => isAcknowledged(op))]
  const reads = ops.filter(
    (read) => isRead(read) && !isFinal(read) && writes.some((write) => write.key === read.key && before(write, read)),
  )
  const read = pick(reads, random)
  return read && replaced(ops, read, Array.isArray(read.r) ? [] : 0)
}

/** A value is read again after a read had shown a newer one. */
export const resurrectedValue: Mutation = (ops, random) => {
  const reads = ops.filter(isRead)
  const cases = successions(ops).flatMap(({ old, young }) => {
    const proofs = reads.filter((read) => read.key === young.key && shown(read) === young.a)
    const firstMs = Math.min(...proofs.map(({ at: [, endMs] }) => endMs))
    return reads.filter(({ key, at: [startMs] }) => key === old.key && firstMs < startMs).map((read) => ({ read, old }))
  })
  const chosen = pick(cases, random)
  return chosen && replaced(ops, chosen.read, chosen.old.a)
}

/** An element stands in the list a second time. */
export const duplicatedElement: Mutation = (ops, random) => {
  const final = pick(
    ops.filter((op) => isFinal(op) && Array.isArray(op.r) && op.r.length > 0),
    random,
  )
  if (!final || !Array.isArray(final.r)) return undefined
  const place = random(final.r.length)
  return replaced(ops, final, [...final.r.slice(0, place + 1), final.r[place], ...final.r.slice(place + 1)])
}

/** Two elements that were appended one after the other stand the other way round. */
export const reorderedList: Mutation = (ops, random) => {
  const cases = successions(ops).flatMap(({ old, young }) => {
    const final = ops.find((op) => isFinal(op) && op.key === old.key)
    const elements = Array.isArray(final?.r) ? final.r : []
    return final && elements.includes(old.a) && elements.includes(young.a) ? [{ final, elements, old, young }] : []
  })
  const chosen = pick(cases, random)
  if (!chosen) return undefined
  const { final, elements, old, young } = chosen
  return replaced(
    ops,
    final,
    elements.map((element: unknown) =>
      element === old.a ? young.a : element === young.a ? old.a : element,
    ) as number[],
  )
}

/** One key of a group shows another value than the others. */
export const tornRead: Mutation = (ops, random) => {
  const reads = ops.filter(isRead)
  const cases = successions(ops).flatMap(({ old, young }) =>
    reads.filter((read) => read.key === young.key && shown(read) === young.a).map((read) => ({ read, old })),
  )
  const chosen = pick(cases, random)
  if (!chosen || !Array.isArray(chosen.read.r)) return undefined
  return replaced(ops, chosen.read, [chosen.old.a, ...chosen.read.r.slice(1)] as number[])
}

/** A read shows something that nobody wrote. */
export const foreignValue: Mutation = (ops, random) => {
  const read = pick(
    ops.filter((op) => isRead(op)),
    random,
  )
  if (!read) return undefined
  const isGroup = Array.isArray(read.r) && read.r.length > 0 && read.f === 'read'
  return replaced(
    ops,
    read,
    isGroup && Array.isArray(read.r)
      ? [...read.r.slice(0, -1), 'stranger']
      : Array.isArray(read.r)
        ? ['stranger']
        : 'stranger',
  )
}

/** What a write that had definitely failed wrote is read. */
export const failedWriteSeen: Mutation = (ops, random) => {
  const failed = ops.filter((op) => op.failed === 'CLUSTERDOWN' && op.f !== 'read')
  const cases = failed.flatMap((write) =>
    ops
      .filter((read) => isRead(read) && read.key === write.key && before(write, read))
      .map((read) => ({ read, write })),
  )
  const chosen = pick(cases, random)
  if (!chosen) return undefined
  const { read, write } = chosen
  return replaced(
    ops,
    read,
    Array.isArray(read.r) && read.r.every((value: unknown) => value === (read.r as number[])[0]) && read.r.length === 3
      ? (read.r.map(() => write.a) as number[])
      : Array.isArray(read.r)
        ? ([...read.r, write.a] as number[])
        : write.a,
  )
}
