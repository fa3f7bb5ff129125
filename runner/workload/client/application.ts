import { isIPv4 } from 'node:net'
import { Cluster, type RedisOptions } from 'ioredis'
import { systemClock } from '../../base/clock.ts'
import { errorClass } from '../../cluster/reply-errors.ts'
import { guardedConnector } from '../../platforms/guarded-connector.ts'
import type { UnansweredOperation } from '../../record/client-observations.ts'
import { type FailureClass, NO_NODE, UNKNOWN } from '../../record/history-codes.ts'
import { Deadlines } from './deadlines.ts'
import type { LoadClient, Operation, OperationListener, Reply, Words } from './operation.ts'
import type { NodeAddress } from './slot-map.ts'
import { OverdueOperations, type Unended } from './unended.ts'

export interface ApplicationOptions {
  nodes: readonly NodeAddress[]
  /** Default: the user `default`. */
  username?: string | undefined
  password: string
  /** Let replicas answer reads. */
  readFromReplicas: boolean
  /** Limit for an operation with all that the cluster client does behind it, ms. */
  timeoutMs: number
  /** Options of the cluster client, by its own names; those of its connections among them. */
  options: Record<string, unknown>
  /** Monotonic ms. */
  now(): number
}

/** Options of single connections; all others are the cluster's. */
const CONNECTION_OPTIONS = ['connectTimeout', 'maxRetriesPerRequest']

/** A limit that ioredis would count by its own timers, in which the thread may have stood still: it is kept here. */
const COMMAND_TIMEOUT = 'commandTimeout'

/**
 * A cluster client of ioredis, one for all clients of the workload, as an application has it: it follows redirections
 * and tries again by itself, and tells of none. So an operation that fails may have been carried out by an earlier try:
 * every failure is indeterminate, and no node is known.
 */
export class ApplicationClient implements LoadClient {
  readonly #cluster: Cluster
  readonly #deadlines: Deadlines<Pending>
  readonly #overdue = new OverdueOperations()
  readonly #now: () => number

