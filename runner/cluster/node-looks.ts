import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Command, NodeClient } from './node-client.ts'
import { type NodeReport, parseClusterInfo, parseReplication } from './node-report.ts'
import { Unreachable } from './reply-errors.ts'
import { ViewReader } from './view-parser.ts'

/** How long a node that is not known to be silent has to answer, in ms, where nothing else is said. */
export const LOOK_TIMEOUT_MS = 1000

const LOOK: readonly Command[] = [
  ['CLUSTER', 'NODES'],
  ['CLUSTER', 'INFO'],
  ['INFO', 'replication'],
]

/** How much longer than for the others a look waits for nodes that were silent when last asked, in ms. */
const SILENT_GRACE_MS = 15

/** What a node says of itself and the cluster, or why it says nothing. `silent`: the time was over. */
export type Answer = { report: NodeReport } | { reason: string; silent: boolean }

interface Asked {
  name: string
  client: NodeClient
}

/** Asks nodes what they know, each in one round trip. One that is silent holds up no look at the others. */
export class NodeLooks {
  /** Told of every report, and when (on the clock) the node was asked for it. */
  onReport: ((report: NodeReport, askedMs: number) => void) | undefined
  readonly #clock: Clock
  readonly #reader = new ViewReader()
  /** Nodes that were silent when last asked, with the question still open or the reason it failed. */
  readonly #silent = new Map<string, { pending?: Promise<Answer>; reason: string }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Asks all at once; never rejects. A node that does not answer within `timeoutMs` is not waited for again until it
   * has answered.
   */
  async askAll(nodes: readonly Asked[], timeoutMs: number): Promise<Map<string, Answer>> {
    const answers = new Map<string, Answer>()
    const silent = nodes.filter((node) => this.#silent.has(node.name))
    for (const node of silent) this.#askAgain(node, timeoutMs)
    const others = nodes.filter((node) => !silent.includes(node))
    await Promise.all(others.map(async (node) => answers.set(node.name, await this.#askOnce(node, timeoutMs))))
    await Promise.all(silent.map(async (node) => answers.set(node.name, await this.#answerOfSilent(node))))
    for (const [name, answer] of answers) this.#remember(name, answer)
    return answers
  }

  /** Asks one; never rejects. */
  async ask(node: Asked, timeoutMs: number): Promise<Answer> {
    const answer = await this.#askOnce(node, timeoutMs)
    if ('report' in answer) this.#silent.delete(node.name)
    return answer
  }

  async #askOnce(node: Asked, timeoutMs: number): Promise<Answer> {
    const askedMs = this.#clock.nowMs()
    const replies = await node.client.pipeline(LOOK, timeoutMs)
    const error = replies.find((reply) => reply instanceof Error)
    if (error instanceof Unreachable) return { reason: error.reason, silent: error.kind === 'timeout' }
    if (error instanceof Error) return { reason: error.message, silent: false }
    const [nodes, info, replication] = replies
    try {
      const report: NodeReport = {
        name: node.name,
        view: this.#reader.read(String(nodes), node.name),
        info: parseClusterInfo(String(info)),
        replication: parseReplication(String(replication)),
      }
      this.onReport?.(report, askedMs)
      return { report }
    } catch (unreadable) {
      return { reason: messageOf(unreadable), silent: false }
    }
  }

  #askAgain(node: Asked, timeoutMs: number): void {
    const known = this.#silent.get(node.name)
    if (known?.pending !== undefined || !known) return
    known.pending = this.#askOnce(node, timeoutMs).then((answer) => {
      delete known.pending
      if ('reason' in answer) known.reason = answer.reason
      if (!('reason' in answer) || !answer.silent) this.#silent.delete(node.name)
      return answer
    })
  }

  async #answerOfSilent(node: Asked): Promise<Answer> {
    const known = this.#silent.get(node.name)
    if (!known?.pending) return this.#askOnce(node, LOOK_TIMEOUT_MS)
    const tooLate: Answer = { reason: known.reason, silent: true }
    return Promise.race([known.pending, this.#clock.sleep(SILENT_GRACE_MS).then(() => tooLate)])
  }

  #remember(name: string, answer: Answer): void {
    if ('report' in answer) this.#silent.delete(name)
    else if (answer.silent && !this.#silent.has(name)) this.#silent.set(name, { reason: answer.reason })
  }
}
