import { type ErrorClass, errorClass } from '../../cluster/reply-errors.ts'
import { type FailureClass, UNKNOWN } from '../../record/history-codes.ts'
import type { Unended } from './unended.ts'

/** A command's words, the command itself first. */
export type Words = readonly [command: string, ...args: string[]]

/** A server's reply: texts as bytes, an error reply as an Error. */
export type Reply = Buffer | string | number | null | Error | readonly Reply[]

/** Why an operation whose replies all came was not carried out, or may not have been. */
export interface Shortfall {
  failure: FailureClass
  indeterminate: boolean
  /** What was seen instead, as a value of the history. */
  r: number
}

/** One thing that a client of a workload does, and how its outcome is read from the replies. */
export interface Operation {
  /** Numbers as the history wants them: see `FN` there. */
  fn: number
  key: number
  a: number
  b: number
  /** Hash slot of everything it touches. */
  slot: number
  /** Whether a replica may answer it. */
  replica: boolean
  /** Sent together, on one connection, in this order. */
  commands: readonly Words[]
  /** How many of the commands, from the first, do the work: an error reply to one of them fails the operation. */
  work: number
  /**
   * The result for the history, from the replies to the last commands sent. Not asked when a command of the work
   * failed.
   */
  judge(replies: readonly Reply[]): number | Shortfall
  /**
   * For operations that look before they act: what to send next on the same connection, or why they stop here. The
   * first commands then change nothing.
   */
  next?(replies: readonly Reply[]): readonly Words[] | Shortfall
}

/**
 * For operations whose reply says no more than that they were carried out. A constant: a closure for each would cost
 * more than it.
 */
export function judgeDone(): number {
  return UNKNOWN
}

/**
 * Told how an operation fares: any number of `attempted`, then exactly one of the others. Times as the client's `now`.
 */
export interface OperationListener {
  /** A try that ended without the operation ending. */
  attempted(node: number, failure: FailureClass, indeterminate: boolean, startMs: number, endMs: number): void
  /** `fromReplica`: a replica was asked. */
  ok(r: number, node: number, atMs: number, fromReplica: boolean): void
  /** `indeterminate`: it may have been carried out all the same, or may be so later. */
  failed(failure: FailureClass, indeterminate: boolean, node: number, atMs: number, r: number): void
}

/** Sends operations to a cluster. Nodes are numbered as the list of nodes that the client was made with. */
export interface LoadClient {
  /**
   * `client`: which client of the workload sends it, from 0; it has no other operation under way. Never throws, and
   * tells the listener nothing before it returns.
   */
  send(operation: Operation, client: number, listener: OperationListener): void
  /** Opens connections ahead of the first operation. Resolves when all are open, or have failed to. */
  warmUp(): Promise<void>
  /** Ends all connections in good order, after the last operation; for clients that have an order. */
  stop?(): Promise<void>
  /**
   * What it has not ended of what nobody waits for any more. A client without it ends everything by itself.
   */
  unended?(): Unended | Promise<Unended>
  /** Ends all connections. Operations under way are dropped without a word. Idempotent. */
  close(): void | Promise<void>
  /** It can send nothing any more, which is no fault of the servers. */
  readonly isBroken?: boolean
}

/** The text of a reply, null for none. */
export function textOf(reply: Reply | undefined): string | null {
  if (reply === null || reply === undefined) return null
  return Buffer.isBuffer(reply) ? reply.toString('latin1') : String(reply)
}

/** The error reply that says most: a redirection before anything else, then the first. */
export function firstError(replies: readonly Reply[], count: number): Error | undefined {
  let first: Error | undefined
  for (let i = 0; i < count; i += 1) {
    const reply = replies[i]
    if (!(reply instanceof Error)) continue
    if (isRedirection(errorClass(reply))) return reply
    first ??= reply
  }
  return first
}

function isRedirection(word: ErrorClass): boolean {
  return word === 'MOVED' || word === 'ASK'
}
