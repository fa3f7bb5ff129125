import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { NodeClient } from '../../runner/cluster/node-client.ts'
import type { RunnerUsers } from '../../runner/platforms/users.ts'
import { adminsOf } from './admin-of.ts'
import { loginAt } from './login.ts'
import { pidAt } from './server-process.ts'

const LOOK_EVERY_MS = 20
/** A master that has one slot in a hundred has one of so many keys. */
const MOST_NAMES = 2000

/** The servers of a run on processes, for somebody who is no part of it and may do everything. Nodes are `redis-node0` and so on. */
export class Outside {
  readonly #portBase: number
  #users: RunnerUsers | undefined
  readonly #clients = new Map<string, NodeClient>()
  readonly #opened: NodeClient[] = []
  /** Aborted when the run has ended. */
  readonly over: AbortSignal

  constructor(portBase: number, over: AbortSignal) {
    this.#portBase = portBase
    this.over = over
  }

  /** Sends a command; rejects with ReplyError or Unreachable. */
  call(node: string, command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.#client(node).call(command, ...args)
  }

  /** Sends each command in turn. */
  async all(node: string, commands: readonly string[]): Promise<void> {
    for (const line of commands) {
      const [command = '', ...args] = line.split(' ')
      await this.call(node, command, ...args)
    }
  }

  /** One more connection. */
  connect(node: string): NodeClient {
    // Asked once: the record of a run that ends is gone before those who meddle with it notice.
    this.#users ??= adminsOf(this.#portBase)
    const port = this.#portOf(node)
    const client = new NodeClient({ name: node, host: '127.0.0.1', port, ...loginAt(this.#users, node) })
    this.#opened.push(client)
    return client
  }

  signal(node: string, signal: NodeJS.Signals): void {
    process.kill(pidAt(this.#portOf(node)), signal)
  }

  /** Ends a server by a signal; resolves when it has ended. */
  async crash(node: string, signal: NodeJS.Signals): Promise<void> {
    const pid = pidAt(this.#portOf(node))
    process.kill(pid, signal)
    while (existsSync(`/proc/${pid}/exe`)) await sleep(LOOK_EVERY_MS)
  }

  async idOf(node: string): Promise<string> {
    return String(await this.call(node, 'CLUSTER', 'MYID'))
  }

  /** A name for a key in the slots of a master, of which nobody else knows. Rejects for a node that has no slots. */
  async keyAt(master: string): Promise<string> {
    let refusal: unknown
    for (let number = 0; number < MOST_NAMES; number += 1) {
      const key = `planted:${number}`
      // It alone answers for its slots.
      const isOwn = await this.call(master, 'EXISTS', key).then(
        () => true,
        (error) => {
          refusal = error
          return false
        },
      )
      if (isOwn) return key
    }
    throw new Error(`none of ${MOST_NAMES} keys is in a slot of ${master}`, { cause: refusal })
  }

  /** A number of `INFO`. */
  async numberAt(node: string, field: string): Promise<number> {
    const info = String(await this.call(node, 'INFO'))
    return Number(new RegExp(`\\r\\n${field}:(\\d+)`).exec(info)?.[1])
  }

  /** Whether a field of `INFO` has the value. */
  async says(node: string, field: string, value: string): Promise<boolean> {
    return String(await this.call(node, 'INFO')).includes(`\r\n${field}:${value}\r\n`)
  }

  /** Resolves once the condition holds; what it rejects with says that it does not yet. Rejects when the run is over. */
  async until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition().catch(() => false))) await sleep(LOOK_EVERY_MS, undefined, { signal: this.over })
  }

  /** Closes all connections. */
  close(): void {
    for (const client of this.#opened) client.close()
  }

  #client(node: string): NodeClient {
    const client = this.#clients.get(node) ?? this.connect(node)
    this.#clients.set(node, client)
    return client
  }

  #portOf(node: string): number {
    return this.#portBase + Number(node.slice('redis-node'.length))
  }
}
