import { listed, plural } from '../base/text.ts'
import { listOf } from '../record/history.ts'
import { FN, isIndeterminateCode, NIL, OUTCOME_OK, UNKNOWN } from '../record/history-codes.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { type CountLimit, countLimit, countOf, countText } from './limits.ts'
import { readsAt } from './values/reads.ts'
import { SEEN, WRITE } from './values/value-table.ts'
import { witnessOf } from './witness.ts'
import { momentText, valueText } from './words.ts'

/** A read, or a delivery, of something that cannot have been there. */
interface Stranger {
  row: number
  value: number
  why: string
}

const FAILED = 'whose write had definitely failed'

interface Found {
  strangers: Stranger[]
  reads: number
}

export const unexpected = defineCheck<CountLimit>({
  name: 'unexpected',
  summary: 'Reads of values that nobody wrote to the key, or whose write had definitely failed, or not begun',
  examples: ['0'],
  workloads: ['register', 'cas', 'set', 'list', 'transaction', 'expiry', 'pubsub'],
  limit: countLimit,
  limitText: countText,
  measure(limit, evidence) {
    const { at_most, during } = countOf(limit)
    const { history } = evidence
    const { strangers, reads } = isOfMembers(evidence)
      ? strangeMembers(evidence, during)
      : strangeValues(evidence, during)
    const what = history.type === 'pubsub' ? plural(reads, 'delivery', 'deliveries') : plural(reads, 'read')
    const amount = { value: String(strangers.length), amount: strangers.length, samples: reads }
    const finding = strangers.length > at_most ? 'violated' : 'holds'
    const [first] = strangers
    if (!first)
      return {
        ...amount,
        finding,
        explanation: `${what} showed only what had been written, by writes that had not failed.`,
      }
    const texts = strangers.map((stranger) => strangerText(evidence, stranger))
    return {
      ...amount,
      finding,
      explanation: `${plural(strangers.length, 'read')} showed what cannot have been there: ${listed(texts, 3)}.${deniedText(strangers)}`,
      details: texts.slice(0, 10),
      witness: witnessOf(history, texts[0] ?? '', [first.row], strangers.length - 1),
    }
  },
})

function strangerText({ history }: Evidence, { row, value, why }: Stranger): string {
  const node = history.nodes[history.ops.node[row] ?? -1]
  const from = node === undefined ? '' : ` from ${node}`
  const key = history.keys[history.ops.key[row] ?? 0]
  return `${valueText(history, value)} in ${key}${from} at ${momentText(history.ops.completeMs[row] ?? 0)}, ${why}`
}

/** What a client does that calls failed what was carried out. */
function deniedText(strangers: readonly Stranger[]): string {
  return strangers.some(({ why }) => why === FAILED)
    ? ' Who called these writes failed was wrong: a client that tries again by itself tells of its last try alone, and an earlier one may have been carried out.'
    : ''
}

function isOfMembers({ history: { type } }: Evidence): boolean {
  return type === 'set' || type === 'list' || type === 'pubsub'
}

function strangeValues(evidence: Evidence, during: string | undefined): Found {
  const { history, table } = evidence
  const { ops, rows } = history
  const phase = evidence.phase(during)
  const found: Found = { strangers: [], reads: 0 }
  for (let row = 0; row < rows; row += 1) {
    if (!readsAt(ops, row) || (phase !== undefined && ops.phase[row] !== phase)) continue
    const value = table.ofRow[row] ?? SEEN.nothing
    if (value === SEEN.nothing) continue
    found.reads += 1
    if (value === SEEN.foreign)
      found.strangers.push({ row, value: ops.r[row] ?? UNKNOWN, why: 'which nobody wrote to it' })
    else if (value === SEEN.mixed) strangeParts(evidence, row, found)
    else {
      const why = strangeness(table.write(value) === WRITE.failed, table.invokeMs(value), ops.completeMs[row] ?? 0)
      if (why !== undefined) found.strangers.push({ row, value: table.value(value), why })
    }
  }
  return found
}

/** The values of a group's keys, where they differ. */
function strangeParts({ history, table }: Evidence, row: number, found: Found): void {
  for (const part of listOf(history, history.ops.r[row] ?? -1)) {
    if (table.find(history.ops.key[row] ?? 0, part) < 0)
      found.strangers.push({ row, value: part, why: 'which nobody wrote to it' })
  }
}

function strangeness(hasFailed: boolean, beganMs: number, readMs: number): string | undefined {
  if (hasFailed) return FAILED
  return beganMs > readMs ? 'before its write had begun' : undefined
}

function strangeMembers(evidence: Evidence, during: string | undefined): Found {
  const { history } = evidence
  const { ops, rows } = history
  const phase = evidence.phase(during)
  const written = writtenMembers(evidence)
  const found: Found = { strangers: [], reads: 0 }
  const reported = new Set<string>()
  for (let row = 0; row < rows; row += 1) {
    const isRead = ops.fn[row] === FN.read && ops.outcome[row] === OUTCOME_OK
    if ((!isRead && ops.fn[row] !== FN.deliver) || (phase !== undefined && ops.phase[row] !== phase)) continue
    found.reads += 1
    const key = ops.key[row] ?? 0
    const members = isRead ? listOf(history, ops.r[row] ?? -1) : [ops.a[row] ?? NIL]
    for (const member of members) {
      const writer = written[key]?.get(member)
      const why =
        writer === undefined
          ? 'which nobody wrote to it'
          : strangeness(hasFailed(evidence, writer), ops.invokeMs[writer] ?? 0, ops.completeMs[row] ?? 0)
      // A member that stays is in every later read: once is enough.
      if (why === undefined || reported.has(`${key} ${member}`)) continue
      reported.add(`${key} ${member}`)
      found.strangers.push({ row, value: member, why })
    }
  }
  return found
}

function hasFailed({ history: { ops } }: Evidence, row: number): boolean {
  const outcome = ops.outcome[row] ?? 0
  return outcome !== OUTCOME_OK && !isIndeterminateCode(outcome)
}

/** Of each key, the row that wrote each member, element or message. */
function writtenMembers({ history: { ops, rows, keys } }: Evidence): Map<number, number>[] {
  const written = keys.map(() => new Map<number, number>())
  for (let row = 0; row < rows; row += 1) {
    const fn = ops.fn[row]
    if (fn === FN.add || fn === FN.push || fn === FN.publish) written[ops.key[row] ?? 0]?.set(ops.a[row] ?? NIL, row)
  }
  return written
}
