import { CAPABILITIES, type FaultSupport } from '../platforms/faults.ts'
import { type AttemptOptions, attempt } from './attempt.ts'
import { type EngineSeen, isSameKernel } from './engine.ts'
import { type Finding, findingsOf } from './finding.ts'
import type { Machine } from './machine.ts'

/** A platform that can say which faults work on it. */
export interface PlatformFaults {
  /** `Docker`, `processes`. */
  name: string
  faultSupport(signal?: AbortSignal): Promise<FaultSupport[]>
}

/** One finding for each capability, with how each platform that answers brings it about, or why it cannot. */
export async function faultFindings(platforms: readonly PlatformFaults[], limits: AttemptOptions): Promise<Finding[]> {
  const answers = await Promise.all(
    platforms.map(async ({ name, faultSupport }) => ({ name, seen: await attempt(faultSupport, limits) })),
  )
  const findings = findingsOf('faults')
  const unknown = answers.flatMap(({ name, seen }) =>
    'value' in seen ? [] : [findings.degraded(`faults of ${name}`, `not known: ${seen.problem}`, seen.hint)],
  )
  const known = answers.flatMap(({ name, seen }) => ('value' in seen ? [{ name, support: seen.value }] : []))
  if (known.length === 0) return unknown
  return [
    ...unknown,
    ...CAPABILITIES.filter((name) => name !== 'pause').map((capability) => capabilityFinding(capability, known)),
  ]
}

function capabilityFinding(
  capability: string,
  platforms: readonly { name: string; support: readonly FaultSupport[] }[],
): Finding {
  const { ok, degraded } = findingsOf('faults')
  const each = platforms.map(({ name, support }) => ({
    name,
    ...(support.find((one) => one.capability === capability) ?? { supported: false, how: 'no way is known' }),
  }))
  const text = each.map(({ name, supported, how }) => `${name}: ${supported ? how : `unsupported (${how})`}`).join('; ')
  if (each.every(({ supported }) => supported)) return ok(capability, text)
  const hint = each
    .map((one) => ('hint' in one && !one.supported ? one.hint : undefined))
    .find((one) => one !== undefined)
  return degraded(capability, text, hint)
}

/** The faults that need no more than signals, or the freezer for containers. */
export async function signalFindings(
  machine: Machine,
  engine: EngineSeen | undefined,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { ok, degraded } = findingsOf('faults')
  const always = [ok('stop', 'SIGTERM: always works'), ok('kill', 'SIGKILL: always works')]
  const onProcesses = await pauseOfProcesses(machine, signal)
  const onDocker = engine ? await pauseOfContainers(machine, engine) : undefined
  const pauses = [onProcesses, onDocker].filter((pause) => pause !== undefined)
  const text = pauses.map((pause) => pause.text).join('; ')
  if (pauses.every(({ works }) => works)) return [...always, ok('pause', text)]
  const fallback = pauses.some(({ works }) => works)
    ? 'the other platform can pause'
    : '`stop` and `kill` can take a node away'
  return [...always, degraded('pause', `${text}; ${fallback}`)]
}

interface Pause {
  works: boolean
  text: string
}

async function pauseOfProcesses(machine: Machine, signal: AbortSignal): Promise<Pause> {
  if (machine.os === 'win32') return { works: false, text: 'processes: Windows has no SIGSTOP' }
  if (machine.os !== 'linux') return { works: true, text: `processes: SIGSTOP, part of ${machine.os}` }
  return (await machine.freezeProcess(signal))
    ? { works: true, text: 'processes: SIGSTOP, tried' }
    : { works: false, text: 'processes: SIGSTOP did not stop a process' }
}

async function pauseOfContainers(machine: Machine, engine: EngineSeen): Promise<Pause> {
  if (engine.cgroupVersion !== '1') return { works: true, text: 'Docker: the freezer of cgroup v2' }
  if (!isSameKernel(engine, machine)) return { works: true, text: 'Docker: the freezer of its own kernel' }
  const controllers = (await machine.readText('/proc/cgroups')) ?? ''
  return /^freezer\s+[1-9]\d*\s+\d+\s+1$/m.test(controllers)
    ? { works: true, text: 'Docker: the freezer of cgroup v1' }
    : { works: false, text: 'Docker: the freezer of cgroup v1 is not mounted' }
}
