import { existsSync, mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { codeOf } from './errors.ts'
import { reasonOf } from './surroundings.ts'

/** What the system says of a path that leads nowhere; the last is what Node.js says of a path that there cannot be. */
const NOWHERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'])

/** Whether a path leads to a folder: below a file there is none. Throws what the system says if it may not be looked at. */
export function isFolder(place: string): boolean {
  try {
    return statSync(place).isDirectory()
  } catch (error) {
    if (NOWHERE.has(codeOf(error) ?? '')) return false
    throw error
  }
}

/**
 * Why nothing can be written into a folder, in words; undefined if it can. It need not be there yet. Nothing is left of
 * the attempt, which is made in the nearest folder that is there.
 */
export function whyNotWritable(folder: string): string | undefined {
  const whole = resolve(folder)
  const there = nearestThere(whole)
  try {
    if (!isFolder(there)) return `${there} is a file and no folder`
    rmdirSync(mkdtempSync(join(there, '.redis-chaos-')))
    return undefined
  } catch (error) {
    // A folder of the kernel says so of every name.
    return codeOf(error) === 'ENOENT' ? `nothing can be made in ${there}` : reasonOf(error)
  }
}

function nearestThere(place: string): string {
  return existsSync(place) || place === dirname(place) ? place : nearestThere(dirname(place))
}

/**
 * Makes a folder, and those above it, if they are not there. Throws what the system says of the first that it refuses:
 * Node's own recursive mkdir says ENOENT whatever that is, and never ends where a folder that is there says ENOENT.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  try {
    mkdirSync(folder, { mode })
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return
    if (code !== 'ENOENT' || existsSync(dirname(folder))) throw error
    makeFolder(dirname(folder), mode)
    mkdirSync(folder, { mode })
  }
}
