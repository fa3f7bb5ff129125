import { PlatformError } from '../../errors.ts'
import { type Capability, CLIENTS, type FaultSupport, type LinkFault, UnsupportedFault } from '../../faults.ts'
import type { Means } from './means.ts'

type Mean = Exclude<keyof Means, 'detour'>

const WORDS: Record<Mean, { did: string; not: string; hint: string }> = {
  filter: {
    did: 'nftables drops or rejects packets, in the namespaces of the nodes',
    not: 'the kernel does not filter packets with nftables',
    hint: 'modprobe nf_tables, where this kernel has it as a module; else another kernel',
  },
  loss: {
    did: 'nftables drops a share of the packets (numgen)',
    not: 'the kernel does not drop a share of packets',
    hint: 'modprobe nft_numgen, where this kernel has it as a module; else another kernel',
  },
  duplicate: {
    did: 'nftables sends a share of the packets twice (dup), but none that come from clients',
    not: 'the kernel does not duplicate packets',
    hint: 'modprobe nft_dup_ipv4, where this kernel has it as a module; else another kernel',
  },
  shape: {
    did: 'tc limits the rate (htb, tbf)',
    not: 'the kernel does not limit rates',
    hint: 'modprobe sch_htb and sch_tbf, where this kernel has them as modules; else another kernel',
  },
  intake: {
    did: 'tc leads what comes from clients through a queue (ifb)',
    not: 'the kernel does not put off what comes from clients',
    hint: 'modprobe ifb, act_mirred and cls_u32, where this kernel has them as modules; else another kernel',
  },
  netem: {
    did: 'tc delays, corrupts and reorders packets (netem)',
    not: 'the kernel lacks netem',
    hint: 'modprobe sch_netem, where this kernel has it as a module; else another kernel',
  },
  pause: {
    did: 'the engine freezes the container',
    not: 'the engine does not freeze containers',
    hint: 'a rootless engine needs cgroup v2 for it',
  },
}

/** What each fault is made of. */
const NEEDS: readonly (readonly [Capability, ...Mean[]])[] = [
  ['partition', 'filter'],
  ['client-cut', 'filter'],
  ['delay', 'shape', 'netem'],
  ['jitter', 'shape', 'netem'],
  ['loss', 'loss'],
  ['bandwidth', 'shape'],
  ['corrupt', 'shape', 'netem'],
  ['duplicate', 'duplicate'],
  ['reorder', 'shape', 'netem'],
  ['pause', 'pause'],
]

/** What links of this program do where the kernel cannot. */
const CARRIED: readonly Capability[] = ['delay', 'jitter', 'loss', 'bandwidth']

/** Throws UnsupportedFault for the first link that cannot be brought about with these means. */
export function demandMeans(links: readonly LinkFault[], means: Means): void {
  for (const link of links) {
    const fromClients = link.from === CLIENTS
    for (const fault of faultsOf(link)) {
      const needs = NEEDS.find(([capability]) => capability === fault)?.slice(1) as Mean[]
      const all = fromClients && needs.includes('shape') ? [...needs, 'intake' as const] : needs
      const missing = all.find((mean) => means[mean] !== undefined)
      if (missing === undefined) continue
      const { not, hint } = WORDS[missing]
      throw new UnsupportedFault(fault, `${not} (${means[missing]})${noDetour(fault, link, means)}`, hint)
    }
    if (link.duplicateRatio && fromClients) {
      throw new UnsupportedFault('duplicate', 'packets that come from clients cannot be sent twice by a node')
    }
  }
}

/** Why links of this program do not stand in for the kernel. */
function noDetour(fault: Capability, { from, to }: LinkFault, { detour }: Means): string {
  if (!CARRIED.includes(fault)) return ''
  if ([from, to].includes(CLIENTS)) return ', and links of this program stand between nodes alone'
  return detour === undefined ? '' : `, and links of this program cannot stand in for it (${detour})`
}

function faultsOf(link: LinkFault): Capability[] {
  const cut: Capability = link.from === CLIENTS || link.to === CLIENTS ? 'client-cut' : 'partition'
  if (link.cut) return [cut]
  const asked: [Capability, number | undefined][] = [
    ['delay', link.delayMs],
    ['jitter', link.jitterMs],
    ['loss', link.lossRatio],
    ['bandwidth', link.bytesPerSecond],
    ['corrupt', link.corruptRatio],
    ['duplicate', link.duplicateRatio],
    ['reorder', link.reorderRatio],
  ]
  return asked.flatMap(([fault, value]) => (value ? [fault] : []))
}

/** Which faults work on this engine; where the toolbox itself cannot be made or run, none of them does, with that reason. */
export async function networkSupport(means: () => Promise<Means>): Promise<FaultSupport[]> {
  try {
    return supportOf(await means())
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    const why = { how: error.message, ...(error.hint !== undefined && { hint: error.hint }) }
    return NEEDS.map(([capability]) => ({ capability, supported: false, ...why }))
  }
}

function supportOf(means: Means): FaultSupport[] {
  return NEEDS.map(([capability, ...needs]) => {
    const missing = needs.find((mean) => means[mean] !== undefined)
    if (missing === undefined) return { capability, supported: true, how: WORDS[needs.at(-1) ?? 'filter'].did }
    const { not, hint } = WORDS[missing]
    const lack = `${not} (${means[missing]})`
    if (!CARRIED.includes(capability)) return { capability, supported: false, how: lack, hint }
    if (means.detour !== undefined) {
      return {
        capability,
        supported: false,
        how: `${lack}, nor can links of this program stand in (${means.detour})`,
        hint,
      }
    }
    const how = `links of this program at the gateway of the run's network, between nodes alone, because ${lack}`
    return { capability, supported: true, how }
  })
}
