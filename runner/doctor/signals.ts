import { type EngineSeen, isSameKernel } from './engine.ts'
import { type Finding, findingsOf } from './finding.ts'
import type { Machine } from './machine.ts'

/** The faults that need no more than signals, and the freezer for containers. */
export async function signalFindings(
  machine: Machine,
  engine: EngineSeen | undefined,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { ok, degraded } = findingsOf('faults')
  const always = [ok('stop', 'SIGTERM: always works'), ok('kill', 'SIGKILL: always works')]
  const onProcesses = await pausesProcesses(machine, signal)
  const onDocker = engine ? await pausesContainers(machine, engine) : undefined
  const means = [onProcesses, onDocker].filter((means) => means !== undefined)
  const text = means.map(({ text }) => text).join('; ')
  if (means.every(({ works }) => works)) return [...always, ok('pause', text)]
  const fallback = means.some(({ works }) => works)
    ? 'the other platform can pause'
    : '`stop` and `kill` can take a node away'
  return [...always, degraded('pause', `${text}; ${fallback}`)]
}

interface Means {
  works: boolean
  text: string
}

async function pausesProcesses(machine: Machine, signal: AbortSignal): Promise<Means> {
  if (machine.os === 'win32') return { works: false, text: 'processes: Windows has no SIGSTOP' }
  if (machine.os !== 'linux') return { works: true, text: `processes: SIGSTOP, part of ${machine.os}` }
  return (await machine.freezeProcess(signal))
    ? { works: true, text: 'processes: SIGSTOP, tried' }
    : { works: false, text: 'processes: SIGSTOP did not stop a process' }
}

async function pausesContainers(machine: Machine, engine: EngineSeen): Promise<Means> {
  if (engine.cgroupVersion !== '1') return { works: true, text: 'Docker: the freezer of cgroup v2' }
  if (!isSameKernel(engine, machine)) return { works: true, text: 'Docker: the freezer of its own kernel' }
  const controllers = (await machine.readText('/proc/cgroups')) ?? ''
  return /^freezer\s+[1-9]\d*\s+\d+\s+1$/m.test(controllers)
    ? { works: true, text: 'Docker: the freezer of cgroup v1' }
    : { works: false, text: 'Docker: the freezer of cgroup v1 is not mounted' }
}
