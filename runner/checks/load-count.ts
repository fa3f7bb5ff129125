import { plural } from '../base/text.ts'
import type { LoadSent } from '../record/check-outcome.ts'
import type { History } from '../record/history.ts'
import { FLAG, FN, isIndeterminateCode, outcomeClass } from '../record/history-codes.ts'
import { sentPercent } from '../results/load-sent.ts'

/** What a workload did, in numbers. */
export interface LoadCount {
  /** Operations that were acknowledged or definitely refused. One of which nobody knows what became shows neither. */
  withOutcome: number
  /** How much of what was due was sent; absent without a rate, when nothing is ever due. */
  load?: LoadSent
}

/** Whether a row is an operation that a client began by itself: no final read, no message that was delivered to it. */
export function isOwnOperation({ ops }: Pick<History, 'ops'>, row: number): boolean {
  return ((ops.flags[row] ?? 0) & FLAG.final) === 0 && (ops.fn[row] ?? 0) < FN.deliver
}

/** Whether it was never sent, because no client was free: that says nothing of the servers. */
export function isUnsent({ ops }: Pick<History, 'ops'>, row: number): boolean {
  return outcomeClass(ops.outcome[row] ?? 0) === 'unsent'
}

export function countLoad(history: History): LoadCount {
  const { ops, rows, options } = history
  let [due, unsent, withOutcome] = [0, 0, 0]
  for (let row = 0; row < rows; row += 1) {
    if (!isOwnOperation(history, row)) continue
    due += 1
    if (isUnsent(history, row)) unsent += 1
    else if (!isIndeterminateCode(ops.outcome[row] ?? 0)) withOutcome += 1
  }
  const hasRate = options.rate !== undefined || unsent > 0
  return { withOutcome, ...(hasRate && { load: { due, sent: due - unsent } }) }
}

/**
 * Why too little of what was due was sent; undefined if it was enough. `least`: the share wanted, 0 to 1. `cause`: what is
 * known to have kept it back.
 */
export function starved(load: LoadSent | undefined, least: number, cause?: string): string | undefined {
  if (load === undefined || load.sent >= least * load.due) return undefined
  const { due, sent } = load
  const were = `${sent === 0 ? 'none' : `only ${sent}`} of the ${plural(due, 'operation')} that were due ${sent > 1 ? 'were' : 'was'}`
  const rest =
    sent === 0
      ? 'what never left the client shows nothing'
      : `the other ${due - sent} never left the client, so they show nothing`
  const advice =
    cause === undefined
      ? '. More clients, a lower rate or a shorter time-out of operations would send more'
      : `; ${cause}`
  return `${were} sent (${sentPercent(load)}): ${rest}; at least ${Math.round(least * 100)}% are wanted (\`min_sent\`)${advice}`
}
