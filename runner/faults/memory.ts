import { z } from 'zod'
import { parseInfo } from '../cluster/node-report.ts'
import { defineFault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { maxmemorySpec, proveMaxmemory, rememberMaxmemory, setMaxmemory } from './maxmemory.ts'
import { ask, healableOf, runningOf } from './reach.ts'
import { bytesInWords, ofEach, reconcileResources, resourcesOf, resourcesSpec } from './server-resources.ts'
import { proveRestored, restoreSettings, settingsMemo } from './server-settings.ts'

const memorySpec = z.object({
  nodes: z.array(z.string()),
  /** The system's limit, beyond which it ends the server. */
  resources: resourcesSpec.shape.resources.exactOptional(),
  /** Or the server's own, beyond which it refuses writes or forgets keys. */
  maxmemory: maxmemorySpec.exactOptional(),
})

export type MemorySpec = z.infer<typeof memorySpec>

/** How far the system's own count may be off: it counts pages of the server, and some that the server does not know of. */
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
      `the system lets ${node} have ${seen === undefined ? 'all memory' : bytesInWords(seen)}, and should let it have ${bytesInWords(wanted)}`,
    )
  }
  const used = Number(parseInfo(String(await ask(stage, node, 'INFO', 'memory'))).get('used_memory_rss'))
  return `the system lets it have ${bytesInWords(seen)}, and it has ${bytesInWords(used)}`
}

async function proveNoLimit(node: string, stage: FaultStage): Promise<string> {
  if (resourcesOf(node, stage.active).memoryBytes !== undefined) return 'another fault still limits it'
  const seen = (await stage.servers.control.limitsOf(node)).memoryBytes
  if (seen === undefined) return 'the system does not limit its memory'
  throw new NotHealed(`the system still lets ${node} have no more than ${bytesInWords(seen)}`)
}
