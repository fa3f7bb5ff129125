import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DebianSource } from '../platforms/catalogue.ts'
import { KEYRINGS } from '../platforms/debian/archive.ts'
import { attempt, type Problem } from './attempt.ts'
import type { Environment } from './environment.ts'
import { type Finding, findingsOf } from './finding.ts'
import type { Machine } from './machine.ts'

/** What fetching servers from Debian's archive needs. */
export interface DebianSeen {
  tools: { name: string; package: string; path: string | undefined }[]
  keyring: string | undefined
  /** The suites that were asked for. */
  archives: ArchiveSeen[]
  /** Why the archive was not asked. */
  notAsked?: string
}

interface ArchiveSeen {
  suite: string
  host: string
  /** Undefined if it answered. */
  problem?: Problem
}

const TOOLS = [
  { name: 'apt-get', package: 'apt' },
  { name: 'dpkg-deb', package: 'dpkg' },
]
/** Apt reads its whole configuration first, then asks. */
const MIRRORS_TIMEOUT_MS = 2_500
const ASK_TIMEOUT_MS = 3_000

/** Looks for the tools, and asks the archive for the suites of the servers that are not in the cache yet. */
export async function lookAtDebian(environment: Environment, signal: AbortSignal): Promise<DebianSeen> {
  const { machine } = environment
  const [paths, keyrings] = await Promise.all([
    Promise.all(TOOLS.map(({ name }) => machine.find(name))),
    Promise.all(KEYRINGS.map(async (path) => ((await machine.readText(path)) === undefined ? undefined : path))),
  ])
  const tools = TOOLS.map((tool, index) => ({ ...tool, path: paths[index] }))
  const keyring = keyrings.find((path) => path !== undefined)
  if (paths.includes(undefined)) return { tools, keyring, archives: [] }
  return { tools, keyring, ...(await askArchives(environment, signal)) }
}

/**
 * How the packages of this source can be fetched here, in words; undefined if they cannot: the tools are not there, or
 * the archive refused. An archive that is slow to answer may still do.
 */
export function wayToFetch(seen: DebianSeen, source: DebianSource): string | undefined {
  if (seen.tools.some(({ path }) => path === undefined)) return undefined
  const problem = seen.archives.find(({ suite }) => suite === source.suites[0])?.problem
  if (!problem) return 'fetched from Debian'
  return problem.late ? 'fetched from Debian, if its archive answers' : undefined
}

async function askArchives(
  environment: Environment,
  signal: AbortSignal,
): Promise<Pick<DebianSeen, 'archives' | 'notAsked'>> {
  const { machine, findArchives, folders } = environment
  const wanted = await suitesToFetch(environment)
  if (wanted.length === 0) return { archives: [], notAsked: 'all servers are in the cache' }
  const helper = await machine.find('apt-helper', ['/usr/lib/apt'])
  if (!helper) return { archives: [], notAsked: '`apt-helper` is not on this machine' }
  const mirrors = await attempt((looking) => findArchives(wanted, looking), { timeoutMs: MIRRORS_TIMEOUT_MS, signal })
  if ('problem' in mirrors) {
    return { archives: wanted.map((suite) => ({ suite, host: "this machine's mirrors", problem: mirrors })) }
  }
  const folder = await mkdtemp(join(folders.temp, 'redis-chaos-doctor-'))
  try {
    const asked = mirrors.value.map(async ({ uri, suite }): Promise<ArchiveSeen> => {
      const url = `${uri.replace(/\/$/, '')}/dists/${suite}/InRelease`
      const args = ['-o', 'APT::Sandbox::User=root', 'download-file', url, join(folder, `${suite}.InRelease`)]
      const purpose = `ask for Debian ${suite}`
      const answer = await attempt(
        (asking) => machine.run(helper, args, { purpose, timeoutMs: 2 * ASK_TIMEOUT_MS, signal: asking }),
        { timeoutMs: ASK_TIMEOUT_MS, signal },
      )
      return { suite, host: hostOf(uri), ...('problem' in answer ? { problem: answer } : {}) }
    })
    return { archives: await Promise.all(asked) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function suitesToFetch({ servers, cachedTree, folders }: Environment): Promise<string[]> {
  const suites = await Promise.all(
    servers.map(async ({ debian }) => {
      if (!debian) return []
      const cached = await cachedTree(debian, folders.cache).catch(() => undefined)
      return cached ? [] : debian.suites.slice(0, 1)
    }),
  )
  return [...new Set(suites.flat())]
}

/** A mirror's address may carry a password. */
function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//')
}

function hostOf(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).host || 'a local mirror' : 'a mirror'
}

/** What is to be said of it. */
export async function debianFindings(seen: DebianSeen, environment: Environment): Promise<Finding[]> {
  const { machine } = environment
  const { ok, degraded } = findingsOf('Debian packages')
  if (machine.os !== 'linux') {
    return [ok('tools', `not for ${machine.os}: servers come from Docker images, or from the PATH`)]
  }
  const missing = seen.tools.filter(({ path }) => path === undefined)
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `\`${name}\``).join(' and ')
    const text = `${names} ${missing.length === 1 ? 'is' : 'are'} not on the PATH, so no server can be fetched; those of Docker images, of the cache and on the PATH can be used`
    const remedy = seen.tools.every(({ path }) => path === undefined)
      ? 'run this on Debian or Ubuntu, or install Redis or Valkey with this system’s own package manager'
      : await installCommand(machine, missing.map((tool) => tool.package).join(' '))
    return [degraded('tools', text, remedy)]
  }
  return [
    ok('tools', seen.tools.map(({ path }) => path).join(', ')),
    seen.keyring
      ? ok('keyring', seen.keyring)
      : degraded(
          'keyring',
          "the keys of Debian's archive are not in their usual place; fetching works if apt trusts them all the same",
          await installCommand(machine, 'debian-archive-keyring'),
        ),
    ...archiveFindings(seen),
  ]
}

function archiveFindings({ archives, notAsked }: DebianSeen): Finding[] {
  const { ok, degraded } = findingsOf('Debian packages')
  if (notAsked !== undefined) return [ok('archive', `not asked, because ${notAsked}`)]
  const answered = archives.filter(({ problem }) => problem === undefined)
  const refused = archives.filter(({ problem }) => problem !== undefined)
  const suites = (list: readonly ArchiveSeen[]) => list.map(({ suite }) => suite).join(', ')
  const hosts = [...new Set(answered.map(({ host }) => host))].join(', ')
  const works = answered.length > 0 ? `${hosts} has ${suites(answered)}` : ''
  if (refused.length === 0) return [ok('archive', works)]
  const [first] = refused
  const fails = `${suites(refused)} ${refused.every(({ problem }) => problem?.late) ? 'did not come yet' : 'cannot be had'} from ${first?.host}: ${withoutCredentials(first?.problem?.problem ?? '')}`
  return [
    degraded(
      'archive',
      [works, fails, 'servers of Docker images, of the cache and on the PATH can be used'].filter(Boolean).join('; '),
      'see what `apt-get update` says: the mirrors in /etc/apt/sources.list, the network, a proxy',
    ),
  ]
}

/** The command that installs a package, named as Debian names it; a sentence where the command is not known. */
async function installCommand(machine: Machine, debianPackage: string): Promise<string> {
  if (!(await machine.find('apt-get'))) return `install ${debianPackage}, or what this system calls it`
  return `${machine.root ? '' : 'sudo '}apt-get install ${debianPackage}`
}
