import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { typed } from '../base/command-line.ts'
import { DEFAULT_SERVER, type DebianSource, type ServerEntry } from '../platforms/catalogue.ts'
import { treeKey } from '../platforms/debian/tree.ts'
import { serverOfTree } from '../platforms/debian/tree-server.ts'
import { serverOfVersionText } from '../platforms/dialects.ts'
import { PlatformError } from '../platforms/errors.ts'
import { type DebianSeen, wayToFetch } from './debian.ts'
import type { EngineSeen } from './engine.ts'
import type { Environment } from './environment.ts'
import { type Finding, findingsOf, formatBytes } from './finding.ts'

/** A server's program on the PATH. */
export interface ProgramSeen {
  path: string
  /** In words (`redis 7.0.15`); undefined if it does not say that it is one. */
  server: string | undefined
}

/** By which means a server can be had here, each in words, the quickest first. */
export interface Ways {
  name: string
  docker: string[]
  process: string[]
  /** Its tree in the cache. */
  cached?: { server: string; sizeBytes: number }
  /** Docker can only pull it: whether a registry can be reached was not tried. */
  needsRegistry: boolean
  /** Debian has no package of it: it is one of many that only a registry, or a program on the PATH, brings. */
  onlyImage: boolean
}

const ASK_TIMEOUT_MS = 2_000

/** The servers on the PATH, under the names that the catalogue knows. */
export async function lookAtPrograms(environment: Environment, signal: AbortSignal): Promise<ProgramSeen[]> {
  const { machine, servers } = environment
  // The process platform does not run there.
  if (machine.os === 'win32') return []
  const names = [...new Set(servers.map(({ program }) => program))]
  const found = await Promise.all(names.map((name) => machine.findAll(name)))
  return Promise.all(
    found.flat().map(async (path) => {
      const purpose = `ask ${path} what it is`
      const said = machine.run(path, ['--version'], { purpose, timeoutMs: ASK_TIMEOUT_MS, signal })
      return { path, server: await said.then(serverOfVersionText, undefinedIfBroken) }
    }),
  )
}

function undefinedIfBroken(error: unknown): undefined {
  if (!(error instanceof PlatformError)) throw error
  return undefined
}

/** The ways to each server of the catalogue. `engine` and `debian` are undefined where there are none. */
export function waysTo(
  environment: Environment,
  engine: EngineSeen | undefined,
  debian: DebianSeen | undefined,
  programs: readonly ProgramSeen[],
): Promise<Ways[]> {
  const { servers, cachedTree, folders } = environment
  return Promise.all(
    servers.map(async (entry) => {
      const { debian: source } = entry
      const tree = source && (await cachedTree(source, folders.cache).catch(undefinedIfBroken))
      const onPath = programs.find(({ server }) => isServerOf(entry, server))
      const fetched = [debian && source && wayToFetch(debian, source)].filter((way) => way !== undefined)
      const images = engine ? imagesOf(entry, engine) : []
      const docker = [...images, ...(tree ? ['made from the cache'] : []), ...fetched]
      return {
        name: entry.name,
        docker: engine ? docker : [],
        process: [...(onPath ? [onPath.path] : []), ...(tree ? ['in the cache'] : []), ...fetched],
        ...(tree ? { cached: { server: serverOfTree(tree, entry), sizeBytes: await sizeOf(tree.root) } } : {}),
        needsRegistry: engine !== undefined && docker.length === 0,
        onlyImage: source === undefined,
      }
    }),
  )
}

function imagesOf({ name, image, debian }: ServerEntry, { images }: EngineSeen): string[] {
  const tags = images.flatMap((one) => one.tags)
  const node = `redis-cluster:${name.replace(':', '-')}`
  const bases = [image, ...(debian ? [baseImageOf(debian)] : [])]
  return [
    ...(tags.includes(node) ? [`image ${node}`] : []),
    ...bases.filter((tag) => tags.includes(tag)).map((tag) => `made from image ${tag}`),
  ]
}

function baseImageOf(debian: DebianSource): string {
  return `redis-chaos-base:${debian.suites[0]}-${treeKey(debian)}`
}

/** `redis:7.0` is any 7.0.x of Redis. */
function isServerOf(entry: ServerEntry, server: string | undefined): boolean {
  return server?.startsWith(`${entry.name.replace(':', ' ')}.`) ?? false
}

