import { listed, plural } from '../base/text.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { mustHold } from './limits.ts'
import { judgeLinearizability } from './linearizable/judge.ts'
import type { Judgement, Violation } from './linearizable/violation.ts'
import { witnessOf } from './witness.ts'
import { shardsText } from './words.ts'

/** Keys that are told one by one. */
const SHOWN = 5

export const linearizable = defineCheck<true>({
  name: 'linearizable',
  summary: 'Every operation seems to take effect at one moment between its beginning and its end',
  examples: ['true'],
  workloads: ['register', 'cas', 'counter', 'set', 'list', 'transaction'],
  watchesFailovers: 'operations',
  limit: mustHold,
  limitText: () => 'every key',
  measure(_, evidence) {
    const { history } = evidence
    const { violations, undecided } = judgeLinearizability(evidence)
    const samples = history.rows
    const [first] = violations
    const amount = { samples, amount: violations.length, value: valueText(history.keys.length, violations, undecided) }
    if (first) {
      return {
        ...amount,
        finding: 'violated',
        explanation: violatedText(evidence, violations),
        details: violations.slice(0, SHOWN).map((violation) => keyText(evidence, violation)),
        witness: witnessOf(history, `${history.keys[first.key]}: ${first.why}`, first.rows),
      }
    }
    if (undecided.length > 0) {
      const names = listed(
        undecided.map((key) => history.keys[key] ?? ''),
        3,
      )
      const explanation = `${plural(undecided.length, 'key')} could not be decided within the budget of the search (${names}); nothing was found against the others.`
      return { ...amount, finding: 'unknown', explanation }
    }
    const explanation = `Key by key, the ${plural(samples, 'operation')} on ${plural(history.keys.length, 'key')} can be put in an order that agrees with their times and with what they returned.`
    return { ...amount, finding: 'holds', explanation }
  },
})

function valueText(keys: number, violations: Violation[], undecided: Judgement['undecided']): string {
  if (violations.length > 0) return `${violations.length} of ${plural(keys, 'key')} not linearizable`
  return undecided.length > 0 ? `${undecided.length} of ${plural(keys, 'key')} undecided` : 'linearizable'
}

function violatedText(evidence: Evidence, violations: readonly Violation[]): string {
  const shards = [...new Set(violations.map(({ key }) => evidence.shards.ofKey[key] ?? 0))].sort((a, b) => a - b)
  const where = shards.some((shard) => shard > 0) ? ` (${shardsText(shards)})` : ''
  const [first] = violations
  const are = violations.length === 1 ? 'is' : 'are'
  const worst = first === undefined ? '' : ` ${evidence.history.keys[first.key]}: ${first.why}.`
  return `${plural(violations.length, 'key')}${where} ${are} not linearizable.${worst}`
}

function keyText({ history }: Evidence, { key, why }: Violation): string {
  return `${history.keys[key]} (slot ${history.slots[key]}): ${why}`
}
