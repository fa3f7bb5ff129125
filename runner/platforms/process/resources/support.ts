import { clockSupport } from '../../clock/library.ts'
import { type Capability, type FaultSupport, UnsupportedFault } from '../../faults.ts'
import { tryDisks } from './disks.ts'
import { memoryProblem } from './memory.ts'

export const SLOW_DISK_REASON =
  'what a process writes is limited only through a cgroup of its own, which takes an administrator'

/** Which faults of single processes can be brought about on this machine, found out by trying. */
export async function resourceSupport(): Promise<FaultSupport[]> {
  return [
    {
      capability: 'cpu',
      supported: true,
      how: 'SIGSTOP and SIGCONT, many times a second, by what the process has used',
    },
    await memorySupport(),
    ...(await diskSupport()),
    { capability: 'disk-slow', supported: false, how: SLOW_DISK_REASON, hint: 'use a Docker engine' },
    { capability: 'data-wiped', supported: true, how: 'the files of the stopped server are removed' },
    await clockSupport(),
  ]
}

async function memorySupport(): Promise<FaultSupport> {
  const problem = await memoryProblem()
  return problem === undefined
    ? { capability: 'memory', supported: true, how: 'prlimit: the server ends when it cannot get more' }
    : { capability: 'memory', supported: false, how: problem, hint: 'apt-get install util-linux' }
}

async function diskSupport(): Promise<FaultSupport[]> {
  const both: [Capability, string][] = [
    ['disk-full', 'the data is on a small disk in memory, in a namespace of mounts, which is filled'],
    [
      'disk-read-only',
      'the data is on a disk of its own, in a namespace of mounts, which is hidden by a read-only one',
    ],
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
