import { clockSupport } from '../clock/library.ts'
import { PlatformError } from '../errors.ts'
import { type Capability, CLIENTS, type FaultSupport, type LinkFault, UnsupportedFault } from '../faults.ts'
import { powerCutSupport } from '../unsynced/library.ts'
import type { Engine } from './engine.ts'
import { runLabels } from './labels.ts'
import type { MissingFeatures } from './network-faults/fault-split.ts'
import { limitWrites } from './resources/slow-disk.ts'
import { removeRun } from './runs.ts'

type Feature = Exclude<keyof MissingFeatures, 'detour'>

const FEATURES: Record<Feature, { works: string; lacks: string; hint: string }> = {
  filter: {
    works: 'nftables drops or rejects packets, in the namespaces of the nodes',
    lacks: 'the kernel cannot filter packets with nftables',
    hint: 'modprobe nf_tables, where this kernel has it as a module; else another kernel',
  },
  loss: {
    works: 'nftables drops a share of the packets (numgen)',
    lacks: 'the kernel cannot drop a share of the packets',
    hint: 'modprobe nft_numgen, where this kernel has it as a module; else another kernel',
  },
  duplicate: {
    works: 'nftables sends a share of the packets twice (dup), except packets from clients',
    lacks: 'the kernel cannot duplicate packets',
    hint: 'modprobe nft_dup_ipv4, where this kernel has it as a module; else another kernel',
  },
  shape: {
    works: 'tc limits the rate (htb, tbf)',
    lacks: 'the kernel cannot limit rates',
    hint: 'modprobe sch_htb and sch_tbf, where this kernel has them as modules; else another kernel',
  },
  intake: {
    works: 'tc queues what comes from clients (ifb)',
    lacks: 'the kernel cannot queue what comes from clients',
    hint: 'modprobe ifb, act_mirred and cls_u32, where this kernel has them as modules; else another kernel',
  },
  netem: {
    works: 'tc delays, corrupts and reorders packets (netem)',
    lacks: 'the kernel lacks netem',
    hint: 'modprobe sch_netem, where this kernel has it as a module; else another kernel',
  },
  pause: {
    works: 'the engine freezes the container',
    lacks: 'the engine cannot freeze containers',
    hint: 'a rootless engine needs cgroup v2 for it',
  },
}

/** The features that each fault is made of. */
const NEEDS: readonly (readonly [Capability, ...Feature[]])[] = [
  ['partition', 'filter'],
  ['client-cut', 'filter'],
  ['delay', 'shape', 'netem'],
  ['client-delay', 'shape', 'intake', 'netem'],
  ['jitter', 'shape', 'netem'],
  ['loss', 'loss'],
  ['bandwidth', 'shape'],
  ['corrupt', 'shape', 'netem'],
  ['duplicate', 'duplicate'],
  ['reorder', 'shape', 'netem'],
  ['pause', 'pause'],
]

/** What the runner's own links do where the kernel cannot. */
const CARRIED: readonly Capability[] = ['delay', 'jitter', 'loss', 'bandwidth']

/** The links that nodes take a detour through could, and do not: twins are played on processes. */
const NO_LIES = {
  how: 'what a master sends its replica does not pass the runner',
  hint: 'use processes (`--platform process`)',
}

/** Throws UnsupportedFault for the first link fault that the kernel cannot bring about. */
export function assertSupported(links: readonly LinkFault[], missing: MissingFeatures): void {
  for (const link of links) {
    if (link.lie) throw new UnsupportedFault('lies', NO_LIES.how, NO_LIES.hint)
    if (link.packet) throw new UnsupportedFault('bus-packets', packetSupport(missing).how)
    const fromClients = link.from === CLIENTS
    for (const capability of capabilitiesOf(link)) {
      const needs = NEEDS.find(([name]) => name === capability)?.slice(1) as Feature[]
      const all = fromClients && needs.includes('shape') ? [...needs, 'intake' as const] : needs
      const feature = all.find((name) => missing[name] !== undefined)
      if (feature === undefined) continue
      const { lacks, hint } = FEATURES[feature]
      const reason = `${lacks} (${missing[feature]})${whyNoDetour(capability, link, missing)}`
      throw new UnsupportedFault(capability, reason, hint)
    }
    if (link.duplicateRatio && fromClients) {
      throw new UnsupportedFault('duplicate', 'packets that come from clients cannot be sent twice by a node')
    }
  }
}

/** Faults that the kernel knows nothing of. */
function packetSupport({ detour }: MissingFeatures): FaultSupport {
  const capability = 'bus-packets'
  return detour === undefined
    ? { capability, supported: true, how: "the runner's own links at the gateway of the run's network" }
    : { capability, supported: false, how: `the runner's own links cannot stand between nodes (${detour})` }
}

