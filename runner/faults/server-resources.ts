import { z } from 'zod'
import type { Resources } from '../platforms/faults.ts'
import type { Fault, FaultStage } from './fault.ts'

const resources: z.ZodType<Resources> = z.object({
  cpuShare: z.number().exactOptional(),
  memoryBytes: z.number().exactOptional(),
  disk: z.union([z.enum(['full', 'read-only']), z.object({ bytesPerSecond: z.number() })]).exactOptional(),
})

/** Of faults that limit what a server stands on: `cpu`, `memory`, `disk`. */
export const resourcesSpec = z.object({ resources })

/**
 * All that should limit a node now. Where two faults limit the same, the narrower one counts; of two of a disk, the
 * later.
 */
export function resourcesOf(node: string, active: readonly Fault[]): Resources {
  const all = active
    .filter((fault) => fault.nodes.includes(node))
    .flatMap(({ spec }) => resourcesSpec.safeParse(spec).data?.resources ?? [])
  const shares = all.flatMap(({ cpuShare }) => cpuShare ?? [])
  const bytes = all.flatMap(({ memoryBytes }) => memoryBytes ?? [])
  const disk = all.findLast((resources) => resources.disk !== undefined)?.disk
  return {
    ...(shares.length > 0 && { cpuShare: Math.min(...shares) }),
    ...(bytes.length > 0 && { memoryBytes: Math.min(...bytes) }),
    ...(disk !== undefined && { disk }),
  }
}

/** Makes the platform limit these nodes as the faults that are active want it. */
export async function reconcileResources(nodes: readonly string[], stage: FaultStage): Promise<void> {
  await Promise.all(nodes.map((node) => stage.servers.control.limit(node, resourcesOf(node, stage.active))))
}

/** The same for each node, the proofs in one sentence. */
export async function ofEach(nodes: readonly string[], prove: (node: string) => Promise<string>): Promise<string> {
  const proofs = await Promise.all(nodes.map(async (node) => `${node}: ${await prove(node)}`))
  return proofs.join('; ')
}

/** Bytes for people: `12.3 MB`, in units of 1024, as servers count. */
export function formatBytes(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
