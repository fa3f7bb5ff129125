import { join } from 'node:path'
import type { Namespaces } from '../namespaces.ts'
import type { ServerProgram } from '../server-program.ts'
import { findSandbox } from './find-sandbox.ts'
import type { Sandbox } from './sandbox.ts'

interface Wanted {
  program: ServerProgram
  /** Files and folders outside the system's own that a server needs to run. */
  reads: readonly string[]
  /** The namespaces of the servers' small disks, if they have any. */
  disks: Namespaces | undefined
  port: number
}

/** The sandboxes of the servers of a platform: found by trying, once for all groups that need the same. */
export class Sandboxes {
  readonly #known = new Map<string, Sandbox>()

  /** The smallest that the servers of a run start in. `runFolder` has been made, in `stateFolder`. */
  async find(wanted: Wanted, runFolder: string, stateFolder: string, signal?: AbortSignal): Promise<Sandbox> {
    const { program, reads, disks, port } = wanted
    const key = JSON.stringify([program.path, reads, disks])
    const known = this.#known.get(key)
    // Without a view the folders of each run must be opened for its servers, which trying does.
    if (known && !(known.ownUser && !known.view)) return known
    const command = [...program.loader, program.path, '--version']
    const place = { folder: join(runFolder, 'sandbox'), parents: [runFolder, stateFolder] }
    const { sandbox } = await findSandbox({ command, reads, port, disks, needsAll: program.isScript }, place, signal)
    this.#known.set(key, sandbox)
    return sandbox
  }
}
