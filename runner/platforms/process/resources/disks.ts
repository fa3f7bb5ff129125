import { open, readFile, rm, stat, statfs } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../../child.ts'
import { UnsupportedFault } from '../../faults.ts'
import { PlatformError } from '../../platform.ts'
import { isAlive } from '../../process-id.mjs'
import type { DiskPlan, ProcessId } from '../protocol.ts'
import { plainly } from '../state-folder.ts'

/** Of one small disk. It takes as much memory as is used of it. */
const DISK_BYTES = 128 * 1024 * 1024
const TRY_TIMEOUT_MS = 2_500
const MOUNT_TIMEOUT_MS = 5_000
/** Lies beside the data, and fills the disk. */
const BALLAST = '.ballast'
const CHUNK = Buffer.alloc(1024 * 1024, 'redis-chaos')

/** Mounts a disk on each folder that it is given, and keeps them until its input ends. */
const KEEP = `size=$1; shift
for folder do mount -t tmpfs -o "size=$size,mode=700" redis-chaos "$folder" || exit 1; done
echo ready
read -r _`

/** How this user makes a namespace of mounts: the options of `unshare`, and those of `nsenter` to get into it. */
interface Namespaces {
  unshare: string[]
  enter: string[]
}

const AS_ROOT: Namespaces = { unshare: ['--mount'], enter: ['--mount'] }
/** Root in a namespace of users, and only there. */
const AS_USER: Namespaces = {
  unshare: ['--user', '--map-root-user', '--mount'],
  enter: ['--user', '--mount', '--preserve-credentials'],
}

/** How a small disk in memory can be mounted here, found out by mounting one. Throws UnsupportedFault with the reason. */
export async function tryDisks(): Promise<Namespaces> {
  if (process.platform !== 'linux') throw unsupported('a namespace of mounts is what only Linux has')
  let reason = ''
  for (const namespaces of userInfo().uid === 0 ? [AS_ROOT, AS_USER] : [AS_USER]) {
    try {
      await runProgram('unshare', [...namespaces.unshare, '/bin/sh', '-c', KEEP, 'sh', '65536', tmpdir()], {
        purpose: 'mount a small disk in a namespace of its own',
        timeoutMs: TRY_TIMEOUT_MS,
      })
      return namespaces
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      // It ended well but for its input, which ended at once.
      if (/failed with exit code 1$/.test(error.message)) return namespaces
      reason = error.message
    }
  }
  throw unsupported(reason)
}

function unsupported(reason: string): UnsupportedFault {
  return new UnsupportedFault(
    'a small disk for each server',
    reason,
    'a system may keep users from making namespaces: `sysctl kernel.apparmor_restrict_unprivileged_userns`, `user.max_user_namespaces`; or use a Docker engine',
  )
}

/** How a small disk for each of these folders is made, and how servers get to see them. Throws UnsupportedFault. */
export async function diskPlan(folders: readonly string[]): Promise<DiskPlan> {
  const { unshare, enter } = await tryDisks()
  return {
    command: 'unshare',
    args: [...unshare, '/bin/sh', '-c', KEEP, 'sh', String(DISK_BYTES), ...folders],
    enter: ['nsenter', '--target=@pid@', ...enter, '--'],
  }
}

/** The small disk of a server, which only processes in the namespace of its keeper see by its own path. */
export class SmallDisk {
  readonly #keeper: ProcessId
  readonly #folder: string

  constructor(keeper: ProcessId, folder: string) {
    this.#keeper = keeper
    this.#folder = folder
  }

  /** Where this program reaches what is on it. */
  get folder(): string {
    return join(`/proc/${this.#keeper.pid}/root`, this.#folder)
  }

  async set(state: 'full' | 'read-only' | undefined): Promise<void> {
    if (!isAlive(this.#keeper))
      throw new PlatformError('what kept the small disks of the servers is gone, and their data with it')
    const seen = await this.see()
    if (seen === state) return
    if (seen === 'read-only') await this.#mount('umount', [])
    if (seen === 'full') await plainly('make room on the disk', () => rm(this.#ballast, { force: true }))
    if (state === 'full') await this.#fill()
    if (state === 'read-only') {
      // The kernel makes no file system read-only while a file on it is open for writing; but what is mounted above it.
      await this.#mount('mount', ['--bind', this.#folder])
      await this.#mount('mount', ['--options', 'remount,bind,ro'])
    }
  }

  async see(): Promise<'full' | 'read-only' | undefined> {
    const mounts = await readFile(`/proc/${this.#keeper.pid}/mounts`, 'utf8')
    const own = mounts.split('\n').filter((line) => line.split(' ')[1] === escaped(this.#folder))
    // One above the other: the disk itself, and what hides it.
    if (own.length > 1) return 'read-only'
    const { bavail } = await statfs(this.folder)
    const filled = await stat(this.#ballast).then(
      () => true,
      () => false,
    )
    return filled && bavail === 0 ? 'full' : undefined
  }

  get #ballast(): string {
    return join(this.folder, BALLAST)
  }

  async #fill(): Promise<void> {
    const file = await plainly('fill the disk', () => open(this.#ballast, 'a', 0o600))
    try {
      for (;;) await file.write(CHUNK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      await file.close()
    }
  }

  async #mount(program: 'mount' | 'umount', options: readonly string[]): Promise<void> {
    const { enter } = userInfo().uid === 0 && (await isOwnUserNamespace(this.#keeper.pid)) ? AS_ROOT : AS_USER
    await runProgram('nsenter', [`--target=${this.#keeper.pid}`, ...enter, '--', program, ...options, this.#folder], {
      purpose: `${program} the disk`,
      timeoutMs: MOUNT_TIMEOUT_MS,
    })
  }
}

/** Whether a process is in this program's own namespace of users. */
async function isOwnUserNamespace(pid: number): Promise<boolean> {
  const [own, other] = await Promise.all(['self', String(pid)].map((process) => stat(`/proc/${process}/ns/user`)))
  return own?.ino === other?.ino
}

/** As /proc/mounts writes paths: proc(5), fstab(5). */
function escaped(path: string): string {
  return path.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}
