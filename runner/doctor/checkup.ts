import { type AttemptOptions, attempt, type Problem, type Seen } from './attempt.ts'
import { debianFindings, lookAtDebian } from './debian.ts'
import { type EngineSeen, engineFindings, storageFinding } from './engine.ts'
import type { Environment } from './environment.ts'
import { faultFindings, signalFindings } from './faults.ts'
import { AREAS, type Area, type Finding, findingsOf } from './finding.ts'
import { cgroupFindings, clockFindings, diskFindings, filesFindings, memoryFindings, nodeFinding } from './host.ts'
import { portFindings } from './ports.ts'
import { sandboxFinding } from './sandbox.ts'
import { lookAtPrograms, mainJobFinding, type ProgramSeen, serverFindings, type Ways, waysTo } from './servers.ts'

export interface CheckUpOptions {
  /** Aborting rejects the check-up with the signal's reason. */
  signal?: AbortSignal
  /** For each probe, in ms. Default 6000. */
  timeoutMs?: number
}

const PROBE_TIMEOUT_MS = 6_000

/**
 * Looks at everything that a run needs, all at once, and changes nothing. A probe that fails or is late becomes a
 * finding that says so. Findings come in the order of `AREAS`.
 */
export async function checkUp(environment: Environment, options: CheckUpOptions = {}): Promise<Finding[]> {
  const limits: AttemptOptions = { timeoutMs: options.timeoutMs ?? PROBE_TIMEOUT_MS, signal: options.signal }
  const engine = attempt((signal) => environment.lookAtEngine(signal), limits)
  const found = await Promise.all([
    serversOf(environment, engine, limits),
    hostOf(environment, limits),
    faultsOf(environment, engine, limits),
    engine.then((seen) =>
      probe('ports', 'ports', limits, () => portFindings(environment, valueIn(seen)?.containers ?? [])),
    ),
  ])
  return found.flat().sort((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area))
}

/** Faults are tried, and the first time what tries them must be made: an image with its tools. */
const FAULTS_TIMEOUT_MS = 120_000

/** Where servers can come from, and so whether the main job can be run. */
async function serversOf(
  environment: Environment,
  engineLook: Promise<Seen<EngineSeen>>,
  limits: AttemptOptions,
): Promise<Finding[]> {
  const [engine, debian, programs] = await Promise.all([
    engineLook,
    attempt((signal) => lookAtDebian(environment, signal), limits),
    attempt((signal) => lookAtPrograms(environment, signal), limits),
  ])
  const onPath = valueIn(programs) ?? []
  const ways = await attempt(() => waysTo(environment, valueIn(engine), valueIn(debian), onPath), limits)
  const known = valueIn(ways) ?? []
  return [
    mainJobFinding(known, onPath, valueIn(engine)),
    ...('value' in engine ? await dockerOf(environment, engine.value, limits) : [engineMissing(engine, known, onPath)]),
    ...('value' in debian
      ? await debianFindings(debian.value, environment)
      : [unknown('Debian packages', 'archive', debian)]),
    ...('value' in programs ? [] : [unknown('servers', 'on the PATH', programs)]),
    ...('value' in ways
      ? serverFindings(known, valueIn(programs), environment.folders.cache)
      : [unknown('servers', 'ways to get one', ways)]),
  ]
}

async function dockerOf({ machine }: Environment, engine: EngineSeen, limits: AttemptOptions): Promise<Finding[]> {
  const storage = await probe('Docker', 'storage', limits, async () => [await storageFinding(engine, machine)])
  return [...engineFindings(engine, machine), ...storage]
}

async function hostOf({ machine, folders, findSandbox }: Environment, limits: AttemptOptions): Promise<Finding[]> {
  const found = await Promise.all([
    nodeFinding(machine),
    probe('machine', 'disk', limits, () => diskFindings(machine, folders)),
    probe('machine', 'memory', limits, () => memoryFindings(machine)),
    probe('machine', 'open files', limits, () => filesFindings(machine)),
    probe('machine', 'clock', limits, () => clockFindings(machine)),
    probe('machine', 'cgroups', limits, () => cgroupFindings(machine)),
    probe('machine', 'sandbox', limits, async (signal) => [sandboxFinding(machine, await findSandbox(signal))]),
  ])
  return found.flat()
}

async function faultsOf(
  { machine, platforms }: Environment,
  engine: Promise<Seen<EngineSeen>>,
  limits: AttemptOptions,
): Promise<Finding[]> {
  const [signals, others] = await Promise.all([
    engine.then((seen) => probe('faults', 'pause', limits, (signal) => signalFindings(machine, valueIn(seen), signal))),
    faultFindings(platforms, { ...limits, timeoutMs: FAULTS_TIMEOUT_MS }),
  ])
  return [...signals, ...others]
}

async function probe(
  area: Area,
  subject: string,
  limits: AttemptOptions,
  look: (signal: AbortSignal) => Promise<Finding[]>,
): Promise<Finding[]> {
  const seen = await attempt(look, limits)
  return 'value' in seen ? seen.value : [unknown(area, subject, seen)]
}

function valueIn<T>(seen: Seen<T>): T | undefined {
  return 'value' in seen ? seen.value : undefined
}

function unknown(area: Area, subject: string, { problem, hint }: Problem): Finding {
  return findingsOf(area).degraded(subject, `not known: ${problem}`, hint)
}

function engineMissing({ problem, hint }: Problem, ways: readonly Ways[], programs: readonly ProgramSeen[]): Finding {
  const { degraded, missing } = findingsOf('Docker')
  const canRun = ways.some(({ process }) => process.length > 0) || programs.some(({ server }) => server !== undefined)
  if (!canRun) return missing('engine', problem, hint)
  return degraded('engine', `${problem}; servers run as processes of this machine instead`, hint)
}
