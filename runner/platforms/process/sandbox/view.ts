import { chmod, lstat, mkdir, readlink, realpath, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf } from '../../../base/errors.ts'

/**
 * A server's view of the file system: an almost empty root, onto which is mounted what it needs. Nobody else sees these
 * mounts, and they are gone with the server.
 */

/** Where a system has its programs and libraries. Some of them are links to others. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']
/** Where more of them may be, which are seen only by what comes from there. */
const ADDED = ['/opt', '/nix', '/gnu']
const SYSTEM_FILES = ['/etc/ld.so.cache', '/etc/localtime', '/etc/ssl/openssl.cnf']
const DEVICES = ['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom']

const READ_ONLY = 'ro,nosuid,nodev'

export interface View {
  /** The server's own folder: it sees it, and cannot write there. */
  folder: string
  /** What it is made beside. Default: that folder. */
  beside?: string
  /** The one place where it can write; nothing there can be executed, or loaded as a library. */
  data: string
  /** Files and folders outside the system's own that it needs to run. */
  reads: readonly string[]
}

/** Where the view of a server is made: beside its folder, which is mounted in it with all that is mounted there. */
export function viewBeside(folder: string): { table: string; root: string } {
  return { table: join(`${folder}.view`, 'mounts'), root: join(`${folder}.view`, 'root') }
}

/** Makes the root of a view, with a place for each mount, and the table of the mounts. Throws errors of files. */
export async function makeView({ folder, beside = folder, data, reads }: View): Promise<void> {
  const { table, root } = viewBeside(beside)
  await mkdir(dirname(root), { mode: 0o700 })
  await makeFolders(root, '/')
  const mounts = [mount(root, root, `bind,${READ_ONLY},noexec`)]
  const add = async (path: string, options: string, isFolder = true) => {
    await makePlace(root, path, isFolder)
    mounts.push(mount(path, join(root, path), options))
  }
  for (const path of SYSTEM) if (await isOrBecomesFolder(path, root)) await add(path, `rbind,${READ_ONLY}`)
  for (const path of SYSTEM_FILES) if (await isThere(path)) await add(path, `bind,${READ_ONLY},noexec`, false)
  for (const path of DEVICES) await add(path, 'bind', false)
  // The kernel itself lets nobody look into processes of others, or of other namespaces.
  await add('/proc', 'rbind')
  for (const path of await needed(reads)) {
    const isFolder = (await stat(path)).isDirectory()
    await add(path, `${isFolder ? 'rbind' : 'bind'},${READ_ONLY}`, isFolder)
  }
  // A namespace of users gets no part of what is mounted in another one.
  await add(folder, `rbind,${READ_ONLY},noexec`)
  await add(data, 'bind,nosuid,nodev,noexec')
  await writeFile(table, mounts.join(''), { mode: 0o600 })
}

/** Where a system has `/bin` as a link to `usr/bin`, the view has too. */
async function isOrBecomesFolder(path: string, root: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  if (!found?.isSymbolicLink()) return found?.isDirectory() ?? false
  await symlink(await readlink(path), join(root, path))
  return false
}

/** Without what the system's own folders have; whole folders of added software for what lies in them. */
async function needed(reads: readonly string[]): Promise<string[]> {
  const wanted = await Promise.all(
    reads.map(async (path) => {
      const target = await realpath(path)
      if (isBelow(target, SYSTEM) && isBelow(path, SYSTEM)) return []
      return [...ADDED.filter((top) => isBelow(target, [top])), path]
    }),
  )
  const all = [...new Set(wanted.flat())]
  return all.filter((path) => !isBelow(dirname(path), all))
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`))
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

/** What a mount can be put on, at this path of a root. */
async function makePlace(root: string, path: string, isFolder: boolean): Promise<void> {
  await makeFolders(root, isFolder ? path : dirname(path))
  if (!isFolder) await unlessThere(writeFile(join(root, path), '', { flag: 'wx' }))
}

async function makeFolders(root: string, path: string): Promise<void> {
  const place = join(root, path)
  if (await isThere(place)) return
  if (path !== '/') await makeFolders(root, dirname(path))
  await unlessThere(mkdir(place))
  // The runner's file mode creation mask must not keep the server out.
  await chmod(place, 0o755)
}

async function unlessThere(made: Promise<unknown>): Promise<void> {
  await made.catch((error) => {
    if (codeOf(error) !== 'EEXIST') throw error
  })
}

/** A line of fstab(5): what separates its fields stands in it as octal numbers. */
function mount(source: string, target: string, options: string): string {
  const [from, to] = [source, target].map((path) =>
    path.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`),
  )
  return `${from} ${to} none ${options} 0 0\n`
}
