import { createHash, randomBytes } from 'node:crypto'
import { access, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { DebianSource } from '../catalogue.ts'
import { runProgram } from '../child.ts'
import { PlatformError, type Progress } from '../platform.ts'
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
  /** Default: `redis-chaos/debian` in `$XDG_CACHE_HOME`, else in `~/.cache`. */
  cacheFolder?: string
}

/** Raise it when trees are made in another way, so that trees of the cache are made again. */
const LAYOUT = 1
const UNPACK_TIMEOUT_MS = 60_000

/**
 * The tree of these packages, from the cache or made now. It appears in the cache whole or not at all.
 * Throws PlatformError on a machine without apt, or when packages cannot be fetched or unpacked.
 */
export async function debianTree(source: DebianSource, options: TreeOptions): Promise<DebianTree> {
  const { progress, signal, cacheFolder = defaultCacheFolder() } = options
  const key = createHash('sha256')
    .update(JSON.stringify([LAYOUT, source]))
    .digest('hex')
    .slice(0, 12)
  const folder = join(cacheFolder, `${source.suites[0]}-${key}`)
  const cached = await readTree(folder, key)
  if (cached) return cached

  await demandDebianTools()
  const making = join(cacheFolder, `.making-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    const debs = await downloadPackages(source, join(making, 'apt'), progress, signal)
    progress(`unpacking ${debs.length} packages`)
    await makeTree(debs, join(making, 'tree'), signal)
    await moveInPlace(join(making, 'tree'), folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new PlatformError(`no space left for Debian packages in ${cacheFolder}`, {
        hint: 'free some 200 MB there, or name another folder with XDG_CACHE_HOME',
        cause: error,
      })
    }
    throw error
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  const tree = await readTree(folder, key)
  if (!tree) throw new PlatformError(`the Debian packages unpacked into ${folder} are gone`)
  return tree
}

/** Names the tree of these packages; changes whenever what is asked for does. */
export function treeKey(source: DebianSource): string {
  return createHash('sha256')
    .update(JSON.stringify([LAYOUT, source]))
    .digest('hex')
    .slice(0, 12)
}

function defaultCacheFolder(): string {
  const cacheHome = process.env.XDG_CACHE_HOME
  return join(cacheHome?.startsWith('/') ? cacheHome : join(homedir(), '.cache'), 'redis-chaos', 'debian')
}

async function demandDebianTools(): Promise<void> {
  const folders = (process.env.PATH ?? '').split(delimiter)
  for (const tool of ['apt-get', 'dpkg-deb']) {
    const found = await Promise.any(folders.map((folder) => access(join(folder, tool)))).then(
      () => true,
      () => false,
    )
    if (found) continue
    throw new PlatformError(`no server can be made from Debian packages here: \`${tool}\` is not on this machine`, {
      hint: 'make a registry reachable for the official image, or run this once on Debian or Ubuntu, or load an image of the server with `docker load`',
    })
  }
}

async function makeTree(debs: readonly string[], folder: string, signal?: AbortSignal): Promise<void> {
  const root = join(folder, 'root')
  await mkdir(root, { recursive: true })
  const packages: DebianTree['packages'] = []
  for (const deb of debs) {
    const purpose = 'unpack a Debian package'
    await runProgram('dpkg-deb', ['--extract', deb, root], { purpose, timeoutMs: UNPACK_TIMEOUT_MS, signal })
    const shown = await runProgram('dpkg-deb', ['--show', deb], {
      purpose: 'read the name of a Debian package',
      timeoutMs: UNPACK_TIMEOUT_MS,
      signal,
    })
    const [name = '', version = ''] = shown.trim().split('\t')
    packages.push({ name, version })
  }
  await rm(join(root, 'usr', 'share'), { recursive: true, force: true })
  await linkTopFolders(root)
  await writeFile(join(folder, 'packages.json'), JSON.stringify(packages, undefined, 2))
}

/** Since Debian 13 packages ship everything under /usr, and an installation links /lib64 (the loader), /bin and the rest. */
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
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Another process may have made the same tree meanwhile: the first one stays. */
async function moveInPlace(made: string, folder: string): Promise<void> {
  try {
    await rename(made, folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST' && code !== 'ENOTEMPTY') throw error
  }
}

async function readTree(folder: string, key: string): Promise<DebianTree | undefined> {
  try {
    const packages = JSON.parse(await readFile(join(folder, 'packages.json'), 'utf8')) as DebianTree['packages']
    return { root: join(folder, 'root'), key, packages }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
