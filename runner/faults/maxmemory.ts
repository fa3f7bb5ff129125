import { errorClass } from '../cluster/reply-errors.ts'
import { slotOfKey } from '../cluster/slots.ts'
import { type FaultStage, NotHealed, NotProven } from './fault.ts'
import { bytesInWords, infoOf, runningOf } from './server-resources.ts'

/** The server's own limit of its memory. */
export interface MaxmemorySpec {
  bytes: number
  /** What it does beyond it: `noeviction` (refuses writes), `allkeys-lru`, … */
  policy: string
}

/** The settings of each node before. */
export type MaxmemoryMemo = Record<string, Record<string, string>>

const NAMES = ['maxmemory', 'maxmemory-policy'] as const
/** A key for each slot is found by trying: 16384 slots, so this many always do. */
const KEYS_TRIED = 300_000

/** The settings of all nodes that run, to be restored. */
export async function maxmemorySettings(stage: FaultStage): Promise<MaxmemoryMemo> {
  const nodes = await runningOf(
    stage.servers.nodes.map(({ name }) => name),
    stage,
  )
  const entries = await Promise.all(nodes.map(async (node) => [node, await settingsOf(node, stage)] as const))
  return Object.fromEntries(entries)
}

export async function applyMaxmemory(
  nodes: readonly string[],
  { bytes, policy }: MaxmemorySpec,
  stage: FaultStage,
): Promise<void> {
  const settings = { maxmemory: String(bytes), 'maxmemory-policy': policy }
  await Promise.all((await runningOf(nodes, stage)).map((node) => set(node, settings, stage)))
}

/** A node that does not run has lost the settings with its process. */
export async function healMaxmemory(nodes: readonly string[], memo: MaxmemoryMemo, stage: FaultStage): Promise<void> {
  await Promise.all((await runningOf(nodes, stage)).map((node) => set(node, memo[node] ?? {}, stage)))
}

/** Where it is used up and nothing may be forgotten, a write is refused: that is tried, with one that would change nothing. */
export async function proveMaxmemory(node: string, spec: MaxmemorySpec, stage: FaultStage): Promise<string> {
  const memory = await infoOf(node, 'memory', stage)
  const [used, limit] = [Number(memory('used_memory')), Number(memory('maxmemory'))]
  if (limit !== spec.bytes || memory('maxmemory_policy') !== spec.policy) {
    throw new NotProven(
      `${node} says that it may use ${bytesInWords(limit)} (${memory('maxmemory_policy')}), and should ${bytesInWords(spec.bytes)} (${spec.policy})`,
    )
  }
  const words = `it may use ${bytesInWords(limit)} (${spec.policy}), and uses ${bytesInWords(used)}`
  if (spec.policy !== 'noeviction' || used <= limit) return words
  const key = await ownKey(node, stage)
  if (key === undefined) return `${words}; it serves no keys itself`
  const refused = await writeRefused(node, key, stage)
  if (refused === undefined) throw new NotProven(`${words}, but it did not refuse a write`)
  return `${words}; a write is refused: ${refused}`
}

export async function proveNoMaxmemory(node: string, memo: MaxmemoryMemo, stage: FaultStage): Promise<string> {
  const now = await settingsOf(node, stage)
  const before = memo[node] ?? now
  const wrong = NAMES.filter((name) => now[name] !== before[name])
  if (wrong.length === 0) return `maxmemory is ${now.maxmemory} again`
  throw new NotHealed(
    `${node} still has ${wrong.map((name) => `${name} ${now[name]}`).join(', ')}`,
    wrong.map((name) => `on it: CONFIG SET ${name} ${before[name]}`).join('; '),
  )
}

async function settingsOf(node: string, stage: FaultStage): Promise<Record<string, string>> {
  const { client } = stage.cluster.node(node)
  const replies = await Promise.all(NAMES.map((name) => client.call('CONFIG', 'GET', name)))
  return Object.fromEntries(NAMES.map((name, index) => [name, String((replies[index] as string[] | undefined)?.[1])]))
}

async function set(node: string, settings: Record<string, string>, stage: FaultStage): Promise<void> {
  const { client } = stage.cluster.node(node)
  // One after the other: Redis 6 takes only one at a time.
  for (const [name, value] of Object.entries(settings)) await client.call('CONFIG', 'SET', name, value)
}

/** A key that this node serves, if it is a master with slots. */
async function ownKey(node: string, stage: FaultStage): Promise<string | undefined> {
  const { report } = await stage.cluster.lookAt(node)
  const own = report.view.nodes.find(({ id }) => id === report.view.myId)
  const ranges = own?.slots ?? []
  if (ranges.length === 0) return undefined
  for (let number = 0; number < KEYS_TRIED; number += 1) {
    const key = `redis-chaos-probe-${number}`
    const slot = slotOfKey(key)
    if (ranges.some(({ start, end }) => slot >= start && slot <= end)) return key
  }
  return undefined
}

/** LPUSHX writes only to a list that is there; the server looks at its memory first. */
async function writeRefused(node: string, key: string, stage: FaultStage): Promise<string | undefined> {
  try {
    await stage.cluster.node(node).data.call('LPUSHX', key, 'x')
    return undefined
  } catch (error) {
    return errorClass(error)
  }
}