/** Bytes of all files below a folder. */
async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const sizes = names.map((name) =>
    lstat(join(folder, name)).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** A line for each server of the catalogue, for those on the PATH, and for those in the cache. */
export function serverFindings(
  all: readonly Ways[],
  programs: readonly ProgramSeen[] | undefined,
  cacheFolder: string,
): Finding[] {
  const { ok } = findingsOf('servers')
  const able = all.filter(isAble)
  const unseen = all.filter((ways) => ways.onlyImage && !isAble(ways))
  const cached = all
    .map((ways) => ways.cached)
    .filter((tree) => tree !== undefined)
    .map(({ server, sizeBytes }) => `${server} (${formatBytes(sizeBytes)})`)
  return [
    ...all.filter((ways) => !unseen.includes(ways)).map((ways) => serverFinding(ways, able, programs ?? [])),
    ...(unseen.length > 0 ? [unseenFinding(unseen)] : []),
    ...(programs ? [onPathFinding(programs)] : []),
    ok('in the cache', `${cached.length > 0 ? cached.join(', ') : 'none yet'}, in ${cacheFolder}`),
  ]
}

function isAble(ways: Ways): boolean {
  return ways.docker.length + ways.process.length > 0
}

/** Nothing is wrong where they are missing: others play as well. */
function unseenFinding(unseen: readonly Ways[]): Finding {
  const names = unseen.map(({ name }) => name).join(', ')
  const pulled = unseen.some(({ needsRegistry }) => needsRegistry)
    ? 'where the engine can pull their images from a registry, which was not tried'
    : 'with a Docker engine that can pull their images from a registry'
  return findingsOf('servers').ok('others', `${names}: of no Debian package, only ${pulled}, or on the PATH`)
}

function onPathFinding(programs: readonly ProgramSeen[]): Finding {
  const { ok, degraded } = findingsOf('servers')
  const subject = 'on the PATH'
  if (programs.length === 0) return ok(subject, 'none, and none is needed where others can be had')
  const texts = programs.map(
    ({ path, server }) => `${path} is ${server ?? 'no Redis or Valkey that answers --version'}`,
  )
  const broken = programs.find(({ server }) => server === undefined)
  if (!broken) return ok(subject, texts.join(', '))
  return degraded(subject, `${texts.join(', ')}, and is passed over`, `see what \`${broken.path} --version\` says`)
}

function serverFinding(ways: Ways, able: readonly Ways[], programs: readonly ProgramSeen[]): Finding {
  const { ok, degraded, missing } = findingsOf('servers')
  const { name, docker, process, needsRegistry } = ways
  const means = [
    ...(docker.length > 0 ? [`Docker: ${docker[0]}`] : []),
    ...(process.length > 0 ? [`processes: ${process[0]}`] : []),
  ]
  if (means.length > 0) return ok(name, means.join('; '))
  if (needsRegistry) {
    return degraded(name, 'only where the engine can pull its image from a registry, which was not tried')
  }
  const own = programs.find(({ server }) => server !== undefined)
  const others = [...able.map((one) => `--server ${one.name}`), ...(own ? [`--server path:${own.path}`] : [])]
  const text = 'no image, not in the cache, not on the PATH, and it cannot be fetched'
  const remedy = 'start Docker, or install it with this system’s own package manager'
  return others.length > 0 ? degraded(name, `${text}; instead: ${others[0]}`, remedy) : missing(name, text, remedy)
}

/** Whether the main job can be run here, and the command that does it. */
export function mainJobFinding(
  all: readonly Ways[],
  programs: readonly ProgramSeen[],
  engine: EngineSeen | undefined,
): Finding {
  const { ok, degraded, missing } = findingsOf('main job')
  const subject = 'failover-basic'
  const command = typed('run', ['failover-basic'])
  const wanted = all.find(({ name }) => name === DEFAULT_SERVER)
  const automatic = engine ? wanted?.docker : wanted?.process
  if (automatic && automatic.length > 0) {
    return ok(subject, `${command}, on ${engine ? 'Docker' : 'processes of this machine'}: ${automatic[0]}`)
  }
  const instead = (flags: string) => typed('run', ['failover-basic'], [flags])
  const why = `${DEFAULT_SERVER} ${engine ? 'is not on the engine and can only be pulled' : 'cannot be had here'}`
  if (wanted && wanted.process.length > 0) return degraded(subject, `${why}; ${instead('--platform process')}`)
  const other = all.find(({ docker, process }) => (engine ? docker : process).length > 0)
  if (other) return degraded(subject, `${why}; ${instead(`--server ${other.name}`)}`)
  const own = programs.find(({ server }) => server !== undefined)
  if (own) return degraded(subject, `${why}; ${instead(`--server path:${own.path}`)} plays with ${own.server}`)
  if (wanted?.needsRegistry) {
    return degraded(subject, `${command} works if the engine can reach a registry, which was not tried`)
  }
  return missing(
    subject,
    'there is no engine, and no server that could run as a process',
    'start Docker, or install Redis or Valkey (apt-get install redis-server, brew install redis)',
  )
}
