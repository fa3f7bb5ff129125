import { clockSupport } from '../../clock/library.ts'
import { type Capability, type FaultSupport, UnsupportedFault } from '../../faults.ts'
import type { Engine } from '../engine.ts'
import { runLabels } from '../labels.ts'
import { removeRun } from '../removal.ts'
import { limitWrites } from './slow-disk.ts'

/** What the engine tells of the kernel that its containers have: api/types/types.go, Info. */
interface EngineInfo {
  OSType?: string
  CgroupVersion?: string
  CpuCfsQuota?: boolean
  MemoryLimit?: boolean
  Plugins?: { Volume?: string[] }
}

/** Which faults of single containers can be brought about. `image`: that of the nodes, if it is there already. */
export async function resourceSupport(engine: Engine, image: string | undefined): Promise<FaultSupport[]> {
  const info = await engine.call('describe itself', (): Promise<EngineInfo> => engine.docker.info())
  const cgroups = `cgroups, version ${info.CgroupVersion ?? '1'}`
  const hint = 'a rootless engine needs cgroup v2, with the controllers delegated to its user'
  return [
    supported('cpu', info.CpuCfsQuota === true, `${cgroups}: the container gets a part of each 100 ms`, {
      how: 'the engine says that its kernel gives no quotas of processor time',
      hint,
    }),
    supported('memory', info.MemoryLimit === true, `${cgroups}: what needs more than its limit is ended`, {
      how: 'the engine says that its kernel does not limit memory',
      hint,
    }),
    ...diskSupport(info),
    await slowDiskSupport(engine, image),
    { capability: 'data-wiped', supported: true, how: 'the stopped container gets another data folder' },
    await clockSupport(),
  ]
}

function supported(
  capability: Capability,
  isSo: boolean,
  how: string,
  otherwise: { how: string; hint?: string },
): FaultSupport {
  return isSo ? { capability, supported: true, how } : { capability, supported: false, ...otherwise }
}

function diskSupport({ OSType, Plugins }: EngineInfo): FaultSupport[] {
  const can = OSType === 'linux' && (Plugins?.Volume ?? ['local']).includes('local')
  const otherwise = { how: 'the engine has no volumes in memory' }
  return [
    supported('disk-full', can, 'the data is on a small disk in memory, which is filled', otherwise),
    supported(
      'disk-read-only',
      can,
      'the data is on a disk of its own, where permissions forbid to make or open files',
      otherwise,
    ),
  ]
}

async function slowDiskSupport(engine: Engine, image: string | undefined): Promise<FaultSupport> {
  const capability = 'disk-slow'
  if (image === undefined) {
    return {
      capability,
      supported: true,
      how: 'blkio or io of cgroups; seen for certain when an image of a node is there',
    }
  }
  const runId = `look-${process.pid}-${Date.now().toString(36)}`
  try {
    const labels = runLabels({ runId, purpose: 'a look at what the kernel can limit' })
    await limitWrites(engine, { runId, labels, image, pid: 'self', bytesPerSecond: '?' })
    return { capability, supported: true, how: 'blkio or io of cgroups limits what the container writes' }
  } catch (error) {
    if (!(error instanceof UnsupportedFault)) throw error
    return { capability, supported: false, how: error.message }
  } finally {
    await removeRun(engine, runId)
  }
}
