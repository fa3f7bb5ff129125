import type { Folders } from './environment.ts'
import { type Finding, findingsOf, formatBytes } from './finding.ts'
import type { Machine, Room } from './machine.ts'

/** `engines` of package.json. */
const OLDEST_NODE = 20

export function nodeFinding({ nodeVersion }: Machine): Finding {
  const { ok, missing } = findingsOf('machine')
  if (Number(nodeVersion.split('.')[0]) >= OLDEST_NODE) return ok('Node', nodeVersion)
  return missing(
    'Node',
    `${nodeVersion}, and ${OLDEST_NODE} or newer is needed`,
    `install Node ${OLDEST_NODE} or newer`,
  )
}

/** What a run, the packages of a server, and six servers' data take with room to spare. */
const NEEDED_BYTES: Record<keyof Folders, number> = { reports: 50e6, cache: 200e6, temp: 200e6 }
const PURPOSE: Record<keyof Folders, { subject: string; instead: string }> = {
  reports: { subject: 'disk: reports', instead: 'another folder does as well: --reports FOLDER' },
  cache: { subject: 'disk: cache', instead: 'another folder does as well: XDG_CACHE_HOME=/FOLDER' },
  temp: { subject: 'disk: temporary', instead: 'another folder does as well: TMPDIR=/FOLDER' },
}

/** Room and the right to write, where runs keep their reports, servers fetched, and data of processes. */
export async function diskFindings(machine: Machine, folders: Folders): Promise<Finding[]> {
  const kinds = Object.keys(PURPOSE) as (keyof Folders)[]
  return Promise.all(kinds.map(async (kind) => diskFinding(kind, folders[kind], await machine.room(folders[kind]))))
}

function diskFinding(kind: keyof Folders, folder: string, { freeBytes, writable }: Room): Finding {
  const { ok, degraded } = findingsOf('machine')
  const { subject, instead } = PURPOSE[kind]
  const free = `${formatBytes(freeBytes)} free in ${folder}`
  if (!writable) return degraded(subject, `this user may not write in ${folder}; ${instead}`, `make ${folder} writable`)
  if (freeBytes < NEEDED_BYTES[kind]) {
    return degraded(subject, `only ${free}; ${instead}`, `free ${formatBytes(NEEDED_BYTES[kind])} there`)
  }
  return ok(subject, free)
}

/** Six idle servers and the runner, with room for data. */
const WANTED_MEMORY_BYTES = 250e6
/** What the kernel must still be willing to promise where it promises no more than it has. */
const WANTED_COMMIT_BYTES = 1e9

export async function memoryFindings(machine: Machine): Promise<Finding[]> {
  const { ok, degraded } = findingsOf('machine')
  const { totalBytes, availableBytes, limitBytes } = machine.memory()
  // Elsewhere the system counts what it keeps of files as used.
  const usable = machine.os === 'linux' ? Math.min(availableBytes, limitBytes ?? totalBytes) : totalBytes
  const available = machine.os === 'linux' ? `${formatBytes(availableBytes)} available of ` : ''
  const limit = limitBytes === undefined ? '' : `, limited to ${formatBytes(limitBytes)} for this control group`
  const text = `${available}${formatBytes(totalBytes)}${limit}; six servers need some 100 MB`
  const memory =
    usable >= WANTED_MEMORY_BYTES
      ? ok('memory', text)
      : degraded(
          'memory',
          `${text}: the system may swap or kill them, which tells nothing of Redis`,
          'free some memory',
        )
  return [memory, ...(await commitFindings(machine))]
}

const NEVER_OVERCOMMIT = '2'

/** A server forks for each snapshot: where memory is never promised twice, that can be refused. */
async function commitFindings(machine: Machine): Promise<Finding[]> {
  const mode = (await machine.readText('/proc/sys/vm/overcommit_memory'))?.trim()
  if (mode !== NEVER_OVERCOMMIT) return []
  const table = (await machine.readText('/proc/meminfo')) ?? ''
  const bytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(table)?.[1] ?? 0) * 1024
  const left = bytes('CommitLimit') - bytes('Committed_AS')
  if (left >= WANTED_COMMIT_BYTES) return []
  const text = `vm.overcommit_memory is ${mode} with ${formatBytes(Math.max(left, 0))} left: a replica's first synchronization, which forks, may fail; a smaller cluster needs less`
  return [findingsOf('machine').degraded('overcommit', text, 'sysctl vm.overcommit_memory=1')]
}