/** Why the runner's own links do not stand in for the kernel; empty where they could not anyway. */
function whyNoDetour(capability: Capability, { from, to }: LinkFault, { detour }: MissingFeatures): string {
  if (!CARRIED.includes(capability)) return ''
  if ([from, to].includes(CLIENTS)) return ", and the runner's own links stand only between nodes"
  return detour === undefined ? '' : `, and the runner's own links cannot stand in for it (${detour})`
}

function capabilitiesOf(link: LinkFault): Capability[] {
  if (link.cut) return [link.from === CLIENTS || link.to === CLIENTS ? 'client-cut' : 'partition']
  const impairments: [Capability, number | undefined][] = [
    ['delay', link.delayMs],
    ['jitter', link.jitterMs],
    ['loss', link.lossRatio],
    ['bandwidth', link.bytesPerSecond],
    ['corrupt', link.corruptRatio],
    ['duplicate', link.duplicateRatio],
    ['reorder', link.reorderRatio],
  ]
  return impairments.flatMap(([capability, value]) => (value ? [capability] : []))
}

/**
 * Which faults of links, and pauses, work on this engine. Where the toolbox cannot be made or run, none does, for that
 * reason.
 */
export async function networkSupport(missingFeatures: () => Promise<MissingFeatures>): Promise<FaultSupport[]> {
  try {
    const missing = await missingFeatures()
    const support = NEEDS.map(([capability, ...needs]) => featureSupport(capability, needs, missing))
    return [...support, packetSupport(missing), { capability: 'lies', supported: false, ...NO_LIES }]
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    const why = { how: error.message, ...(error.hint !== undefined && { hint: error.hint }) }
    const capabilities = [...NEEDS.map(([capability]) => capability), 'bus-packets' as const, 'lies' as const]
    return capabilities.map((capability) => ({ capability, supported: false, ...why }))
  }
}

function featureSupport(capability: Capability, needs: readonly Feature[], missing: MissingFeatures): FaultSupport {
  const feature = needs.find((name) => missing[name] !== undefined)
  if (feature === undefined) return { capability, supported: true, how: FEATURES[needs.at(-1) ?? 'filter'].works }
  const { lacks, hint } = FEATURES[feature]
  const problem = `${lacks} (${missing[feature]})`
  if (!CARRIED.includes(capability)) return { capability, supported: false, how: problem, hint }
  if (missing.detour !== undefined) {
    const how = `${problem}, nor can the runner's own links stand in (${missing.detour})`
    return { capability, supported: false, how, hint }
  }
  const how = `the runner's own links at the gateway of the run's network, only between nodes, because ${problem}`
  return { capability, supported: true, how }
}

/** What the engine tells about the kernel of its containers: api/types/types.go, Info. */
interface EngineInfo {
  OSType?: string
  CgroupVersion?: string
  CpuCfsQuota?: boolean
  MemoryLimit?: boolean
  Plugins?: { Volume?: string[] }
}

/** Which faults of single containers work on this engine. `image`: that of the nodes, if it exists already. */
export async function resourceSupport(engine: Engine, image: string | undefined): Promise<FaultSupport[]> {
  const info = await engine.call('describe itself', (): Promise<EngineInfo> => engine.docker.info())
  const cgroups = `cgroups, version ${info.CgroupVersion ?? '1'}`
  const hint = 'a rootless engine needs cgroup v2, with the controllers delegated to its user'
  return [
    supportIf(info.CpuCfsQuota === true, 'cpu', `${cgroups}: the container gets a part of each 100 ms`, {
      how: 'the engine says that its kernel has no CPU quotas',
      hint,
    }),
    supportIf(info.MemoryLimit === true, 'memory', `${cgroups}: a server that needs more than its limit is killed`, {
      how: 'the engine says that its kernel does not limit memory',
      hint,
    }),
    ...diskSupport(info),
    await slowDiskSupport(engine, image),
    { capability: 'data-wiped', supported: true, how: 'the stopped container gets another data folder' },
    await clockSupport(),
    await powerCutSupport(),
  ]
}

function supportIf(
  supported: boolean,
  capability: Capability,
  how: string,
  otherwise: { how: string; hint?: string },
): FaultSupport {
  return supported ? { capability, supported, how } : { capability, supported, ...otherwise }
}

function diskSupport({ OSType, Plugins }: EngineInfo): FaultSupport[] {
  const can = OSType === 'linux' && (Plugins?.Volume ?? ['local']).includes('local')
  const otherwise = { how: 'the engine cannot keep volumes in memory' }
  return [
    supportIf(can, 'disk-full', 'the data is on a small disk in memory, which is filled', otherwise),
    supportIf(
      can,
      'disk-read-only',
      'the data is on a disk of its own, where permissions keep the server from creating or opening files',
      otherwise,
    ),
  ]
}

async function slowDiskSupport(engine: Engine, image: string | undefined): Promise<FaultSupport> {
  const capability = 'disk-slow'
  if (image === undefined) {
    const how = 'blkio or io of cgroups; certain only once a node image exists'
    return { capability, supported: true, how }
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
