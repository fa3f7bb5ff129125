import { type FaultKind, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { applyMaxmemory, healMaxmemory, type MaxmemoryMemo, type MaxmemorySpec, maxmemorySettings, proveMaxmemory, proveNoMaxmemory } from './maxmemory.ts'
import { bytesInWords, infoOf, ofEach, type ResourcesSpec, reconcileResources, resourcesOf, runningOf } from './server-resources.ts'

/** The system's limit, beyond which it ends the server; or the server's own, beyond which it refuses writes or forgets keys. */
export type MemorySpec = (ResourcesSpec & { maxmemory?: never }) | { maxmemory: MaxmemorySpec }

/** How far the system's own count may be off: it counts pages of the server, and some that the server does not know of. */
const TOLERANCE = 0.15
const TOLERANCE_BYTES = 4 * 1024 * 1024

/** Servers that get little memory. */
export const memory: FaultKind<MemorySpec, MaxmemoryMemo> = {
  name: 'memory',
  lostByRestart: true,

  async remember({ maxmemory }, stage) {
    return maxmemory ? await maxmemorySettings(stage) : {}
  },

  apply: ({ spec, nodes }, stage) =>
    spec.maxmemory ? applyMaxmemory(nodes, spec.maxmemory, stage) : reconcileResources(nodes, stage),

  heal: ({ spec, nodes, memo }, stage) =>
    spec.maxmemory ? healMaxmemory(nodes, memo, stage) : reconcileResources(nodes, stage),

  async prove({ spec, nodes }, stage) {
    const running = await runningOf(nodes, stage)
    const { maxmemory } = spec
    if (maxmemory) return await ofEach(running, (node) => proveMaxmemory(node, maxmemory, stage))
    return await ofEach(running, (node) => proveLimit(node, stage))
  },

  async proveHealed({ spec, nodes, memo }, stage) {
    const running = await runningOf(nodes, stage)
    if (running.length === 0) return 'nothing to look at: the nodes are down'
    if (spec.maxmemory) return await ofEach(running, (node) => proveNoMaxmemory(node, memo, stage))
    return await ofEach(running, (node) => proveNoLimit(node, stage))
  },
}

async function proveLimit(node: string, stage: FaultStage): Promise<string> {
  const wanted = resourcesOf(node, stage.active).memoryBytes ?? 0
  const seen = (await stage.servers.control.limitsOf(node)).memoryBytes
  if (seen === undefined || seen > wanted * (1 + TOLERANCE) + TOLERANCE_BYTES) {
    throw new NotProven(
      `the system lets ${node} have ${seen === undefined ? 'all memory' : bytesInWords(seen)}, and should let it have ${bytesInWords(wanted)}`,
    )
  }
  const used = Number((await infoOf(node, 'memory', stage))('used_memory_rss'))
  return `the system lets it have ${bytesInWords(seen)}, and it has ${bytesInWords(used)}`
}

async function proveNoLimit(node: string, stage: FaultStage): Promise<string> {
  if (resourcesOf(node, stage.active).memoryBytes !== undefined) return 'another fault still limits it'
  const seen = (await stage.servers.control.limitsOf(node)).memoryBytes
  if (seen === undefined) return 'the system does not limit its memory'
  throw new NotHealed(`the system still lets ${node} have no more than ${bytesInWords(seen)}`)
}