  constructor({ nodes, username, password, readFromReplicas, timeoutMs, options, now }: ApplicationOptions) {
    const isOfConnection = ([name]: [string, unknown]) => CONNECTION_OPTIONS.includes(name)
    const given = Object.entries(options).filter(([name]) => name !== COMMAND_TIMEOUT)
    const ownTimeoutMs = options[COMMAND_TIMEOUT]
    const limitMs = typeof ownTimeoutMs === 'number' ? Math.min(timeoutMs, ownTimeoutMs) : timeoutMs
    this.#now = now
    // With a limit of its own the client itself would have ended it.
    const isOwnLimit = typeof ownTimeoutMs === 'number' && ownTimeoutMs <= timeoutMs
    this.#deadlines = new Deadlines(limitMs, systemClock.ranMs, (pending) => {
      if (!isOwnLimit) this.#overdue.add(pending, pending.operation)
      pending.fail('timeout', now())
    })
    this.#cluster = new Cluster(
      nodes.map(({ host, port }) => ({ host, port })),
      {
        ...Object.fromEntries(given.filter((option) => !isOfConnection(option))),
        lazyConnect: true,
        scaleReads: readFromReplicas ? 'slave' : 'master',
        // Servers may know themselves by addresses of a network that this machine is not in.
        natMap: (key) => reachOf(key, nodes),
        redisOptions: {
          ...Object.fromEntries(given.filter(isOfConnection)),
          ...(password === '' ? {} : { password, ...(username !== undefined && { username }) }),
          ...guardOf(nodes),
        },
      },
    )
    leaveOutSubscriber(this.#cluster)
    // What goes wrong shows in the operations.
    this.#cluster.on('error', () => undefined)
  }

  async warmUp(): Promise<void> {
    await this.#cluster.connect().catch(() => undefined)
  }

  send(operation: Operation, client: number, listener: OperationListener): void {
    const pending = new Pending(listener, { client, slot: operation.slot, sinceMs: this.#now() })
    this.#deadlines.add(pending)
    void this.#carryOut(operation, pending)
  }

  unended(): Unended {
    return this.#overdue.seen()
  }

  close(): void {
    this.#deadlines.close()
    this.#cluster.disconnect()
  }

  async #carryOut(operation: Operation, pending: Pending): Promise<void> {
    try {
      const replies = await this.#replies(operation.commands)
      const verdict = operation.judge(replies)
      if (typeof verdict === 'number') pending.succeed(verdict, this.#now(), operation.replica)
      else pending.fail(verdict.failure, this.#now(), verdict.indeterminate, verdict.r)
    } catch (error) {
      pending.fail(classOf(error), this.#now())
    } finally {
      this.#overdue.ended(pending, this.#now())
    }
  }

  /** One command, or MULTI … EXEC, whose replies come out as a server gives them. */
  async #replies(commands: readonly Words[]): Promise<readonly Reply[]> {
    const [first] = commands
    if (first && commands.length === 1) {
      const [name, ...args] = first
      return [(await this.#cluster.callBuffer(name, ...args)) as Reply]
    }
    const multi = this.#cluster.multi()
    for (const [name, ...args] of commands.slice(1, -1)) multi.callBuffer(name, ...args)
    const results = await multi.exec()
    const queued = commands.slice(1).map((): Reply => 'QUEUED')
    return [...queued, results === null ? null : results.map(([error, reply]) => error ?? (reply as Reply))]
  }
}

/**
 * Where this machine reaches the node that servers know by an address of their network: ports tell nodes apart, whatever
 * address one has come to have. A name is taken as it is.
 */
function reachOf(key: string, nodes: readonly NodeAddress[]) {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(key) ?? []
  const node = isIPv4(host) ? nodes.find(({ peerPort }) => peerPort === Number(port)) : undefined
  return node ? { host: node.host, port: node.port } : null
}

/** To whom its connections say something; a node that a server names and that is none of the list is not even asked. */
function guardOf(nodes: readonly NodeAddress[]): Pick<RedisOptions, 'Connector'> {
  const guards = new Map(nodes.map(({ port, guard }) => [port, guard]))
  const isGuarded = nodes.some(({ guard }) => guard !== undefined)
  return isGuarded ? { Connector: guardedConnector((port) => guards.get(port)) } : {}
}

/**
 * A cluster client of ioredis keeps one more connection for subscriptions, which workloads have none of, and logs in on
 * it without asking the `Connector`.
 */
function leaveOutSubscriber(cluster: Cluster): void {
  Reflect.set(cluster, 'subscriber', { start: () => undefined, stop: () => undefined, getInstance: () => null })
}

/** An operation under way; its first end counts, and what the client still does behind it does not. */
class Pending {
  readonly #listener: OperationListener
  readonly operation: UnansweredOperation
  ended = false

  constructor(listener: OperationListener, operation: UnansweredOperation) {
    this.#listener = listener
    this.operation = operation
  }

  succeed(r: number, atMs: number, fromReplica: boolean): void {
    if (this.ended) return
    this.ended = true
    this.#listener.ok(r, NO_NODE, atMs, fromReplica)
  }

  fail(failure: FailureClass, atMs: number, indeterminate = true, r: number = UNKNOWN): void {
    if (this.ended) return
    this.ended = true
    this.#listener.failed(failure, indeterminate, NO_NODE, atMs, r)
  }
}

function classOf(error: unknown): FailureClass {
  const word = errorClass(error)
  if (word !== 'other' || !(error instanceof Error)) return word
  // The last error of many tries stands at the end of what the client says.
  const last = /Last error: (?:\w*Error: )?(.*)$/.exec(error.message)?.[1]
  if (last !== undefined) return errorClass(new Error(last))
  if (error.message === 'Command timed out') return 'timeout'
  return error.message === 'Connection is closed.' || error.name === 'MaxRetriesPerRequestError' ? 'closed' : 'other'
}
