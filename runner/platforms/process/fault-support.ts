import { clockSupport } from '../clock/library.ts'
import {
  type Capability,
  CLIENTS,
  type FaultSupport,
  type GroupNeeds,
  type LinkFault,
  UnsupportedFault,
} from '../faults.ts'
import { loopbackProblem, needsLinks } from '../links/loopback.ts'
import { powerCutSupport } from '../unsynced/library.ts'
import { tryDisks } from './resources/disks.ts'
import { memoryProblem } from './resources/memory.ts'

export const SLOW_DISK_REASON =
  'the writes of a process can be limited only through a cgroup of its own, which takes an administrator'

const LINKS = "the runner's own links between the processes, on separate loopback addresses"

const ONLY_STREAMS = 'links carry what TCP delivers, in which nothing is ever corrupted, duplicated or out of order'

/** Which faults can be brought about between and in processes of this machine, found out by trying. */
export async function faultSupport(): Promise<FaultSupport[]> {
  return [
    ...(await linkSupport()),
    { capability: 'pause', supported: true, how: 'SIGSTOP and SIGCONT to the process and its children' },
    {
      capability: 'cpu',
      supported: true,
      how: 'SIGSTOP and SIGCONT many times a second, depending on the CPU time used',
    },
    await memorySupport(),
    ...(await diskSupport()),
    { capability: 'disk-slow', supported: false, how: SLOW_DISK_REASON, hint: 'use a Docker engine' },
    { capability: 'data-wiped', supported: true, how: 'the files of the stopped server are removed' },
    await clockSupport(),
    await powerCutSupport(),
  ]
}

/** Throws UnsupportedFault for link faults that links cannot bring about, or that the group was made without. */
export function assertSupported(faults: readonly LinkFault[], needs: GroupNeeds): void {
  for (const fault of faults) {
    assertLinked(fault, needs)
    const impossible =
      (fault.corruptRatio !== undefined && 'corruption') ||
      (fault.duplicateRatio !== undefined && 'duplication') ||
      (fault.reorderRatio !== undefined && 'reordering')
    if (impossible) throw new UnsupportedFault(impossible, ONLY_STREAMS)
  }
}

/** Throws UnsupportedFault if the group was made without links between these ends. */
export function assertLinked({ from, to }: Pick<LinkFault, 'from' | 'to'>, needs: GroupNeeds): void {
  const withClients = [from, to].includes(CLIENTS)
  if (withClients ? needs.clientLinks : needsLinks(needs)) return
  const between = withClients ? 'clients and nodes' : 'nodes'
  throw new UnsupportedFault(`a fault between ${between}`, `these servers were made without links between ${between}`)
}

async function linkSupport(): Promise<FaultSupport[]> {
  const problem = await loopbackProblem()
  const support = (how: string): Pick<FaultSupport, 'supported' | 'how' | 'hint'> =>
    problem ? { supported: false, how: problem.reason, hint: problem.hint } : { supported: true, how }
  const never = {
    supported: false,
    how: ONLY_STREAMS,
    hint: 'use a Docker engine whose kernel has netem (`--platform docker`)',
  }
  return [
    { capability: 'partition', ...support(`${LINKS}, which fall silent or reset`) },
    { capability: 'client-cut', ...support(`${LINKS}, which clients go through too`) },
    { capability: 'delay', ...support(LINKS) },
    { capability: 'client-delay', ...support(`${LINKS}, which clients go through too`) },
    { capability: 'jitter', ...support(LINKS) },
    { capability: 'loss', ...support(`${LINKS}, which stall like a TCP connection that waits for lost packets`) },
    { capability: 'bandwidth', ...support(LINKS) },
    { capability: 'corrupt', ...never },
    { capability: 'duplicate', ...never },
    { capability: 'reorder', ...never },
    { capability: 'lies', ...support(`${LINKS}, which read what a master sends its replica`) },
    { capability: 'bus-packets', ...support(`${LINKS}, which read the packets of the cluster bus`) },
  ]
}

async function memorySupport(): Promise<FaultSupport> {
  const problem = await memoryProblem()
  return problem === undefined
    ? { capability: 'memory', supported: true, how: 'prlimit: the server exits when it cannot get more' }
    : { capability: 'memory', supported: false, how: problem, hint: 'apt-get install util-linux' }
}

async function diskSupport(): Promise<FaultSupport[]> {
  const both: [Capability, string][] = [
    ['disk-full', 'the data is on a small disk in memory, in a mount namespace, which is filled'],
    ['disk-read-only', 'the data is on a disk of its own, in a mount namespace, which is hidden by a read-only one'],
  ]
  try {
    await tryDisks()
    return both.map(([capability, how]) => ({ capability, supported: true, how }))
  } catch (error) {
    if (!(error instanceof UnsupportedFault)) throw error
    const hint = error.hint === undefined ? {} : { hint: error.hint }
    return both.map(([capability]) => ({ capability, supported: false, how: error.message, ...hint }))
  }
}
