import type { UnansweredOperation } from '../../record/client-observations.ts'
import { type FailureClass, NO_NODE, UNKNOWN } from '../../record/history-codes.ts'
import { firstError, type Operation, type OperationListener } from '../client/operation.ts'
import { classOf, replyOf } from './outcome.ts'
import type { Outcome } from './protocol.ts'

/** An operation of a driver under way; its first end counts. */
export class Pending implements UnansweredOperation {
  readonly operation: Operation
  readonly client: number
  readonly slot: number
  readonly sinceMs: number
  readonly #listener: OperationListener
  ended = false

  constructor(operation: Operation, listener: OperationListener, client: number, sinceMs: number) {
    this.operation = operation
    this.client = client
    this.slot = operation.slot
    this.sinceMs = sinceMs
    this.#listener = listener
  }

  succeed({ replies: told }: Extract<Outcome, { type: 'ok' }>, atMs: number): void {
    if (this.ended) return
    const replies = told.map(replyOf)
    const { operation } = this
    // An error among the replies of what its driver calls carried out: nobody knows what was.
    const error = firstError(replies, operation.work)
    if (error) {
      this.fail(classOf({ type: 'indeterminate', id: 1, text: error.message }), true, atMs)
      return
    }
    const verdict = operation.judge(replies)
    if (typeof verdict !== 'number') this.fail(verdict.failure, verdict.indeterminate, atMs, verdict.r)
    else {
      this.ended = true
      this.#listener.ok(verdict, NO_NODE, atMs, operation.replica)
    }
  }

  fail(failure: FailureClass, indeterminate: boolean, atMs: number, r: number = UNKNOWN): void {
    if (this.ended) return
    this.ended = true
    this.#listener.failed(failure, indeterminate, NO_NODE, atMs, r)
  }
}
