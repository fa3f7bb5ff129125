import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { homeFolder } from '../../base/user.ts'
import { clientFolder, manifestOf } from './registry.ts'

/**
 * The folder in which a client that comes with redis-chaos is installed, and its driver is started: that of redis-chaos
 * itself, or a copy where that one cannot be written to.
 */
export function placeOf(name: string): string {
  const { installed } = manifestOf(name)
  const own = clientFolder(name)
  if (installed === undefined || !('file' in installed) || existsSync(path.join(own, installed.file))) return own
  const copy = copyFolder(name)
  return existsSync(path.join(copy, installed.file)) ? copy : own
}

/** Whether its packages can be put into the folder of redis-chaos itself. */
export function isWritable(name: string): boolean {
  try {
    accessSync(clientFolder(name), constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Files of a driver, from the folder of all clients: its own, and those that drivers share. */
export function filesOf(name: string): string[] {
  const folder = clientFolder(name)
  const filesIn = (each: string) =>
    readdirSync(each, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort()
  return [...filesIn(path.dirname(folder)), ...filesIn(folder).map((file) => path.join(name, file))]
}

/**
 * Where its copy is, or would be: `redis-chaos/clients` in `$XDG_CACHE_HOME`, else in `~/.cache`. Another for each state of
 * its files, so that none is used with another version of redis-chaos.
 */
export function copyFolder(name: string): string {
  const hash = createHash('sha256')
  for (const file of filesOf(name)) hash.update(file).update(readFileSync(path.join(clientFolder(name), '..', file)))
  const cacheHome = process.env.XDG_CACHE_HOME
  const cache = cacheHome?.startsWith('/') ? cacheHome : path.join(homeFolder(), '.cache')
  return path.join(cache, 'redis-chaos', 'clients', hash.digest('hex').slice(0, 12), name)
}
