import { z } from 'zod'
import { untilLastSave } from './background-save.ts'
import { defineFault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { asHealing, ask, askToHeal, healableOf, runningOf } from './reach.ts'
import { formatBytes, ofEach, reconcileResources, resourcesOf, resourcesSpec } from './server-resources.ts'

/** Servers whose disk is full, read-only or slow. */
export const disk = defineFault({
  name: 'disk',
  spec: resourcesSpec,
  memo: z.undefined(),
  // A slow one is the limit of a container that runs.
  lostByRestart: true,
  apply: ({ nodes }, stage) => reconcileResources(nodes, stage),
  heal: ({ nodes }, stage) => reconcileResources(nodes, stage),

  async prove(fault, stage) {
    return await ofEach(await runningOf(fault, stage), (node) => proveBitten(node, stage))
  },

  async proveHealed(fault, stage) {
    const { running, down } = await healableOf(fault, stage)
    const proofs = await Promise.all(running.map(async (node) => `${node}: ${await proveFree(node, stage)}`))
    return [...proofs, ...down].join('; ')
  },
})

/**
 * A server tells of its disk by saving its data in the background, into a new file; the system tells of a limited rate.
 */
async function proveBitten(node: string, stage: FaultStage): Promise<string> {
  const wanted = resourcesOf(node, stage.active).disk
  const seen = (await stage.servers.control.limitsOf(node)).disk
  if (typeof wanted === 'object') {
    if (typeof seen === 'object' && seen.bytesPerSecond === wanted.bytesPerSecond) {
      return `the kernel lets it write ${formatBytes(seen.bytesPerSecond)} in a second at most`
    }
    throw new NotProven(`the kernel does not limit what ${node} writes`)
  }
  if (seen !== wanted)
    throw new NotProven(`the disk of ${node} is seen to be ${seen ?? 'as before'}, and not ${wanted}`)
  await untilLastSave('err', stage, node, (...words) => ask(stage, node, ...words))
  return `its disk is ${wanted}, and it fails to save its data there`
}

async function proveFree(node: string, stage: FaultStage): Promise<string> {
  if (resourcesOf(node, stage.active).disk !== undefined) return 'another fault of its disk bites'
  const seen = (await stage.servers.control.limitsOf(node)).disk
  if (seen !== undefined) {
    const how = typeof seen === 'object' ? `limited to ${formatBytes(seen.bytesPerSecond)} in a second` : seen
    throw new NotHealed(`the disk of ${node} is still ${how}`)
  }
  await asHealing(untilLastSave('ok', stage, node, (...words) => askToHeal(stage, node, ...words)))
  return 'it saves its data again'
}
