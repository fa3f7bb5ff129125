import { errorClass, parseAsk, parseMoved } from '../../cluster/reply-errors.ts'
import { type FailureClass, NO_NODE, UNKNOWN } from '../../record/history-codes.ts'
import type { Exchange, Lane, LossKind } from './lane.ts'
import {
  firstError,
  type Operation,
  type OperationListener,
  type Reply,
  type Shortfall,
  type Words,
} from './operation.ts'
import type { SlotMap } from './slot-map.ts'

/** What an operation under way needs of its client. */
export interface CallHost {
  readonly map: SlotMap
  now(): number
  /** The lane of a client to a node; replicas are read on lanes of their own. */
  lane(node: number, client: number, readOnly: boolean): Lane
  /** The map may be wrong; `node` showed it. */
  doubt(node?: number): void
  /** The number of the node at an address that a node named; an empty host is that node's own. */
  nodeAt(host: string, port: number, named: number): number | undefined
}

/**
 * Redirections of one operation that are followed: as many tries as Jedis makes (JedisCluster.java,
 * DEFAULT_MAX_ATTEMPTS).
 */
const MOST_REDIRECTIONS = 5

/** One operation under way: it has one try at a time. */
export class Call {
  readonly operation: Operation
  readonly client: number
  readonly #listener: OperationListener
  readonly #host: CallHost
  #try: Try | undefined
  #redirections = 0
  ended = false

  constructor(operation: Operation, client: number, listener: OperationListener, host: CallHost) {
    this.operation = operation
    this.client = client
    this.#listener = listener
    this.#host = host
  }

  start(): void {
    const { operation } = this
    const { map } = this.#host
    const node = operation.replica ? map.replicaOf(operation.slot) : map.ownerOf(operation.slot)
    if (node === undefined) {
      this.#host.doubt()
      setImmediate(() => this.fail('unserved', false, NO_NODE))
    } else this.#send(node, operation.replica, operation.commands)
  }

  /** Its time is over. */
  expire(): void {
    const last = this.#try
    if (this.ended || !last) return
    last.cancelled = true
    if (last.isSilent()) last.lane.drop()
    this.#host.doubt(last.node)
    this.fail('timeout', last.mayHaveWorked(), last.node)
  }

  answered(last: Try, replies: readonly Reply[]): void {
    const { operation } = this
    const error = firstError(replies, last.isFinal() ? operation.work + last.extra : replies.length)
    if (error) this.#refused(last, error)
    else if (!last.isFinal() && operation.next) this.#sendNext(last, operation.next(replies))
    else this.#judged(last, operation.judge(last.extra === 0 ? replies : replies.slice(last.extra)))
  }

  lost(last: Try, kind: LossKind, replies: readonly Reply[]): void {
    this.#host.doubt(last.node)
    const refusal = firstError(replies, Math.min(replies.length, this.operation.work + last.extra))
    if (refusal) this.fail(errorClass(refusal), false, last.node)
    else this.fail(kind, last.mayHaveWorked(), last.node)
  }

  fail(failure: FailureClass, indeterminate: boolean, node: number, r: number = UNKNOWN): void {
    this.ended = true
    this.#listener.failed(failure, indeterminate, node, this.#host.now(), r)
  }

  #send(node: number, readOnly: boolean, commands: readonly Words[], extra = 0): void {
    const lane = this.#host.lane(node, this.client, readOnly)
    this.#try = new Try(this, lane, node, readOnly, commands, this.#host.now(), extra)
    lane.send(this.#try)
  }

  #sendNext(last: Try, next: readonly Words[] | Shortfall): void {
    if ('failure' in next) this.fail(next.failure, next.indeterminate, last.node, next.r)
    // What was watched is watched on that connection alone.
    else if (last.connection !== last.lane.connection) this.fail('closed', false, last.node)
    else {
      last.begin(next)
      last.lane.send(last)
    }
  }

  #judged(last: Try, verdict: ReturnType<Operation['judge']>): void {
    if (typeof verdict !== 'number') this.fail(verdict.failure, verdict.indeterminate, last.node, verdict.r)
    else {
      this.ended = true
      this.#listener.ok(verdict, last.node, this.#host.now(), last.readOnly)
    }
  }

  #refused(last: Try, error: Error): void {
    const failure = errorClass(error)
    const moved = parseMoved(error)
    const ask = this.operation.commands.length === 1 && !this.operation.next ? parseAsk(error) : undefined
    const to = moved ?? ask
    const target = to && this.#host.nodeAt(to.host, to.port, last.node)
    if (moved && target !== undefined) this.#host.map.move(moved.slot, target)
    if (moved || failure === 'CLUSTERDOWN' || failure === 'READONLY' || failure === 'MASTERDOWN') {
      this.#host.doubt(last.node)
    }
    if (target === undefined || this.#redirections >= MOST_REDIRECTIONS) {
      this.fail(failure, false, last.node)
      return
    }
    this.#redirections += 1
    this.#listener.attempted(last.node, failure, false, last.startMs, this.#host.now())
    if (ask) this.#send(target, false, [['ASKING'], ...this.operation.commands], 1)
    else this.#send(target, false, this.operation.commands)
  }
}

/** One try of a call at one node. */
class Try implements Exchange {
  readonly #call: Call
  readonly lane: Lane
  readonly node: number
  readonly readOnly: boolean
  readonly startMs: number
  /** Commands before the operation's own: ASKING. */
  readonly extra: number
  commands: readonly Words[]
  /** The connection that it was sent on; undefined: it has not been sent. */
  connection: number | undefined
  cancelled = false
  #sentMs = Number.POSITIVE_INFINITY
  #wentOn = false

  constructor(
    call: Call,
    lane: Lane,
    node: number,
    readOnly: boolean,
    commands: readonly Words[],
    startMs: number,
    extra: number,
  ) {
    this.#call = call
    this.lane = lane
    this.node = node
    this.readOnly = readOnly
    this.commands = commands
    this.startMs = startMs
    this.extra = extra
  }

  /** Sends the commands that do the work, after those that looked. */
  begin(commands: readonly Words[]): void {
    this.commands = commands
    this.#wentOn = true
  }

  sent(connection: number, atMs: number): void {
    this.connection = connection
    this.#sentMs = atMs
  }

  answered(replies: readonly Reply[]): void {
    if (!this.#call.ended && !this.cancelled) this.#call.answered(this, replies)
  }

  lost(kind: LossKind, replies: readonly Reply[]): void {
    if (!this.#call.ended && !this.cancelled) this.#call.lost(this, kind, replies)
  }

  /** Whether the commands that do the work have been sent. */
  isFinal(): boolean {
    return this.#wentOn || this.#call.operation.next === undefined
  }

  mayHaveWorked(): boolean {
    return this.connection !== undefined && this.isFinal()
  }

  /** Nothing at all came on its lane since it was sent. */
  isSilent(): boolean {
    return this.connection !== undefined && this.lane.lastReplyMs < this.#sentMs
  }
}