/** A server takes 32 for itself (server.h: CONFIG_MIN_RESERVED_FDS, Redis 7.0), its peers, and a client each. */
const COMFORTABLE_FILES = 1_024
const FEWEST_FILES = 256

export async function filesFindings(machine: Machine): Promise<Finding[]> {
  const { ok, degraded, missing } = findingsOf('machine')
  const limits = await machine.readText('/proc/self/limits')
  const soft = /^Max open files +(\d+|unlimited)/m.exec(limits ?? '')?.[1]
  if (soft === undefined) return []
  const text = `${soft} for each process`
  if (soft === 'unlimited' || Number(soft) >= COMFORTABLE_FILES) return [ok('open files', text)]
  const remedy = `ulimit -n ${COMFORTABLE_FILES * 4}`
  return [
    Number(soft) >= FEWEST_FILES
      ? degraded('open files', `only ${text}: enough for scenarios with few clients`, remedy)
      : missing('open files', `only ${text}: too few for a server and its clients`, remedy),
  ]
}

/** Which control groups the kernel has: containers are limited and paused by them. */
export async function cgroupFindings(machine: Machine): Promise<Finding[]> {
  if (machine.os !== 'linux') return []
  const { ok } = findingsOf('machine')
  if ((await machine.readText('/sys/fs/cgroup/cgroup.controllers')) !== undefined) return [ok('cgroups', 'v2')]
  const groups = (await machine.readText('/proc/self/cgroup')) ?? ''
  return [ok('cgroups', /^[1-9]/m.test(groups) ? 'v1' : 'none here; only Docker needs them')]
}

const WATCHED_MS = 250
const LOOKS = 25
/** How far the two clocks may come apart meanwhile: a wall clock that is being set right moves by 0.5 ms a second. */
const ALLOWED_DRIFT_MS = 5

/** Watches the monotonic clock and the wall clock for a quarter of a second. */
export async function clockFindings(machine: Machine): Promise<Finding[]> {
  const { ok, degraded, missing } = findingsOf('machine')
  const samples = [{ nowMs: machine.nowMs(), wallMs: machine.wallMs() }]
  for (let look = 1; look <= LOOKS; look += 1) {
    await machine.sleep(WATCHED_MS / LOOKS)
    samples.push({ nowMs: machine.nowMs(), wallMs: machine.wallMs() })
  }
  const steps = samples.slice(1).map(({ nowMs, wallMs }, index) => ({
    nowMs: nowMs - (samples[index]?.nowMs ?? nowMs),
    wallMs: wallMs - (samples[index]?.wallMs ?? wallMs),
  }))
  const source = (await machine.readText('/sys/devices/system/clocksource/clocksource0/current_clocksource'))?.trim()
  if (steps.some(({ nowMs }) => nowMs <= 0)) {
    return [
      missing(
        'clock',
        'the monotonic clock stood still or went back: no duration can be trusted',
        'see the clock source of this machine',
      ),
    ]
  }
  // One step can be long when the machine is busy between reading the two: the sum cannot hide a jump.
  const driftMs = Math.abs(steps.reduce((sum, { nowMs, wallMs }) => sum + wallMs - nowMs, 0))
  if (driftMs > ALLOWED_DRIFT_MS) {
    const text = `the wall clock jumped by ${Math.round(driftMs)} ms within ${WATCHED_MS} ms; durations are right all the same, but the times of log lines are not`
    return [degraded('clock', text, 'wait until the time service has set the clock')]
  }
  return [ok('clock', `the monotonic clock goes forward, the wall clock goes with it${source ? ` (${source})` : ''}`)]
}
