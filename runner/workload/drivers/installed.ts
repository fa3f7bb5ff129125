import { existsSync } from 'node:fs'
import path from 'node:path'
import { typed } from '../../base/command-line.ts'
import { ChaosError } from '../../base/errors.ts'
import { runProgram } from '../../platforms/child.ts'
import { clientFolder, manifestOf } from './registry.ts'

/** A client that a workload goes through is not on this machine. */
export class ClientMissing extends ChaosError {
  override name = 'ClientMissing'
}

const LOOK_WITHIN_MS = 10_000

/** Whether a client that comes with redis-chaos can be used here. */
export async function isInstalled(name: string): Promise<boolean> {
  const { installed } = manifestOf(name)
  if (installed === undefined) return true
  if ('file' in installed) return existsSync(path.join(clientFolder(name), installed.file))
  const [program = '', ...args] = installed.command
  return await runProgram(program, args, { purpose: `look for ${name}`, timeoutMs: LOOK_WITHIN_MS }).then(
    () => true,
    () => false,
  )
}

/** Throws ClientMissing, which says the command that installs it. */
export async function assertInstalled(name: string): Promise<void> {
  if (await isInstalled(name)) return
  throw new ClientMissing(`the client ${name} is not installed`, {
    hint: `Install it with: ${typed('client', [name])}`,
  })
}
