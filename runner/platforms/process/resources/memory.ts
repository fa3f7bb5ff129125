import { readFile } from 'node:fs/promises'
import { userId } from '../../../base/user.ts'
import { runProgram } from '../../child.ts'
import { PlatformError } from '../../errors.ts'
import { UnsupportedFault } from '../../faults.ts'

const PRLIMIT_TIMEOUT_MS = 5_000
const FAULT = 'a memory limit'

/** Why no process can be limited here; undefined if it can. */
export async function memoryProblem(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'only Linux can change the limits of a running process'
  try {
    await runProgram('prlimit', ['--pid', String(process.pid), '--as', '--noheadings'], {
      purpose: 'look at a limit',
      timeoutMs: PRLIMIT_TIMEOUT_MS,
    })
    return undefined
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return error.message
  }
}

/**
 * Lets a process have this much memory at most, or as much as before. What the system limits is the space of addresses,
 * of which a server takes more than memory: it may grow by as much as the limit leaves it. The soft limit alone is
 * lowered, which its owner may raise again. Throws UnsupportedFault where no process can be limited.
 */
export async function limitMemory(pid: number, doing: string, bytes: number | undefined): Promise<void> {
  const { soft, hard } = await addressSpace(pid)
  if (bytes === undefined && soft === hard) return
  const problem = await memoryProblem()
  if (problem !== undefined)
    throw new UnsupportedFault(FAULT, problem, 'it takes `prlimit`, of util-linux; or use a Docker engine')
  const { mappedBytes, residentBytes } = await usage(pid)
  const limit = bytes === undefined ? hard : mappedBytes + Math.max(bytes - residentBytes, 0)
  const [program, ...args] = [...(await asOwnerOf(pid)), 'prlimit', '--pid', String(pid), `--as=${limit}:`]
  await runProgram(program ?? '', args, { purpose: doing, timeoutMs: PRLIMIT_TIMEOUT_MS })
}

/** Root in a container may lack the right to limit the processes of other users (CAP_SYS_RESOURCE): they may themselves. */
async function asOwnerOf(pid: number): Promise<string[]> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const [user, group] = ['Uid', 'Gid'].map((name) => new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  if (user === undefined || group === undefined || Number(user) === userId()) return []
  return ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--clear-groups', '--']
}

/** The most memory that a process may have, by its limit; undefined if it has none of its own. */
export async function memoryLimitOf(pid: number): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined
  const { soft, hard } = await addressSpace(pid)
  if (soft === hard) return undefined
  const { mappedBytes, residentBytes } = await usage(pid)
  return Number(soft) - mappedBytes + residentBytes
}

/** `Max address space       unlimited            unlimited            bytes` (proc(5), /proc/pid/limits). */
async function addressSpace(pid: number): Promise<{ soft: string; hard: string }> {
  const limits = await readFile(`/proc/${pid}/limits`, 'utf8').catch(() => '')
  const match = /^Max address space\s+(\S+)\s+(\S+)/m.exec(limits)
  return { soft: match?.[1] ?? 'unlimited', hard: match?.[2] ?? 'unlimited' }
}

async function usage(pid: number): Promise<{ mappedBytes: number; residentBytes: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
  return { mappedBytes: bytes('VmSize'), residentBytes: bytes('VmRSS') }
}
