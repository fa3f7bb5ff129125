import { listed, plural } from '../base/text.ts'
import { FN, isIndeterminateCode, NIL, OUTCOME_OK, UNKNOWN } from '../record/history-codes.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { type PropertyLimit, propertyLimit, propertyText } from './limits.ts'
import { witnessOf } from './witness.ts'
import { momentText } from './words.ts'

/** A value that a counter cannot have had. */
interface OutOfBounds {
  row: number
  key: number
  value: number
  least: number
  most: number
}

export const counter = defineCheck<PropertyLimit>({
  name: 'counter',
  summary: 'Every value read from a counter lies between what had been acknowledged before and what had begun by then',
  examples: ['true'],
  workloads: ['counter'],
  watchesFailovers: 'writes',
  limit: propertyLimit,
  limitText: propertyText,
  measure(limit, evidence) {
    const { wrong, samples } = outOfBounds(evidence, evidence.phase(limit === true ? undefined : limit.during))
    const { history } = evidence
    const amount = { value: `${wrong.length} of ${samples} out of bounds`, amount: wrong.length, samples }
    const [first] = wrong
    if (!first)
      return {
        ...amount,
        finding: 'holds',
        explanation: `All ${plural(samples, 'value')} lie between the increments acknowledged before and those begun by then.`,
      }
    const texts = wrong.map(({ row, key, value, least, most }) => {
      const expected =
        value < least
          ? `at least ${least} had been acknowledged before`
          : `increments begun by then make at most ${most}`
      return `${history.keys[key]} was ${value} at ${momentText(history.ops.completeMs[row] ?? 0)}, although ${expected}`
    })
    return {
      ...amount,
      finding: 'violated',
      explanation: `${plural(wrong.length, 'value')} cannot have been there: ${listed(texts, 2)}.`,
      details: texts.slice(0, 10),
      witness: witnessOf(history, texts[0] ?? '', [first.row], wrong.length - 1),
    }
  },
})

/** An increment's share of the bounds, from the moment that it counts. */
interface Share {
  atMs: number
  amount: number
}

/** Running sums of shares, by time. */
class Sums {
  readonly #timesMs: number[] = []
  readonly #sums: number[] = []

  constructor(shares: Share[]) {
    let sum = 0
    for (const { atMs, amount } of shares.sort((a, b) => a.atMs - b.atMs)) {
      sum += amount
      this.#timesMs.push(atMs)
      this.#sums.push(sum)
    }
  }

  /** The sum of what counts before `ms`; with `orAt`, at it too. */
  before(ms: number, orAt: boolean): number {
    let [low, high] = [0, this.#timesMs.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const timeMs = this.#timesMs[middle] ?? 0
      if (timeMs < ms || (orAt && timeMs === ms)) low = middle + 1
      else high = middle
    }
    return this.#sums[low - 1] ?? 0
  }
}

function outOfBounds({ history }: Evidence, phase: number | undefined): { wrong: OutOfBounds[]; samples: number } {
  const { ops, rows, keys } = history
  const shares = keys.map(() => ({ sure: [] as Share[], possible: [] as Share[] }))
  for (let row = 0; row < rows; row += 1) {
    const outcome = ops.outcome[row] ?? 0
    const isOk = outcome === OUTCOME_OK
    if (ops.fn[row] !== FN.add || !(isOk || isIndeterminateCode(outcome))) continue
    const its = shares[ops.key[row] ?? 0]
    const amount = ops.a[row] ?? 0
    // What is added raises the upper bound from its beginning, and the lower one from its end; what is taken away, the
    // other way round.
    const begins = { atMs: ops.invokeMs[row] ?? 0, amount }
    const ends = { atMs: ops.completeMs[row] ?? 0, amount }
    if (amount >= 0) its?.possible.push(begins)
    else its?.sure.push(begins)
    if (isOk && amount >= 0) its?.sure.push(ends)
    if (isOk && amount < 0) its?.possible.push(ends)
  }
  const bounds = shares.map(({ sure, possible }) => ({ sure: new Sums(sure), possible: new Sums(possible) }))
  const wrong: OutOfBounds[] = []
  let samples = 0
  for (let row = 0; row < rows; row += 1) {
    if (ops.outcome[row] !== OUTCOME_OK || ops.r[row] === UNKNOWN || (phase !== undefined && ops.phase[row] !== phase))
      continue
    samples += 1
    const key = ops.key[row] ?? 0
    const value = ops.r[row] === NIL ? 0 : (ops.r[row] ?? 0)
    const own = ops.fn[row] === FN.add ? Math.max(ops.a[row] ?? 0, 0) : 0
    const least = (bounds[key]?.sure.before(ops.invokeMs[row] ?? 0, false) ?? 0) + own
    const most = bounds[key]?.possible.before(ops.completeMs[row] ?? 0, true) ?? 0
    if (value < least || value > most) wrong.push({ row, key, value, least, most })
  }
  return { wrong, samples }
}
