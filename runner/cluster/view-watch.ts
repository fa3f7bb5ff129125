import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { SeenNode, ViewObservation } from '../record/observations.ts'
import { isEstablished } from './agreed-view.ts'
import type { NodeClient } from './node-client.ts'
import { Unreachable } from './reply-errors.ts'
import { formatSlotRanges, mergeRanges } from './slots.ts'
import type { ClusterView, NodeView } from './view.ts'
import { ViewReader } from './view-parser.ts'

export interface ViewWatchOptions {
  clock: Clock
  /** The runner's name for a node of a view. */
  nameOf(node: NodeView): string
  /** Pause between two looks at a node, in ms, asked after each. */
  everyMs(): number
  /** Called with each change, a node's first view included. Times are of the clock itself. */
  onChange(change: ViewObservation): void
  /** Called with each view that is not as the one before, and when it was asked for, on the clock. */
  onView?(view: ClusterView, askedMs: number): void
}

const ANSWER_WITHIN_MS = 1000
/** Pause after a node gave no answer, in ms, at the least: connecting in vain costs more than any look. */
const IN_VAIN_EVERY_MS = 100

const BY_NAME = new Intl.Collator('en', { numeric: true })

/** What a node said, or why it said nothing. */
type Said = Pick<ViewObservation, 'view' | 'unreachable'>

/**
 * Looks at the view of each node again and again, each for itself, and tells what changes: who is master of what, who
 * is marked `fail?` or `fail`, who no longer answers. A look is one CLUSTER NODES.
 */
export class ViewWatch {
  readonly #options: ViewWatchOptions
  readonly #stopped = new AbortController()
  readonly #clients: NodeClient[] = []
  readonly #lastOf = new Map<string, { askedMs: number; said: Said; key: string }>()
  readonly #reader = new ViewReader()
  readonly #saidBy = new WeakMap<ClusterView, Said>()

  constructor(options: ViewWatchOptions) {
    this.#options = options
  }

  /** Looks at one more node, over a connection of its own: a node that hangs must not hold up anything else. */
  watch(client: NodeClient): void {
    this.#clients.push(client)
    void this.#watch(client)
  }

  /**
   * Takes a view that somebody else got from a node, asked for at `askedMs` of the clock: it may be newer than the last
   * look.
   */
  take(view: ClusterView, askedMs: number): void {
    this.#learn(view.seenBy, askedMs, this.#said(view, askedMs))
  }

  /** Ends the looking and closes the connections; what is under way then is dropped. */
  stop(): void {
    this.#stopped.abort()
    for (const client of this.#clients) client.close()
  }

  async #watch(client: NodeClient): Promise<void> {
    const { clock, everyMs } = this.#options
    const { signal } = this.#stopped
    while (!signal.aborted) {
      const askedMs = clock.nowMs()
      const said = await this.#look(client, askedMs)
      this.#learn(client.name, askedMs, said)
      const pauseMs = said.unreachable === undefined ? everyMs() : Math.max(everyMs(), IN_VAIN_EVERY_MS)
      await clock.sleep(pauseMs, signal).catch(() => undefined)
      await this.#whileOthersLook(client.name)
    }
  }

  /** A step that waits for something looks more often than this watch, and what it sees is taken. */
  async #whileOthersLook(name: string): Promise<void> {
    const { clock, everyMs } = this.#options
    const { signal } = this.#stopped
    while (!signal.aborted) {
      const lastMs = this.#lastOf.get(name)?.askedMs
      const leftMs = lastMs === undefined ? 0 : lastMs + everyMs() - clock.nowMs()
      if (leftMs <= 0) return
      await clock.sleep(leftMs, signal).catch(() => undefined)
    }
  }

  #learn(node: string, askedMs: number, said: Said): void {
    const last = this.#lastOf.get(node)
    // An answer to an older question is no news.
    if (this.#stopped.signal.aborted || (last && askedMs < last.askedMs)) return
    const { clock, onChange } = this.#options
    const key = said === last?.said ? last.key : JSON.stringify(said)
    if (key !== last?.key) onChange({ node, afterMs: last?.askedMs ?? askedMs, seenMs: clock.nowMs(), ...said })
    this.#lastOf.set(node, { askedMs, said, key })
  }

  async #look(client: NodeClient, askedMs: number): Promise<Said> {
    try {
      const text = String(await client.callWithin(ANSWER_WITHIN_MS, 'CLUSTER', 'NODES'))
      return this.#said(this.#reader.read(text, client.name), askedMs)
    } catch (error) {
      if (error instanceof Unreachable) return { unreachable: error.reason }
      return { unreachable: messageOf(error) }
    }
  }

  #said(view: ClusterView, askedMs: number): Said {
    const known = this.#saidBy.get(view)
    if (known) return known
    this.#options.onView?.(view, askedMs)
    const said = { view: this.#seen(view.nodes) }
    this.#saidBy.set(view, said)
    return said
  }

  #seen(nodes: readonly NodeView[]): SeenNode[] {
    const nameById = new Map(nodes.map((node) => [node.id, this.#options.nameOf(node)]))
    const seen = nodes.filter(isEstablished).map((node) => asSeen(node, nameById))
    return seen.sort((a, b) => BY_NAME.compare(a.name, b.name))
  }
}

function asSeen(node: NodeView, nameById: ReadonlyMap<string, string>): SeenNode {
  const { flags, masterId } = node
  const failing = flags.has('fail') ? 'fail' : flags.has('fail?') ? 'fail?' : undefined
  return {
    name: nameById.get(node.id) ?? node.id,
    role: node.role,
    ...(masterId === undefined ? {} : { of: nameById.get(masterId) ?? masterId }),
    slots: node.slots.length === 0 ? '' : formatSlotRanges(mergeRanges(node.slots)),
    ...(failing === undefined ? {} : { failing }),
  }
}
