import { firstFew } from '../../base/text.ts'
import type { LiveCluster } from '../live-cluster.ts'
import type { ByteCommand, NodeClient } from '../node-client.ts'
import { KeySender } from './key-sender.ts'

const ANSWER_WITHIN_MS = 30_000
/** More keys than any slot has. */
const ALL_KEYS = 1_000_000_000
const SHOWN_KEYS = 10

/**
 * Brings the keys of a slot to its owner, and resolves with how many. A key that the owner has too, with the same
 * value, is left to it. Throws Error, with nothing moved, where values differ: nobody can tell which is right.
 */
export async function bringKeys(cluster: LiveCluster, slot: number, from: string, to: string): Promise<number> {
  const [source, target] = [cluster.connect(from), cluster.connect(to)]
  try {
    const [there, here] = await Promise.all([source, target].map((client) => keysOf(client, slot)))
    const known = new Set(here?.map((key) => key.toString('hex')))
    const doubled = there?.filter((key) => known.has(key.toString('hex'))) ?? []
    await assertSame(doubled, source, target)
    await ask(
      source,
      doubled.flatMap((key) => [['ASKING'], ['UNLINK', key]]),
    )
    return await new KeySender(source, cluster.node(to), cluster.moverLogin(to)).send([slot])
  } finally {
    source.close()
    target.close()
  }
}

async function assertSame(keys: readonly Buffer[], one: NodeClient, other: NodeClient): Promise<void> {
  const dumps = await Promise.all([one, other].map((client) => dumpsOf(client, keys)))
  const differing = keys.filter((_, place) => dumps[0]?.[place] !== dumps[1]?.[place])
  if (differing.length === 0) return
  const names = firstFew(
    differing.map((key) => JSON.stringify(key.toString())),
    SHOWN_KEYS,
    ', ',
  )
  throw new Error(`${one.name} and ${other.name} have different values of ${names}: keep one of them by hand`)
}

/** A key that is held for another node is shown to who asks for it so. */
async function dumpsOf(client: NodeClient, keys: readonly Buffer[]): Promise<string[]> {
  const replies = await ask(
    client,
    keys.flatMap((key) => [['ASKING'], ['DUMP', key]]),
  )
  return replies
    .filter((_, place) => place % 2 === 1)
    .map((reply) => (Buffer.isBuffer(reply) ? reply.toString('hex') : ''))
}

async function keysOf(client: NodeClient, slot: number): Promise<Buffer[]> {
  const [reply] = await ask(client, [['CLUSTER', 'GETKEYSINSLOT', slot, ALL_KEYS]])
  return Array.isArray(reply) ? reply.filter((key) => Buffer.isBuffer(key)) : []
}

async function ask(client: NodeClient, commands: readonly ByteCommand[]): Promise<unknown[]> {
  const replies = await client.pipelineBytes(commands, ANSWER_WITHIN_MS)
  for (const reply of replies) if (reply instanceof Error) throw reply
  return replies
}
