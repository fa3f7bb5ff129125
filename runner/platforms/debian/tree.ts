import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { codeOf, messageOf } from '../../base/errors.ts'
import { homeFolder } from '../../base/user.ts'
import type { DebianSource } from '../catalogue.ts'
import { runProgram } from '../child.ts'
import { PlatformError } from '../errors.ts'
import { findPrograms } from '../find-programs.ts'
import type { Progress } from '../platform.ts'
import { downloadPackages } from './packages.ts'

/** An unpacked root file system: the packages asked for and every library that they need, nothing installed. */
export interface DebianTree {
  /** The root of the file system. */
  root: string
  /** Changes whenever what was asked for does. */
  key: string
  packages: { name: string; version: string }[]
}

export interface TreeOptions {
  progress: Progress
  signal?: AbortSignal | undefined
  /** Default: `debianCacheFolder()`. */
  cacheFolder?: string
}

/** Raise it when trees are made in another way, so that trees of the cache are made again. */
const LAYOUT = 2
const UNPACK_TIMEOUT_MS = 60_000
/** Longer than making a tree may take: what is older was left by a runner that was killed. */
const LEFT_BEHIND_AFTER_MS = 3_600_000

/**
 * The tree of these packages, from the cache or made now. It appears in the cache whole or not at all, also when two
 * processes make it at once. Throws PlatformError on a machine without apt, when packages cannot be fetched, verified
 * or unpacked, and when the cache cannot be written.
 */
export async function debianTree(source: DebianSource, options: TreeOptions): Promise<DebianTree> {
  const { progress, signal, cacheFolder = debianCacheFolder() } = options
  const cached = await cachedTree(source, cacheFolder)
  if (cached) return cached

  await assertDebianTools()
  await removeLeftBehind(cacheFolder)
  const making = join(cacheFolder, `.making-${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`)
  await mkdir(making, { recursive: true }).catch((error) => {
    throw explainError(error, cacheFolder)
  })
  try {
    const debs = await downloadPackages(source, join(making, 'apt'), progress, signal)
    progress(`unpacking ${debs.length} packages`)
    await makeTree(debs, join(making, 'tree'), signal)
    await moveInPlace(join(making, 'tree'), source, cacheFolder, join(making, 'remnant'))
  } catch (error) {
    throw explainError(error, cacheFolder)
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  const tree = await cachedTree(source, cacheFolder)
  if (!tree) throw new PlatformError(`the Debian packages unpacked into ${cacheFolder} are gone`)
  return tree
}

/** The tree of these packages if it is in the cache; undefined if it would have to be fetched. */
export async function cachedTree(
  source: DebianSource,
  cacheFolder = debianCacheFolder(),
): Promise<DebianTree | undefined> {
  const folder = treeFolder(source, cacheFolder)
  try {
    const packages = JSON.parse(await readFile(packageList(folder), 'utf8')) as DebianTree['packages']
    return { root: join(folder, 'root'), key: treeKey(source), packages }
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return undefined
    throw new PlatformError(`the unpacked Debian packages in ${folder} cannot be read: ${messageOf(error)}`, {
      hint: `remove that folder, and they are fetched again: \`rm -r ${folder}\``,
      cause: error,
    })
  }
}

/** Names the tree of these packages; changes whenever what is asked for does. */
export function treeKey(source: DebianSource): string {
  return createHash('sha256')
    .update(JSON.stringify([LAYOUT, source]))
    .digest('hex')
    .slice(0, 12)
}

/** Where trees are kept: `redis-chaos/debian` in `$XDG_CACHE_HOME`, else in `~/.cache`. */
export function debianCacheFolder(): string {
  const cacheHome = process.env.XDG_CACHE_HOME
  return join(cacheHome?.startsWith('/') ? cacheHome : join(homeFolder(), '.cache'), 'redis-chaos', 'debian')
}

function treeFolder(source: DebianSource, cacheFolder: string): string {
  return join(cacheFolder, `${source.suites[0]}-${treeKey(source)}`)
}

function packageList(folder: string): string {
  return join(folder, 'packages.json')
}

/** The tools for making trees that are not on this machine. */
export async function missingDebianTools(): Promise<string[]> {
  const tools = ['apt-get', 'dpkg-deb']
  const found = await Promise.all(tools.map((tool) => findPrograms(tool)))
  return tools.filter((_, index) => found[index]?.length === 0)
}

async function assertDebianTools(): Promise<void> {
  const [missing] = await missingDebianTools()
  if (missing === undefined) return
  throw new PlatformError(`no server can be made from Debian packages here: \`${missing}\` is not on this machine`, {
    hint: 'the ways to get one: install Redis or Valkey with this system’s own package manager and give its path, `--server path:/usr/bin/redis-server`; with a Docker engine, make a registry reachable or `docker load` the official image; or run this on Debian or Ubuntu',
  })
}

async function makeTree(debs: readonly string[], folder: string, signal?: AbortSignal): Promise<void> {
  const root = join(folder, 'root')
  await mkdir(root, { recursive: true })
  for (const deb of debs) {
    await runProgram('dpkg-deb', ['--extract', deb, root], {
      purpose: `unpack ${basename(deb)}`,
      timeoutMs: UNPACK_TIMEOUT_MS,
      signal,
    })
  }
  await removeUnneeded(root)
  await linkTopFolders(root)
  await writeFile(packageList(folder), JSON.stringify(debs.map(packageOf), undefined, 2))
}

/** Of what all programs share: Debian's Node.js reads parts of itself there. */
const NEEDED_SHARES = ['nodejs']

/** What no server reads: documentation, and the C library's tables of character sets, which are half of it. */
async function removeUnneeded(root: string): Promise<void> {
  const [libraries, shares] = [join(root, 'usr', 'lib'), join(root, 'usr', 'share')]
  const [folders, shared] = await Promise.all([libraries, shares].map((path) => readdir(path).catch(() => [])))
  const unneeded = [
    ...(shared ?? []).filter((name) => !NEEDED_SHARES.includes(name)).map((name) => join(shares, name)),
    ...(folders ?? []).map((name) => join(libraries, name, 'gconv')),
  ]
  for (const path of unneeded) await rm(path, { recursive: true, force: true })
}

/** apt names a file by its package, version (`:` written as `%3a`) and architecture. */
function packageOf(deb: string): { name: string; version: string } {
  const [name = '', version = ''] = basename(deb, '.deb').split('_')
  return { name, version: decodeURIComponent(version) }
}

/**
 * Since Debian 13 packages ship everything under /usr, and an installation links /lib64 (the loader), /bin and the
 * rest.
 */
async function linkTopFolders(root: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await symlinkUnlessThere(`usr/${name}`, join(root, name))
  }
  // Before Debian 12 it is dash's installation script that makes /bin/sh.
  await symlinkUnlessThere('dash', join(root, 'bin', 'sh'))
}

