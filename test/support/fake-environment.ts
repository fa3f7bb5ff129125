import { checkUp } from '../../runner/doctor/checkup.ts'
import type { EngineSeen } from '../../runner/doctor/engine.ts'
import type { Environment } from '../../runner/doctor/environment.ts'
import type { Finding } from '../../runner/doctor/finding.ts'
import type { Machine } from '../../runner/doctor/machine.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import { AS_ROOT } from '../../runner/platforms/process/namespaces.ts'

export const ENGINE: EngineSeen = {
  name: 'Docker 20.10.24',
  address: 'unix:///var/run/docker.sock',
  system: 'Debian GNU/Linux 12',
  kernel: '6.1.0',
  cgroupVersion: '2',
  cgroupDriver: 'systemd',
  storageDriver: 'overlay2',
  rootFolder: '/var/lib/docker',
  images: [{ tags: ['redis-cluster:redis-7.0'], sizeBytes: 31_100_000 }],
  containers: [],
}

export interface FakeMachine extends Machine {
  /** What was run: `[program, ...args]`. */
  readonly ran: string[][]
}

export interface MachineParts extends Partial<Machine> {
  /** Paths by program. Default: all tools of a Debian machine, and no server. */
  programs?: Record<string, string>
  /** What the first answer says whose key is in the command line; an Error rejects. */
  answers?: Record<string, string | Error>
  files?: Record<string, string>
}

const TOOLS = {
  'apt-get': '/usr/bin/apt-get',
  'apt-helper': '/usr/lib/apt/apt-helper',
  'dpkg-deb': '/usr/bin/dpkg-deb',
  unshare: '/usr/bin/unshare',
  iptables: '/usr/sbin/iptables',
  nft: '/usr/sbin/nft',
  tc: '/usr/sbin/tc',
}

const FILES = {
  '/usr/share/keyrings/debian-archive-keyring.gpg': 'keys',
  '/proc/self/limits': 'Max open files            20000                20000                files',
  '/sys/fs/cgroup/cgroup.controllers': 'cpu memory',
  '/proc/sys/vm/overcommit_memory': '0\n',
}

/** A healthy Debian machine, with what a test changes of it. Its clocks move only when it sleeps. */
export function fakeMachine(parts: MachineParts = {}): FakeMachine {
  const { programs = TOOLS, answers = {}, files = FILES, ...rest } = parts
  const ran: string[][] = []
  let nowMs = 1_000
  const find = async (program: string) => (programs as Record<string, string>)[program]
  return {
    os: 'linux',
    kernel: '6.1.0',
    root: true,
    nodeVersion: '20.20.2',
    ran,
    find,
    findAll: async (program) => [await find(program)].filter((path) => path !== undefined),
    run: async (program, args) => {
      ran.push([program, ...args])
      const line = [program, ...args].join(' ')
      const answer = Object.entries(answers).find(([part]) => line.includes(part))?.[1] ?? ''
      if (answer instanceof Error) throw answer
      return answer
    },
    readText: async (file) => (files as Record<string, string>)[file],
    room: async () => ({ freeBytes: 50e9, writable: true }),
    memory: () => ({ totalBytes: 16e9, availableBytes: 8e9 }),
    portHolder: async () => undefined,
    nowMs: () => nowMs,
    wallMs: () => nowMs + 1_700_000_000_000,
    sleep: async (durationMs) => {
      nowMs += durationMs
    },
    freezeProcess: async () => true,
    ...rest,
  }
}

/** A Debian machine with an engine that has the image of redis:7.0, and an empty cache. */
export function fakeEnvironment(parts: Partial<Environment> = {}): Environment {
  const debian = (suite: string, program: string) => ({ suites: [suite], packages: [program], without: [] })
  return {
    machine: fakeMachine(),
    servers: [
      { name: 'redis:7.0', image: 'redis:7.0', program: 'redis-server', debian: debian('bookworm', 'redis-server') },
      { name: 'valkey:9.1', image: 'valkey:9.1', program: 'valkey-server', debian: debian('sid', 'valkey-server') },
    ] as unknown as Environment['servers'],
    lookAtEngine: async () => ENGINE,
    findArchives: async (suites) => suites.map((suite) => ({ suite, uri: 'http://reader:secret@mirror.test/debian' })),
    cachedTree: async () => undefined,
    processRuns: async () => [],
    findSandbox: async () => ({ sandbox: { view: AS_ROOT, ownUser: true, confined: true }, problems: [] }),
    platforms: [],
    folders: { reports: '/project/reports', cache: '/home/x/.cache/redis-chaos/debian', temp: '/tmp' },
    portBase: 7010,
    namePrefix: 'redis-node',
    ...parts,
  }
}

/** An engine that is not there. */
export async function noEngine(): Promise<never> {
  throw new PlatformError('no Docker engine answers at unix:///var/run/docker.sock (ENOENT)', { hint: 'start Docker' })
}

/** How a program's failure is told. */
export function refusal(program: string, said: string): PlatformError {
  return new PlatformError(`could not try it: \`${program}\` failed with exit code 2: ${said}`)
}

/** The one finding of a check-up. Throws if there is none. */
export async function findingOf(environment: Environment, area: string, subject: string): Promise<Finding> {
  const findings = await checkUp(environment)
  const found = findings.find((finding) => finding.area === area && finding.subject === subject)
  if (!found) throw new Error(`no finding ${area} / ${subject} in ${JSON.stringify(findings)}`)
  return found
}
