import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { typed } from '../../base/command-line.ts'
import { ChaosError } from '../../base/errors.ts'
import { runProgram } from '../../platforms/child.ts'
import { placeOf } from './place.ts'
import { manifestOf } from './registry.ts'

/** A client that a workload goes through is not on this machine. */
export class ClientMissing extends ChaosError {
  override name = 'ClientMissing'
}

const LOOK_WITHIN_MS = 10_000
const VERSION = /\d+(?:\.\d+)+\S*/

/** A client as it was found on this machine. */
export interface InstalledClient {
  /** Absent where nothing tells it. */
  version?: string
  /** The folder that its packages are in; absent for what the system has. */
  folder?: string
}

/** A client that comes with redis-chaos, if it can be used here. */
export async function findClient(name: string): Promise<InstalledClient | undefined> {
  const { installed } = manifestOf(name)
  const folder = placeOf(name)
  if (installed === undefined) return {}
  if ('file' in installed) {
    const file = path.join(folder, installed.file)
    return existsSync(file) ? { ...versionIn(file), folder } : undefined
  }
  const [program = '', ...args] = installed.command
  return await runProgram(program, args, { purpose: `look for ${name}`, timeoutMs: LOOK_WITHIN_MS, folder }).then(
    (output) => {
      const version = VERSION.exec(output)?.[0]
      return version === undefined ? {} : { version }
    },
    () => undefined,
  )
}

/** Throws ClientMissing, which says the command that installs it. */
export async function assertInstalled(name: string): Promise<void> {
  if (await findClient(name)) return
  throw missingClient(name)
}

export function missingClient(name: string): ClientMissing {
  const { install, byHand } = manifestOf(name)
  const how = install ? typed('client', [name]) : byHand
  return new ClientMissing(`the client ${name} is not installed`, { hint: how && `Install it with: ${how}` })
}

function versionIn(file: string): Pick<InstalledClient, 'version'> {
  try {
    const { version } = JSON.parse(readFileSync(file, 'utf8'))
    return typeof version === 'string' ? { version } : {}
  } catch {
    return {}
  }
}
