import { copyFileSync } from 'node:fs'
import path from 'node:path'
import { makeFolder } from '../../base/folders.ts'
import { runProgram } from '../../platforms/child.ts'
import { findClient, type InstalledClient, missingClient } from './installed.ts'
import { copyFolder, filesOf, isWritable } from './place.ts'
import { clientFolder, manifestOf } from './registry.ts'

/** A registry may be slow, ms. */
const INSTALL_WITHIN_MS = 180_000

/**
 * Installs a client that comes with redis-chaos, exactly as its lock file says. Rejects with ClientMissing where a person
 * must do it, and with PlatformError where it cannot be done.
 */
export async function installClient(name: string, signal?: AbortSignal): Promise<InstalledClient> {
  const { install } = manifestOf(name)
  if (install) {
    const folder = isWritable(name) ? clientFolder(name) : copyOf(name)
    const [program = '', ...args] = install
    await runProgram(program, args, { purpose: `install ${name}`, timeoutMs: INSTALL_WITHIN_MS, signal, folder })
  }
  const found = await findClient(name)
  if (!found) throw missingClient(name)
  return found
}

/** Its folder, and what drivers share beside it, in a place that can be written to. */
function copyOf(name: string): string {
  const copy = copyFolder(name)
  makeFolder(copy)
  for (const file of filesOf(name)) {
    copyFileSync(path.join(clientFolder(name), '..', file), path.join(copy, '..', file))
  }
  return copy
}
