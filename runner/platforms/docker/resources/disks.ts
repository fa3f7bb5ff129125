import type { MountSettings } from 'dockerode'
import { PlatformError } from '../../errors.ts'
import { UnsupportedFault } from '../../faults.ts'
import type { ServerNode } from '../../platform.ts'
import { type Engine, undefinedIfGone } from '../engine.ts'
import { execIn } from '../exec.ts'
import { type FileEntry, getFile, OWNED, putFiles, USER_ID } from '../files.ts'
import type { Labels } from '../labels.ts'
import { dataFolderOf } from './data-folder.ts'

/** Where a node's small disk is mounted. */
const DISK_FOLDER = '/node/disk'
/** A folder of it: what fills the disk lies beside the data. */
export const DATA_FOLDER = `${DISK_FOLDER}/data`
/** The same, to be made in the node's folder. */
export const DATA_FOLDER_ENTRY: FileEntry = { name: 'disk/data', type: 'directory', mode: 0o700, ...OWNED }
/** Of one small disk. It takes as much memory as is used of it. */
const DISK_BYTES = 128 * 1024 * 1024

/** Builtins of a POSIX shell: the image holds nothing else. Each gets the node's disk as `$1`. */
const FILL = `chunk=0123456789abcdef count=0
while [ $count -lt 12 ]; do chunk=$chunk$chunk count=$((count + 1)); done
while printf %s "$chunk"; do :; done >>"$1/ballast" 2>/dev/null
[ -s "$1/ballast" ]`
const CLEAR = `[ ! -e "$1/ballast" ] || : >"$1/ballast"`
const SEE = `[ -w "$1/$2" ] || printf 'read-only '
if [ -s "$1/ballast" ] && ! printf x 2>/dev/null >>"$1/ballast"; then printf 'full '; fi`
/** Empties the files of a folder, `$2` of the disk: nothing here could remove them. */
const EMPTY = `for file in "$1/$2"/* "$1/$2"/*/*; do [ ! -f "$file" ] || : >"$file"; done`

function volumeName(runId: string, index: number): string {
  return `redis-chaos-${runId}-disk${index}`
}

/** The container that keeps the disks of a run: what is in memory is lost when no container uses it any more. */
function keeperName(runId: string): string {
  return `redis-chaos-${runId}-disks`
}

/** The small disk of a node, for its container. */
export function diskMount(runId: string, index: number): MountSettings {
  return {
    Type: 'volume',
    Source: volumeName(runId, index),
    Target: DISK_FOLDER,
    ReadOnly: false,
    VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } },
  }
}

/** Makes a small disk in memory for each node, and starts what keeps them for as long as the run lives. */
export async function createDisks(
  engine: Engine,
  { runId, count, image, labels }: { runId: string; count: number; image: string; labels: Labels },
): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index)
  await Promise.all(
    indexes.map((index) =>
      engine.call(`make disk ${index}`, (abortSignal) =>
        engine.docker.createVolume({
          Name: volumeName(runId, index),
          Driver: 'local',
          DriverOpts: {
            type: 'tmpfs',
            device: 'tmpfs',
            o: `size=${DISK_BYTES},uid=${USER_ID},gid=${USER_ID},mode=700`,
          },
          Labels: labels,
          abortSignal,
        }),
      ),
    ),
  )
  const keeper = await engine.call('create the container that keeps the disks', (abortSignal) =>
    engine.docker.createContainer({
      name: keeperName(runId),
      Image: image,
      Labels: labels,
      Entrypoint: ['/bin/sh', '-c', 'read -r _'],
      Cmd: [],
      OpenStdin: true,
      HostConfig: {
        NetworkMode: 'none',
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Mounts: indexes.map((index) => ({ ...diskMount(runId, index), Target: `/disks/${index}` })),
      },
      abortSignal,
    }),
  )
  await engine.call('start the container that keeps the disks', (abortSignal) => keeper.start({ abortSignal }))
}

/** The small disks of a run's nodes. */
export class Disks {
  readonly #engine: Engine
  readonly #runId: string

  constructor(engine: Engine, runId: string) {
    this.#engine = engine
    this.#runId = runId
  }

  /** Whether this run's nodes have small disks. */
  async areThere(): Promise<boolean> {
    const keeper = this.#engine.docker.getContainer(keeperName(this.#runId))
    const found = await undefinedIfGone(
      this.#engine.call('look for the small disks', (abortSignal) => keeper.inspect({ abortSignal })),
    )
    return found !== undefined
  }

  /** Fills a disk, makes it read-only, or puts it right. Throws UnsupportedFault where there are no small disks. */
  async set(node: ServerNode, state: 'full' | 'read-only' | undefined): Promise<void> {
    const seen = (await this.areThere()) ? await this.see(node) : undefined
    if (seen === state) return
    if (!(await this.areThere()))
      throw new UnsupportedFault(`a ${state} disk`, 'the servers were made without disks of their own')
    if (seen === 'read-only') await this.#protect(node, false)
    if (seen === 'full') await this.#run(node, 'make room', CLEAR)
    if (state === 'full') await this.#run(node, 'fill the disk', FILL)
    if (state === 'read-only') await this.#protect(node, true)
  }

  /** What is wrong with a disk, as seen by the server's user. */
  async see(node: ServerNode): Promise<'full' | 'read-only' | undefined> {
    const said = await this.#run(node, 'look at the disk', SEE, await this.#dataName(node))
    if (said.includes('read-only')) return 'read-only'
    return said.includes('full') ? 'full' : undefined
  }

  /** Empties what a data folder of a node, which it has left, takes on its disk. */
  async empty(node: ServerNode, folder: string): Promise<void> {
    await this.#run(node, 'empty the old data', EMPTY, nameIn(folder))
  }

  /**
   * By permissions, which is all that can be changed: the kernel makes no file system read-only while a file on it is
   * open for writing. So what the server has open it can go on writing; it can make, replace and open nothing.
   */
  async #protect(node: ServerNode, isProtected: boolean): Promise<void> {
    const doing = `${isProtected ? 'protect' : 'open'} the data of ${node.name}`
    const { serverName } = node
    const folder = await dataFolderOf(this.#engine, serverName, doing)
    const owner = isProtected ? { uid: 0, gid: 0 } : OWNED
    const name = nameIn(folder)
    // What it knows of the cluster is overwritten in place by Redis 7.0, and so must not be writable itself.
    const known = await getFile(this.#engine, serverName, doing, `${folder}/nodes.conf`)
    const mode = isProtected ? 0o444 : 0o644
    await putFiles(this.#engine, serverName, doing, DISK_FOLDER, [
      { name, type: 'directory', mode: isProtected ? 0o555 : 0o700, ...owner },
      ...(known ? [{ name: `${name}/nodes.conf`, mode, ...owner, content: known }] : []),
    ])
  }

  async #dataName(node: ServerNode): Promise<string> {
    return nameIn(await dataFolderOf(this.#engine, node.serverName, `look at the data of ${node.name}`))
  }

  async #run(node: ServerNode, what: string, script: string, name = ''): Promise<string> {
    const doing = `${what} of ${node.name}`
    const command = ['/bin/sh', '-c', script, 'sh', `/disks/${node.index}`, name]
    const { exitCode, said } = await execIn(this.#engine, keeperName(this.#runId), doing, command)
    if (exitCode === 0) return said
    throw new PlatformError(`could not ${doing}: ${said || `exit code ${exitCode}`}`)
  }
}

function nameIn(folder: string): string {
  return folder.slice(folder.lastIndexOf('/') + 1)
}
