import type { Clock } from '../base/clock.ts'
import { ChaosError, messageOf } from '../base/errors.ts'
import { isEstablished } from '../cluster/agreed-view.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { ClusterView, NodeView } from '../cluster/view.ts'
import type { Recorder } from '../record/event-log.ts'

export interface StrangersOptions {
  recorder: Recorder
  clock: Clock
  /** Place of the scenario in the run, from 0. */
  scenario: number
}

/** Somebody joined the cluster before it was ready. */
class StrangerInSetUp extends ChaosError {
  override name = 'StrangerInSetUp'
}

/** Keeps watch for nodes and programs that are none of a scenario's servers, and records each that had a hand in it. */
export class Strangers {
  readonly #options: StrangersOptions
  /** What servers have said of themselves, ever: one that lost its data comes back with another. */
  readonly #ownIds = new Set<string>()
  readonly #unknown = new Map<string, { node: NodeView; seenBy: string; seenMs: number }>()
  readonly #holders = new Set<string>()
  #hasEnded = false

  constructor(options: StrangersOptions) {
    this.#options = options
  }

  /** Somebody else was met on the port of a server; nothing was said to them. */
  heldPort(node: string, text: string): void {
    if (this.#hasEnded || this.#holders.has(text)) return
    this.#holders.add(text)
    const { recorder, clock, scenario } = this.#options
    const seenMs = recorder.timeOf(clock.nowMs())
    recorder.record({ type: 'stranger-seen', scenario, did: 'held-port', node, seenMs, text })
  }

  /** A server said, at `seenMs` of the clock, who is in the cluster. */
  readView({ seenBy, myId, nodes }: ClusterView, seenMs: number): void {
    this.#ownIds.add(myId)
    for (const node of nodes) {
      if (!isEstablished(node) || this.#ownIds.has(node.id) || this.#unknown.has(node.id)) continue
      this.#unknown.set(node.id, { node, seenBy, seenMs })
    }
  }

  /** Records the nodes that no server has turned out to be. Idempotent. */
  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const { recorder, scenario } = this.#options
    for (const { node, seenBy, seenMs } of this.#joined()) {
      const seen = { did: 'joined', node: seenBy, seenMs: recorder.timeOf(seenMs), text: addressOf(node) } as const
      recorder.record({ type: 'stranger-seen', scenario, ...seen })
    }
  }

  /** An error of the setting up, or one that says who disturbed it. Never rejects. */
  async blame(error: unknown, cluster: LiveCluster): Promise<unknown> {
    const { reports } = await cluster.look()
    const views = [...reports.values()].map(({ view }) => view)
    const [first] = views.flatMap(({ seenBy, nodes }) =>
      // Also one that is still shaking hands.
      nodes.filter(({ host, port }) => isElsewhere(cluster, host, port)).map((node) => ({ node, seenBy })),
    )
    if (first === undefined) return error
    return new StrangerInSetUp(
      `a node that is none of this run's joined the cluster while it was formed: ${addressOf(first.node)}, seen by ${first.seenBy} (${messageOf(error)})`,
      { hint: 'the cluster bus asks for no password: find out whose server it is, and end it', cause: error },
    )
  }

  #joined() {
    return [...this.#unknown.values()].filter(({ node }) => !this.#ownIds.has(node.id))
  }
}

/** A server that has met nobody yet does not know its own address. */
function isElsewhere(cluster: LiveCluster, host: string, port: number): boolean {
  return host !== '' && port !== 0 && cluster.nameOfAddress(host, port) === undefined
}

/** With its id: it may call itself by the address of a server. */
function addressOf({ host, port, id }: NodeView): string {
  return `${host}:${port} (id ${id.slice(0, 8)}…)`
}
