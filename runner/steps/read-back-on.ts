import type { Clock } from '../base/clock.ts'
import type { AgreedView } from '../cluster/agreed-view.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { Command } from '../cluster/node-client.ts'
import { slotOfKey } from '../cluster/slots.ts'
import type { Dataset } from './datasets.ts'
import type { Findings, ReadBack } from './read-back.ts'

/** Pause before what is not right there yet is read again, ms. */
const RETRY_EVERY_MS = 50
const ROUND_TRIP_TIMEOUT_MS = 2000
/** Keys that are read in one round trip. */
const CHUNK = 500

/** What was read back from one node, and how many keys it must have. */
export interface NodeReadBack extends ReadBack {
  /** Keys of the dataset with an acknowledged write, in the slots of the node's shard. */
  total: number
}

/**
 * Reads the keys of a dataset that lie in the shard of a node from that node itself, a replica too, following no
 * redirection. What is not right is read again until `withinMs` is over, for a replica may be behind; 0: it is read
 * once. Rejects with the signal's reason.
 */
export async function readBackOn(
  dataset: Dataset,
  node: string,
  { cluster, clock, signal, withinMs }: { cluster: LiveCluster; clock: Clock; signal: AbortSignal; withinMs: number },
): Promise<NodeReadBack> {
  const startMs = clock.ranMs()
  for (let tries = 1; ; tries += 1) {
    const { agreed } = await cluster.look()
    const indexes = keysOf(dataset, node, agreed)
    const { findings, errors } = await readOnce(dataset, node, indexes, cluster, signal)
    const isOver = clock.ranMs() - startMs >= withinMs
    const isRight = indexes.length > 0 && findings.right.length === indexes.length
    if (isRight || isOver) return { findings, errors, tries, agreed, total: indexes.length }
    await clock.sleep(RETRY_EVERY_MS, signal)
  }
}

function keysOf(dataset: Dataset, node: string, agreed: AgreedView): number[] {
  const master = agreed.shardOf(node)?.master
  if (master === undefined) return []
  return dataset.judgeable().filter((index) => agreed.ownerOf(slotOfKey(dataset.keys[index] ?? '')) === master)
}

async function readOnce(
  dataset: Dataset,
  node: string,
  indexes: readonly number[],
  cluster: LiveCluster,
  signal: AbortSignal,
): Promise<{ findings: Findings; errors: string[] }> {
  const findings: Findings = { right: [], lost: [], older: [], changed: [], unreadable: [] }
  const errors: string[] = []
  for (let first = 0; first < indexes.length; first += CHUNK) {
    signal.throwIfAborted()
    const chunk = indexes.slice(first, first + CHUNK)
    for (const [place, reply] of (await read(dataset, chunk, node, cluster)).entries()) {
      const index = chunk[place] ?? -1
      const judgement = reply instanceof Error ? 'unreadable' : dataset.judge(index, reply)
      if (reply instanceof Error) errors.push(reply.message)
      if (judgement !== 'unknown') findings[judgement].push(index)
    }
  }
  return { findings, errors }
}

/** The connection is shared by all steps, so it is left as it was: a replica sends its clients to the master. */
async function read(dataset: Dataset, chunk: readonly number[], node: string, cluster: LiveCluster) {
  const gets = chunk.map((index): Command => ['GET', dataset.keys[index] ?? ''])
  const commands: Command[] = [['READONLY'], ...gets, ['READWRITE']]
  const replies = await cluster.node(node).data.pipeline(commands, ROUND_TRIP_TIMEOUT_MS)
  return replies.slice(1, -1)
}
