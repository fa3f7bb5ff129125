import type { Clock } from '../record/clock.ts'
import type { SeenNode, ViewFact } from '../record/failover-facts.ts'
import { isEstablished } from './agreed-view.ts'
import type { NodeClient } from './node-client.ts'
import { Unreachable } from './reply-errors.ts'
import { formatSlotRanges, mergeRanges } from './slots.ts'
import type { NodeView } from './view.ts'
import { parseClusterNodes } from './view-parser.ts'

export interface ViewWatchOptions {
  /** A connection of its own to every node: a node that hangs must not hold up anything else. */
  clients: readonly NodeClient[]
  clock: Clock
  /** The runner's name for a node of a view. */
  nameOf(node: NodeView): string
  /** Pause between two looks at a node, in ms, asked after each. */
  everyMs(): number
  /** Called with each change, a node's first view included. Times are of the clock itself. */
  onChange(change: ViewFact): void
}

const ANSWER_WITHIN_MS = 1000

/**
 * Looks at the view of each node again and again, each for itself, and tells what changes: who is master of what, who is marked
 * `fail?` or `fail`, who no longer answers. A look is one CLUSTER NODES. The returned function ends the looking and closes the
 * connections; what is under way then is dropped.
 */
export function watchViews(options: ViewWatchOptions): () => void {
  const stopped = new AbortController()
  for (const client of options.clients) void watchNode(client, options, stopped.signal)
  return () => {
    stopped.abort()
    for (const client of options.clients) client.close()
  }
}

async function watchNode(client: NodeClient, options: ViewWatchOptions, stopped: AbortSignal): Promise<void> {
  const { clock, everyMs, onChange } = options
  let last: { askedMs: number; key: string } | undefined
  while (!stopped.aborted) {
    const askedMs = clock.nowMs()
    const said = await look(client, options)
    if (stopped.aborted) return
    const key = JSON.stringify(said)
    if (key !== last?.key) {
      onChange({ node: client.name, afterMs: last?.askedMs ?? askedMs, seenMs: clock.nowMs(), ...said })
    }
    last = { askedMs, key }
    await clock.sleep(everyMs(), stopped).catch(() => undefined)
  }
}

async function look(client: NodeClient, { nameOf }: ViewWatchOptions): Promise<Pick<ViewFact, 'view' | 'unreachable'>> {
  try {
    const text = await client.callWithin(ANSWER_WITHIN_MS, 'CLUSTER', 'NODES')
    const { nodes } = parseClusterNodes(String(text), client.name)
    const nameById = new Map(nodes.map((node) => [node.id, nameOf(node)]))
    const seen = nodes.filter(isEstablished).map((node) => asSeen(node, nameById))
    return { view: seen.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })) }
  } catch (error) {
    if (error instanceof Unreachable) return { unreachable: error.reason }
    return { unreachable: error instanceof Error ? error.message : String(error) }
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
