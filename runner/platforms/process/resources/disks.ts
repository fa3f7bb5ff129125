import { constants } from 'node:fs'
import { chmod, open, rm, stat, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf } from '../../../base/errors.ts'
import { userId } from '../../../base/user.ts'
import { runProgram } from '../../child.ts'
import { PlatformError } from '../../errors.ts'
import { UnsupportedFault } from '../../faults.ts'
import { pathExists, wrapFileErrors } from '../../files.ts'
import { isAlive } from '../../process-id.ts'
import { AS_ROOT, AS_USER, type Namespaces } from '../namespaces.ts'
import type { DiskPlan, ProcessId } from '../protocol.ts'

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

/** Of one small disk. It takes as much memory as is used of it. */
const DISK_BYTES = 128 * 1024 * 1024
const TRY_TIMEOUT_MS = 2_500
const OWNER_WRITES = 0o200
/** Lies beside the data, and fills the disk. */
const BALLAST = '.ballast'
const CHUNK = Buffer.alloc(1024 * 1024, 'redis-chaos')

/** Mounts a disk for each user and folder that it is given, and keeps them until its input ends. */
const KEEP = `size=$1; shift
while [ $# -gt 0 ]
do mount -t tmpfs -o "size=$size,mode=700,uid=$1,gid=$1" redis-chaos "$2" || exit 1; shift 2
done
echo ready
read -r _`

/** All that it takes: a disk in memory, the way into the namespace of a process, and a loss of capabilities. */
const TRY = `mount -t tmpfs -o size=64k,mode=700 redis-chaos "$1" &&
exec nsenter --target=$$ --mount -- setpriv --bounding-set=-all -- /bin/sh -c ':'`

/**
 * How a small disk in memory can be mounted here, found out by mounting one. Throws UnsupportedFault with the reason.
 */
export async function tryDisks(): Promise<Namespaces> {
  if (process.platform !== 'linux') throw unsupported('only Linux has mount namespaces')
  let reason = ''
  for (const namespaces of userId() === 0 ? [AS_ROOT, AS_USER] : [AS_USER]) {
    try {
      await runProgram('unshare', [...namespaces.unshare, '/bin/sh', '-c', TRY, 'sh', tmpdir()], {
        purpose: 'mount a small disk in a namespace of its own',
        timeoutMs: TRY_TIMEOUT_MS,
      })
      return namespaces
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      reason = error.message
    }
  }
  throw unsupported(reason)
}

function unsupported(reason: string): UnsupportedFault {
  return new UnsupportedFault(
    'a small disk for each server',
    reason,
    'the system may not let users create namespaces: `sysctl kernel.apparmor_restrict_unprivileged_userns`, `user.max_user_namespaces`; or use a Docker engine',
  )
}

/** What a small disk is mounted on. */
interface DiskPlace {
  folder: string
  /** The user, and group, that it belongs to, as its namespace counts them. */
  user: number
}

/** How a small disk for each of these folders is made, and how servers get to see them. */
export function diskPlan({ unshare, enter }: Namespaces, places: readonly DiskPlace[]): DiskPlan {
  return {
    command: 'unshare',
    args: [
      ...[...unshare, '/bin/sh', '-c', KEEP, 'sh', String(DISK_BYTES)],
      ...places.flatMap(({ folder, user }) => [String(user), folder]),
    ],
    enter: ['nsenter', '--target=@pid@', ...enter, '--'],
  }
}

/** The small disk of a server, which only processes in the namespace of its keeper see by its own path. */
export class SmallDisk {
  readonly #keeper: ProcessId
  readonly #folder: string

  /** `keeper`: the process that keeps the disks. `folder`: where the disk is mounted, by its own path. */
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
      throw new PlatformError("the process that kept the servers' small disks is gone, and their data with it")
    const seen = await this.see()
    if (seen === state) return
    if (seen === 'read-only') await this.#protect(false)
    if (seen === 'full') await wrapFileErrors('make room on the disk', () => rm(this.#ballast, { force: true }))
    if (state === 'full') await this.#fill()
    if (state === 'read-only') await this.#protect(true)
  }

  async see(): Promise<'full' | 'read-only' | undefined> {
    const { mode } = await wrapFileErrors('look at the disk', () => stat(this.folder))
    if ((mode & OWNER_WRITES) === 0) return 'read-only'
    const { bavail } = await wrapFileErrors('look at the disk', () => statfs(this.folder))
    const filled = await pathExists(this.#ballast)
    return filled && bavail === 0 ? 'full' : undefined
  }

  get #ballast(): string {
    return join(this.folder, BALLAST)
  }

  async #fill(): Promise<void> {
    const flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK
    const file = await wrapFileErrors('fill the disk', () => open(this.#ballast, flags, 0o600))
    try {
      for (;;) await file.write(CHUNK)
    } catch (error) {
      if (codeOf(error) !== 'ENOSPC') throw error
    } finally {
      await file.close()
    }
  }

  /**
   * By permissions, which is all that can be changed: the kernel makes no file system read-only while a file on it is
   * open for writing, and what is mounted above it is not seen by a server that is in the folder already. So what the
   * server has open it can go on writing; it can make, replace and open nothing.
   */
  async #protect(isProtected: boolean): Promise<void> {
    await wrapFileErrors(`${isProtected ? 'protect' : 'open'} the disk`, async () => {
      // What it knows of the cluster is overwritten in place by Redis 7.0, and so must not be writable itself.
      await setMode(join(this.folder, 'nodes.conf'), isProtected ? 0o400 : 0o600)
      await chmod(this.folder, isProtected ? 0o500 : 0o700)
    })
  }
}

/** Of a file that may not be there. What stands in its place is up to the server: a link of it is not followed. */
async function setMode(path: string, mode: number): Promise<void> {
  try {
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      await file.chmod(mode)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}
