import { errorClass, parseMoved } from '../../cluster/reply-errors.ts'
import { type FailureClass, NO_NODE, UNKNOWN } from '../../record/history-codes.ts'
import { Deadlines } from './deadlines.ts'
import { type Exchange, Lane, type LossKind } from './lane.ts'
import {
  firstError,
  type LoadClient,
  type Operation,
  type OperationListener,
  parseAsk,
  type Reply,
  type Words,
} from './operation.ts'
import { type NodeAddress, SlotMap } from './slot-map.ts'
import { Topology } from './topology.ts'

export interface DirectOptions {
  nodes: readonly NodeAddress[]
  password: string
  /** How many clients the workload has. */
  clients: number
  /** Each client has connections of its own: for operations that block or WATCH. Otherwise 16 share one to each node. */
  ownConnections: boolean
  /** Limit for an operation, its redirections included, ms. */
  timeoutMs: number
  /** Monotonic ms. */
  now(): number
}

/** Clients that share a connection to each node: more would wait for each other's bytes, fewer cost a write each. */
const CLIENTS_PER_LANE = 16
/** Redirections of one operation that are followed: as many tries as Jedis makes (JedisCluster.java, DEFAULT_MAX_ATTEMPTS). */
const MOST_REDIRECTIONS = 5
/** A connection that comes to be takes under a millisecond; one that was cut must be tried anew soon after it is healed. */
const CONNECT_TIMEOUT_MS = 500
const CONNECT_EVERY_MS = 20
const ASK_EVERY_MS = 100

/**
 * Sends each operation to the owner of its slot, over plain connections. It follows MOVED and ASK, and each try is told to the
 * listener; everything else ends the operation, and nothing is sent again. A connection that was silent for as long
 * as an operation may take is given up.
 */
export class DirectClient implements LoadClient {
  readonly #options: DirectOptions
  readonly #map: SlotMap
  readonly #topology: Topology
  readonly #deadlines: Deadlines<Call>
  readonly #lanes = new Map<number, Lane>()
  readonly #lanesPerNode: number

  constructor(options: DirectOptions) {
    this.#options = options
    this.#map = new SlotMap(options.nodes)
    this.#lanesPerNode = options.ownConnections ? options.clients : Math.ceil(options.clients / CLIENTS_PER_LANE)
    const { nodes, password, now } = options
    const timeoutMs = Math.min(CONNECT_TIMEOUT_MS, options.timeoutMs)
    this.#topology = new Topology({ nodes, password, map: this.#map, everyMs: ASK_EVERY_MS, timeoutMs, now })
    this.#deadlines = new Deadlines(options.timeoutMs, now, (call) => call.expire())
  }

  /** Learns who owns which slot. False if no node says. */
  async learn(): Promise<boolean> {
    return this.#topology.learn()
  }

