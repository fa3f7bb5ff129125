import { readFileSync } from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import { oneLine, truncate } from '../../base/text.ts'
import type { Command, NodeClient } from '../node-client.ts'
import { errorClass, Unreachable } from '../reply-errors.ts'

/** Data cannot be compared, or not to the end, and why, in words for people. */
export class Incomplete extends Error {
  override name = 'Incomplete'
}

export type ScriptName =
  | 'buckets'
  | 'contents'
  | 'key-records'
  | 'large-shape'
  | 'overview'
  | 'ranges'
  | 'slot-digests'
  | 'slot-keys'

/**
 * How long one call of a script may keep its server from other work, in ms of the server's CPU: one step more at the
 * most.
 */
const SCRIPT_BUDGET_MS = 20
/** Longer than any call takes on a machine that is not hung, in ms. */
const CALL_TIMEOUT_MS = 10_000

export interface DataNodeOptions {
  client: NodeClient
  clock: Clock
  /** On the clock: no call begins later. */
  deadlineMs: number
  signal?: AbortSignal | undefined
}

/**
 * A server whose data is read, on a connection of its own. All its questions only read, on a replica too; its first
 * script makes it forget all those that were sent before.
 */
export class DataNode {
  readonly name: string
  readonly clock: Clock
  readonly deadlineMs: number
  readonly signal: AbortSignal | undefined
  readonly #client: NodeClient
  #eval = 'EVAL'
  /** What scripts before have changed of the language itself is gone: SCRIPT FLUSH begins with a new interpreter. */
  #isFlushed = false

  constructor({ client, clock, deadlineMs, signal }: DataNodeOptions) {
    this.name = client.name
    this.clock = clock
    this.deadlineMs = deadlineMs
    this.signal = signal
    this.#client = client
  }

  /** Scripts go as EVAL_RO from now on, which no server lets write. Since Redis 7.0. */
  useReadOnlyScripts(): void {
    this.#eval = 'EVAL_RO'
  }

  /** One reply for each command. Throws Incomplete when there is none or it is an error, and the signal's reason. */
  async ask(...commands: Command[]): Promise<unknown[]> {
    this.signal?.throwIfAborted()
    if (this.clock.ranMs() >= this.deadlineMs) throw new Incomplete('the time for comparing data was over')
    const [readOnly, ...replies] = await this.#client.pipeline([['READONLY'], ...commands], CALL_TIMEOUT_MS)
    this.signal?.throwIfAborted()
    for (const reply of [readOnly, ...replies]) if (reply instanceof Error) throw this.#incomplete(reply)
    return replies
  }

  /**
   * Runs a script once; its reply, a list. `flags` are those of `common.lua`. Throws as `ask`.
   */
  async run(script: ScriptName, scope: Scope, ...args: (string | number)[]): Promise<unknown[]> {
    const { database, flags } = scope
    const text = textOf(script)
    const flush: Command[] = this.#isFlushed ? [] : [['SCRIPT', 'FLUSH']]
    this.#isFlushed = true
    const replies = await this.ask(...flush, [this.#eval, text, 0, database, flags, SCRIPT_BUDGET_MS, ...args])
    const reply = replies.at(-1)
    return Array.isArray(reply) ? reply : [reply]
  }

  #incomplete(error: Error): Incomplete {
    if (error instanceof Unreachable) return new Incomplete(`${this.name} did not answer: ${error.reason}`)
    const kind = errorClass(error)
    if (kind === 'LOADING') return new Incomplete(`${this.name} is still loading its data`)
    if (kind === 'MASTERDOWN') return new Incomplete(`${this.name} has lost its master and serves no stale data`)
    return new Incomplete(`${this.name} refused to tell of its data: ${truncate(oneLine(error.message), 160)}`)
  }
}

/** What scripts look at, and what they tell. */
export interface Scope {
  database: number
  flags: string
}

const FOLDER = new URL('lua/', import.meta.url)
const texts = new Map<ScriptName, string>()

function textOf(name: ScriptName): string {
  const known = texts.get(name)
  if (known !== undefined) return known
  const [common, own] = ['common', name].map((file) => readFileSync(new URL(`${file}.lua`, FOLDER), 'utf8'))
  const text = `${common}\n${own}`
  texts.set(name, text)
  return text
}
