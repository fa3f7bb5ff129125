import { readdir, readlink } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import type { ServerEntry } from '../catalogue.ts'
import { PlatformError } from '../errors.ts'
import { pathExists } from '../files.ts'
import type { DebianTree } from './tree.ts'

/** How to run a program of a tree on this machine: an argument array, never a shell's line. */
export interface TreeProgram {
  command: string
  /** To be followed by the program's own arguments. */
  args: string[]
  /** To be laid over the environment of the process. */
  env: Record<string, string>
}

/** More links than a path of a tree can have: a loop. */
const LINKS_AT_MOST = 20

/**
 * How to run a server of the tree (`redis-server`) with the tree's own loader and libraries, so that one of a newer
 * Debian runs on an older one. Its locale and its OpenSSL configuration are not this machine's, which its libraries may
 * not understand: Redis 7.2 and later end at once in a locale that they cannot load. Throws PlatformError if the tree
 * lacks the program or a loader.
 */
export async function treeServer(tree: DebianTree, program: string): Promise<TreeProgram> {
  const { root } = tree
  // By its own name, although it is a link: one binary is server, checker and more, and goes by the name it is called
  // by.
  const binary = join(root, 'usr', 'bin', program)
  const isThere = (await resolveInTree(root, join('usr', 'bin', program))) !== undefined
  const loader = await findLoader(root)
  if (!isThere || loader === undefined) {
    const missing = isThere ? 'loader' : `program \`${program}\``
    throw new PlatformError(`the Debian packages unpacked in ${root} have no ${missing}`, {
      hint: `remove that folder, and they are fetched again: \`rm -r ${resolve(root, '..')}\``,
    })
  }
  const libraries = (await libraryFolders(root)).join(':')
  return {
    command: loader,
    args: ['--inhibit-cache', '--library-path', libraries, binary],
    env: { LC_ALL: 'C', OPENSSL_CONF: '/dev/null' },
  }
}

/** The tree's server in words, from the version of its own package: `5:7.0.15-1~deb12u10` is `redis 7.0.15`. */
export function serverOfTree(tree: DebianTree, entry: ServerEntry): string {
  const found = tree.packages.find(({ name }) => name === entry.program)
  const version = found?.version.replace(/^\d+:/, '').replace(/[-+~].*$/, '')
  return version ? `${entry.name.split(':')[0]} ${version}` : entry.name.replace(':', ' ')
}

/** The program interpreter of the tree's C library: `/lib64/ld-linux-x86-64.so.2`, `/lib/ld-linux-aarch64.so.1`, … */
async function findLoader(root: string): Promise<string | undefined> {
  for (const folder of ['lib64', 'lib']) {
    const inTree = await resolveInTree(root, folder)
    const names = inTree === undefined ? [] : await readdir(inTree)
    const name = names.find((candidate) => /^ld-linux.*\.so\.\d+$/.test(candidate))
    if (inTree !== undefined && name !== undefined) return resolveInTree(root, join(relative(root, inTree), name))
  }
  return undefined
}

/** Debian keeps libraries in folders named by architecture (`x86_64-linux-gnu`), below /lib and /usr/lib. */
async function libraryFolders(root: string): Promise<string[]> {
  const folders: string[] = []
  for (const top of ['lib', 'usr/lib']) {
    const inTree = await resolveInTree(root, top)
    const names = inTree === undefined ? [] : await readdir(inTree)
    folders.push(...names.filter((name) => /-linux-gnu/.test(name)).map((name) => join(inTree ?? '', name)))
  }
  return [...new Set(folders)]
}

/**
 * The file that a path of the tree names, its links followed as if the tree were the root; undefined if there is none.
 */
async function resolveInTree(root: string, path: string): Promise<string | undefined> {
  let rest = path.split('/')
  let at = '/'
  for (let links = 0; links < LINKS_AT_MOST; ) {
    const [name, ...others] = rest
    if (name === undefined) return (await pathExists(join(root, at))) ? join(root, at) : undefined
    const next = resolve(at, name)
    const target = await readlink(join(root, next)).catch(() => undefined)
    if (target === undefined) {
      at = next
      rest = others
    } else {
      links += 1
      rest = [...target.split('/'), ...others]
      if (target.startsWith('/')) at = '/'
    }
  }
  return undefined
}
