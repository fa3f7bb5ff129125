import type { ContainerInspectInfo, ContainerStats } from 'dockerode'
import type { Resources, SeenLimits } from '../../faults.ts'
import type { Engine } from '../engine.ts'

/** What the engine itself uses by default; a share of it is a share of one core. */
const CPU_PERIOD_US = 100_000
/**
 * More than any machine has: the engine takes no "unlimited" for memory once a container has a limit; and as much swap
 * again.
 */
const NO_MEMORY_LIMIT_BYTES = 2 ** 50
const NO_SWAP_LIMIT_BYTES = 2 * NO_MEMORY_LIMIT_BYTES

/** The fields of `ContainerUpdate` that differ between the limits that a container has and those it should have. */
interface Update {
  CpuPeriod?: number
  CpuQuota?: number
  Memory?: number
  MemorySwap?: number
}

type HostConfig = ContainerInspectInfo['HostConfig']

/**
 * Limits a container's share of a core and its memory to exactly this. Throws EngineRefusal when it uses more memory
 * now.
 */
export async function limitContainer(
  engine: Engine,
  container: string,
  doing: string,
  { cpuShare, memoryBytes }: Pick<Resources, 'cpuShare' | 'memoryBytes'>,
): Promise<void> {
  const { HostConfig } = await inspect(engine, container, doing)
  const update: Update = { ...cpuUpdate(HostConfig, cpuShare), ...memoryUpdate(HostConfig, memoryBytes) }
  if (Object.keys(update).length === 0) return
  await engine.call(doing, (abortSignal) => engine.docker.getContainer(container).update({ ...update, abortSignal }))
}

function cpuUpdate({ CpuQuota = 0 }: HostConfig, share: number | undefined): Update {
  const wanted = share === undefined ? -1 : Math.round(share * CPU_PERIOD_US)
  if (wanted === CpuQuota || (wanted <= 0 && CpuQuota <= 0)) return {}
  return { CpuPeriod: CPU_PERIOD_US, CpuQuota: wanted }
}

/** Swap is part of it: with any left, a server would become slow instead of ending. */
function memoryUpdate({ Memory = 0 }: HostConfig, bytes: number | undefined): Update {
  if (bytes !== undefined) return Memory === bytes ? {} : { Memory: bytes, MemorySwap: bytes }
  return Memory === 0 || Memory >= NO_MEMORY_LIMIT_BYTES
    ? {}
    : { Memory: NO_MEMORY_LIMIT_BYTES, MemorySwap: NO_SWAP_LIMIT_BYTES }
}

/**
 * The limits as the engine has them, and what the kernel's own counters say; zero for a container that does not run.
 */
export async function seenLimits(engine: Engine, container: string, doing: string): Promise<SeenLimits> {
  const { HostConfig, State } = await inspect(engine, container, doing)
  const { CpuQuota = 0, CpuPeriod = CPU_PERIOD_US, Memory = 0 } = HostConfig
  const cpu = CpuQuota > 0 ? { cpuShare: CpuQuota / CpuPeriod } : {}
  if (!State.Running) return { ...cpu, heldBackMs: 0 }
  const stats = await engine.call(doing, (abortSignal): Promise<ContainerStats> => {
    const query = { stream: false, 'one-shot': true, abortSignal } as const
    return engine.docker.getContainer(container).stats(query)
  })
  // Nanoseconds. With the limit of the whole machine the kernel says that there is none.
  const heldBackMs = (stats.cpu_stats.throttling_data?.throttled_time ?? 0) / 1_000_000
  const limited = Memory > 0 && Memory < NO_MEMORY_LIMIT_BYTES
  return { ...cpu, heldBackMs, ...(limited ? { memoryBytes: stats.memory_stats.limit } : {}) }
}

function inspect(engine: Engine, container: string, doing: string): Promise<ContainerInspectInfo> {
  return engine.call(doing, (abortSignal) => engine.docker.getContainer(container).inspect({ abortSignal }))
}
