import { z } from 'zod'
import { parseInfo } from '../cluster/node-report.ts'
import { ReplyError } from '../cluster/reply-errors.ts'
import { defineFault, type Fault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { ask, healableOf, probeKeyIn, runningOf, wordsOf } from './reach.ts'
import { formatBytes, ofEach, reconcileResources, resourcesOf, resourcesSpec } from './server-resources.ts'
import {
  changeSettings,
  proveRestored,
  rememberSettings,
  restoreSettings,
  type SettingsMemo,
  settingsMemo,
} from './server-settings.ts'

/** The server's own limit of its memory. */
const maxmemorySpec = z.object({
  bytes: z.number(),
  /** What it does beyond it: `noeviction` (refuses writes), `allkeys-lru`, … */
  policy: z.string(),
})

type MaxmemorySpec = z.infer<typeof maxmemorySpec>

export const MAXMEMORY_SETTINGS: readonly string[] = ['maxmemory', 'maxmemory-policy']

const memorySpec = z.object({
  nodes: z.array(z.string()),
  /** The system's limit, beyond which it ends the server. */
  resources: resourcesSpec.shape.resources.exactOptional(),
  /** Or the server's own, beyond which it refuses writes or forgets keys. */
  maxmemory: maxmemorySpec.exactOptional(),
})

export type MemorySpec = z.infer<typeof memorySpec>

/** Whether the system ends a server that needs more memory than the fault leaves it. */
export function endsServers({ kind, spec }: Fault): boolean {
  return kind === memory.name && memorySpec.parse(spec).resources !== undefined
}

/**
 * How far the system's own count may be off: it counts pages of the server, and some that the server does not know of.
 */
const TOLERANCE = 0.15
const TOLERANCE_BYTES = 4 * 1024 * 1024

/** Servers that get little memory. */
export const memory = defineFault({
  name: 'memory',
  spec: memorySpec,
  memo: settingsMemo,
  lostByRestart: true,

  async remember({ nodes, maxmemory }, stage) {
    return maxmemory ? await rememberMaxmemory(nodes, stage) : { before: {} }
  },

  async apply(fault, stage) {
    const { maxmemory } = fault.spec
    if (!maxmemory) return await reconcileResources(fault.nodes, stage)
    await Promise.all((await runningOf(fault, stage)).map((node) => setMaxmemory(node, maxmemory, stage)))
  },

  async heal(fault, stage) {
    if (!fault.spec.maxmemory) return await reconcileResources(fault.nodes, stage)
    const { running } = await healableOf(fault, stage)
    await Promise.all(running.map((node) => restoreSettings(stage, node, fault.memo)))
  },

  async prove(fault, stage) {
    const { maxmemory } = fault.spec
    const running = await runningOf(fault, stage)
    return await ofEach(running, (node) =>
      maxmemory ? proveMaxmemory(node, maxmemory, stage) : proveLimit(node, stage),
    )
  },

  async proveHealed(fault, stage) {
    if (!fault.spec.maxmemory) return await ofEach(fault.nodes, (node) => proveNoLimit(node, stage))
    const { running, down } = await healableOf(fault, stage)
    const proofs = await Promise.all(running.map((node) => proveRestored(stage, node, fault.memo)))
    return [...proofs, ...down].join('; ')
  },
})

async function proveLimit(node: string, stage: FaultStage): Promise<string> {
  const wanted = resourcesOf(node, stage.active).memoryBytes ?? 0
  const seen = (await stage.servers.control.limitsOf(node)).memoryBytes
  if (seen === undefined || seen > wanted * (1 + TOLERANCE) + TOLERANCE_BYTES) {
    throw new NotProven(
      `the system lets ${node} have ${seen === undefined ? 'all memory' : formatBytes(seen)}, and should let it have ${formatBytes(wanted)}`,
    )
  }
  const used = Number(parseInfo(String(await ask(stage, node, 'INFO', 'memory'))).get('used_memory_rss'))
  return `the system lets it have ${formatBytes(seen)}, and it has ${formatBytes(used)}`
}

async function proveNoLimit(node: string, stage: FaultStage): Promise<string> {
  if (resourcesOf(node, stage.active).memoryBytes !== undefined) return 'another fault still limits it'
  const seen = (await stage.servers.control.limitsOf(node)).memoryBytes
  if (seen === undefined) return 'the system does not limit its memory'
  throw new NotHealed(`the system still lets ${node} have no more than ${formatBytes(seen)}`)
}

async function rememberMaxmemory(nodes: readonly string[], stage: FaultStage): Promise<SettingsMemo> {
  return { before: await rememberSettings(stage, nodes, MAXMEMORY_SETTINGS) }
}

async function setMaxmemory(node: string, { bytes, policy }: MaxmemorySpec, stage: FaultStage): Promise<void> {
  await changeSettings(stage, node, { 'maxmemory-policy': policy, maxmemory: String(bytes) })
}

/**
 * Where it is used up and nothing may be forgotten, a write is refused: that is tried, with one that would change
 * nothing.
 */
async function proveMaxmemory(node: string, spec: MaxmemorySpec, stage: FaultStage): Promise<string> {
  const info = parseInfo(String(await ask(stage, node, 'INFO', 'memory')))
  const [used, limit, policy] = [
    Number(info.get('used_memory')),
    Number(info.get('maxmemory')),
    info.get('maxmemory_policy'),
  ]
  const words = `it says that it may use ${formatBytes(limit)} (${policy}), and uses ${formatBytes(used)}`
  if (limit !== spec.bytes || policy !== spec.policy) {
    throw new NotProven(`${node} should use ${formatBytes(spec.bytes)} (${spec.policy}) at most, but ${words}`)
  }
  if (spec.policy !== 'noeviction' || used <= limit) return words
  const { report } = await stage.cluster.lookAt(node)
  const slots = report.view.nodes.find(({ id }) => id === report.view.myId)?.slots ?? []
  if (slots.length === 0) return `${words}; it serves no keys itself`
  const reply = await pushToNothing(node, probeKeyIn(slots), stage)
  if (reply === undefined) throw new NotProven(`${words}, but it did not refuse a write`)
  return `${words}; it refuses a write: ${reply}`
}

/**
 * LPUSHX writes only to a list that is there; the server looks at its memory first. The error that it gave, if it did.
 */
async function pushToNothing(node: string, key: string, stage: FaultStage): Promise<string | undefined> {
  try {
    await stage.cluster.node(node).client.call('LPUSHX', key, 'x')
    return undefined
  } catch (error) {
    if (!(error instanceof ReplyError)) throw new NotProven(`${node} did not answer LPUSHX: ${wordsOf(error)}`)
    return error.message
  }
}