async function symlinkUnlessThere(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** Another process may have made the same tree meanwhile: the first one stays. The remnant of a tree gives way. */
async function moveInPlace(made: string, source: DebianSource, cacheFolder: string, remnant: string): Promise<void> {
  const folder = treeFolder(source, cacheFolder)
  try {
    await rename(made, folder)
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'EEXIST' && code !== 'ENOTEMPTY') throw error
    if (await cachedTree(source, cacheFolder)) return
    await rename(folder, remnant)
    await rename(made, folder)
  }
}

/** What a killed runner was making: of this machine, by a process that is gone; or too old to be still under way. */
async function removeLeftBehind(cacheFolder: string): Promise<void> {
  const names = await readdir(cacheFolder).catch(() => [])
  for (const name of names.filter((candidate) => candidate.startsWith('.making-'))) {
    const path = join(cacheFolder, name)
    const [, host, pid] = /^\.making-(.*)-(\d+)-[0-9a-f]+$/.exec(name) ?? []
    const ageMs = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now())
    if ((host === hostname() && !isAlive(Number(pid))) || ageMs > LEFT_BEHIND_AFTER_MS) {
      await rm(path, { recursive: true, force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/**
 * The error for people: a full disk and a folder that cannot be written come from node, from apt and from dpkg alike.
 */
function explainError(error: unknown, cacheFolder: string): unknown {
  const code = codeOf(error)
  const message = messageOf(error)
  if (code === 'ENOSPC' || /No space left on device|enough free space|Disk quota exceeded/i.test(message)) {
    return new PlatformError(`no space left for Debian packages in ${cacheFolder}`, {
      hint: 'free some 200 MB there, or name another folder with XDG_CACHE_HOME',
      cause: error,
    })
  }
  if (error instanceof PlatformError || code === undefined) return error
  return new PlatformError(`Debian packages cannot be unpacked into ${cacheFolder}: ${message}`, {
    hint: 'name a folder that you may write to with XDG_CACHE_HOME',
    cause: error,
  })
}