  async warmUp(): Promise<void> {
    await this.learn()
    const lanes = Array.from({ length: this.#lanesPerNode }, (_, client) =>
      this.#map.owners().map((node) => this.lane(node, client, false)),
    )
    await Promise.all(lanes.flat().map((lane) => lane.open()))
  }

  send(operation: Operation, client: number, listener: OperationListener): void {
    const call = new Call(operation, client, listener, this)
    this.#deadlines.add(call)
    call.start()
  }

  close(): void {
    this.#deadlines.close()
    this.#topology.close()
    for (const lane of this.#lanes.values()) lane.close()
  }

  get map(): SlotMap {
    return this.#map
  }

  now(): number {
    return this.#options.now()
  }

  /** The lane of a client to a node; replicas are read on lanes of their own. */
  lane(node: number, client: number, readOnly: boolean): Lane {
    const place = (node * this.#lanesPerNode + (client % this.#lanesPerNode)) * 2 + (readOnly ? 1 : 0)
    return this.#lanes.get(place) ?? this.#addLane(place, node, readOnly)
  }

  /** The map may be wrong. */
  doubt(node?: number): void {
    this.#topology.doubt(node)
  }

  /** The number of the node at an address that a node named; an empty host is that node's own. */
  nodeAt(host: string, port: number, named: number): number | undefined {
    return this.#map.nodeAt(host || (this.#options.nodes[named]?.host ?? ''), port)
  }

  #addLane(place: number, node: number, readOnly: boolean): Lane {
    const { nodes, password, timeoutMs, now } = this.#options
    const { host = '', port = 0 } = nodes[node] ?? {}
    const connectTimeoutMs = Math.min(CONNECT_TIMEOUT_MS, timeoutMs)
    const lane = new Lane({ host, port, password, readOnly, connectTimeoutMs, connectEveryMs: CONNECT_EVERY_MS, now })
    this.#lanes.set(place, lane)
    return lane
  }
}

/** One operation under way: it has one try at a time. */
class Call {
  readonly operation: Operation
  readonly client: number
  readonly #listener: OperationListener
  readonly #direct: DirectClient
  #try: Try | undefined
  #redirections = 0
  ended = false

  constructor(operation: Operation, client: number, listener: OperationListener, direct: DirectClient) {
    this.operation = operation
    this.client = client
    this.#listener = listener
    this.#direct = direct
  }

  start(): void {
    const { operation } = this
    const { map } = this.#direct
    const node = operation.replica ? map.replicaOf(operation.slot) : map.ownerOf(operation.slot)
    if (node === undefined) {
      this.#direct.doubt()
      setImmediate(() => this.fail('unsent', false, NO_NODE))
    } else this.#send(node, operation.replica, operation.commands)
  }

  /** Its time is over. */
  expire(): void {
    const last = this.#try
    if (this.ended || !last) return
    last.cancelled = true
    if (last.isSilent()) last.lane.drop()
    this.#direct.doubt(last.node)
    this.fail('timeout', last.mayHaveWorked(), last.node)
  }

  answered(last: Try, replies: readonly Reply[]): void {
    const { operation } = this
    const error = firstError(replies, last.isFinal() ? operation.work + last.extra : replies.length)
    if (error) this.#refused(last, error)
    else if (!last.isFinal() && operation.next) this.#goOn(last, operation.next(replies))
    else this.#judged(last, operation.judge(last.extra === 0 ? replies : replies.slice(last.extra)))
  }

  lost(last: Try, kind: LossKind, replies: readonly Reply[]): void {
    this.#direct.doubt(last.node)
    const refusal = firstError(replies, Math.min(replies.length, this.operation.work + last.extra))
    if (refusal) this.fail(errorClass(refusal), false, last.node)
    else this.fail(kind, last.mayHaveWorked(), last.node)
  }

  fail(failure: FailureClass, indeterminate: boolean, node: number, r: number = UNKNOWN): void {
    this.ended = true
    this.#listener.failed(failure, indeterminate, node, this.#direct.now(), r)
  }

  #send(node: number, readOnly: boolean, commands: readonly Words[], extra = 0): void {
    const lane = this.#direct.lane(node, this.client, readOnly)
    this.#try = new Try(this, lane, node, readOnly, commands, this.#direct.now(), extra)
    lane.send(this.#try)
  }

  #goOn(last: Try, next: readonly Words[] | { failure: FailureClass; indeterminate: boolean; r: number }): void {
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
      this.#listener.ok(verdict, last.node, this.#direct.now(), last.readOnly)
    }
  }

  #refused(last: Try, error: Error): void {
    const failure = errorClass(error)
    const moved = parseMoved(error)
    const ask = this.operation.commands.length === 1 && !this.operation.next ? parseAsk(error) : undefined
    const to = moved ?? ask
    const target = to && this.#direct.nodeAt(to.host, to.port, last.node)
    if (moved && target !== undefined) this.#direct.map.move(moved.slot, target)
    if (moved || failure === 'CLUSTERDOWN' || failure === 'READONLY' || failure === 'MASTERDOWN') {
      this.#direct.doubt(last.node)
    }
    if (target === undefined || this.#redirections >= MOST_REDIRECTIONS) {
      this.fail(failure, false, last.node)
      return
    }
    this.#redirections += 1
    this.#listener.attempted(last.node, failure, false, last.startMs, this.#direct.now())
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
