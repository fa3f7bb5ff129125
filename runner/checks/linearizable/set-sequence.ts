import { plural } from '../../base/text.ts'
import { type History, listOf } from '../../record/history.ts'
import { FN, isIndeterminateCode, OUTCOME_OK, UNKNOWN } from '../../record/history-codes.ts'
import { valueText } from '../words.ts'
import { outOfOrder, type Stage } from './stages.ts'
import type { Violation } from './violation.ts'

/**
 * Judges one set to which members are only ever added, each once. Exact: the reads must grow into each other, which
 * orders them, and each member was added between the last read without it and the first one with it. `rows`: the
 * operations of the key.
 */
export function judgeSet(history: History, key: number, rows: Uint32Array): Violation | undefined {
  const { ops } = history
  const members = (row: number) => listOf(history, ops.r[row] ?? -1)
  const reads = [...rows]
    .filter((row) => ops.fn[row] === FN.read && ops.outcome[row] === OUTCOME_OK)
    .sort((a, b) => members(a).length - members(b).length)
  const adds = new Map([...rows].filter((row) => ops.fn[row] === FN.add).map((row) => [ops.a[row] ?? UNKNOWN, row]))
  const stages: Stage[] = [{ text: 'the set was empty', rows: [] }]
  let sofar: ReadonlySet<number> = new Set()
  for (const read of reads) {
    const now = new Set(members(read))
    const wrong = wrongMember(history, key, read, now, adds) ?? missingMember(history, key, reads, read, sofar, now)
    if (wrong) return wrong
    const added = [...now].filter((member) => !sofar.has(member))
    if (added.length > 0) {
      stages.push({
        text: `${valueText(history, added[0] ?? UNKNOWN)} was added`,
        rows: added.map((member) => adds.get(member) ?? -1),
      })
      stages.push({ text: `the set had ${plural(now.size, 'member')}`, rows: [] })
    }
    stages.at(-1)?.rows.push(read)
    sofar = now
  }
  const unseen = [...adds].filter(([member, row]) => !sofar.has(member) && ops.outcome[row] === OUTCOME_OK)
  stages.push({ text: 'a member was added that no read shows', rows: unseen.map(([, row]) => row) })
  return outOfOrder(key, stages, ops)
}

function wrongMember(
  history: History,
  key: number,
  read: number,
  now: ReadonlySet<number>,
  adds: Map<number, number>,
): Violation | undefined {
  for (const member of now) {
    const add = adds.get(member)
    const text = valueText(history, member)
    if (add === undefined) return { key, rows: [read], why: `${text} was read, which nobody had added` }
    const outcome = history.ops.outcome[add] ?? 0
    if (outcome !== OUTCOME_OK && !isIndeterminateCode(outcome)) {
      return { key, rows: [add, read], why: `${text} was read, whose addition had definitely failed` }
    }
  }
  return undefined
}

/** A member that a smaller read shows and a larger one does not: neither can have come first. */
function missingMember(
  history: History,
  key: number,
  reads: readonly number[],
  read: number,
  sofar: ReadonlySet<number>,
  now: ReadonlySet<number>,
): Violation | undefined {
  const missing = [...sofar].find((member) => !now.has(member))
  if (missing === undefined) return undefined
  const other = reads.find((row) => listOf(history, history.ops.r[row] ?? -1).includes(missing)) ?? read
  const why = `one read has ${valueText(history, missing)} and lacks what another has, which lacks ${valueText(history, missing)}: neither can have come first`
  return { key, rows: [other, read], why }
}
