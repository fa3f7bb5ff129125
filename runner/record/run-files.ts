import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { codeOf, messageOf } from '../base/errors.ts'
import { PlainFileError, readPlainFile, replaceFile } from '../base/plain-file.ts'
import { RunFolderError } from './run-folder.ts'

/**
 * Where a path that a record names lies. The record may come from anybody: what leads out of the run's folder, by itself
 * or by a symbolic link on its way, is refused with RunFolderError.
 */
export function placeInside(folder: string, path: string): string {
  if (!staysInside(path)) throw outside(path)
  let place = realPlace(folder)
  for (const part of normalize(path).split(sep)) {
    place = join(place, part)
    if (isLink(place)) {
      throw new RunFolderError(
        `${join(folder, path)} is or lies behind a symbolic link: in the folder of a run none is followed`,
      )
    }
  }
  return join(folder, path)
}

function realPlace(folder: string): string {
  try {
    return realpathSync(folder)
  } catch (cause) {
    throw new RunFolderError(`${folder} cannot be looked at: ${messageOf(cause)}`, { cause })
  }
}

/** Whether there is something in the folder of a run at a path that its record names. */
export function isInside(folder: string, path: string): boolean {
  try {
    return existsSync(placeInside(folder, path))
  } catch (error) {
    if (error instanceof RunFolderError) return false
    throw error
  }
}

/** Whether a relative path leads nowhere outside of the folder that it is taken from, nor to that folder itself. */
export function staysInside(path: string): boolean {
  const way = normalize(path)
  return !isAbsolute(path) && !path.includes('\0') && way !== '.' && way !== '..' && !way.startsWith(`..${sep}`)
}

function outside(path: string): RunFolderError {
  return new RunFolderError(`${path} leads out of the folder of the run: nothing there is touched`)
}

function isLink(place: string): boolean {
  try {
    return lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true
  } catch (cause) {
    // Behind a file nothing can be; what is done there will say so.
    if (codeOf(cause) === 'ENOTDIR') return false
    throw new RunFolderError(`${place} cannot be looked at: ${messageOf(cause)}`, { cause })
  }
}

/**
 * Writes a file into the folder of a run, whole or not at all; a link of its name is replaced. Throws RunFolderError,
 * and what the system says.
 */
export function writeInside(folder: string, path: string, text: string): void {
  if (!staysInside(path)) throw outside(path)
  const way = dirname(normalize(path))
  const place = way === '.' ? folder : placeInside(folder, way)
  if (way !== '.') mkdirSync(place, { recursive: true })
  replaceFile(join(place, basename(path)), text)
}

/** What a run left beside its events, for reports that show it. Nothing of it is needed for a verdict. */
export interface RunFiles {
  /** A text by its path within the run's folder; undefined when it is not there. */
  text(path: string): string | undefined
}

/** For a run of which nothing but the events is left. */
export const NO_FILES: RunFiles = { text: () => undefined }

/** A log of a long night; what is longer would not fit into any page. */
const MOST_BYTES = 200_000_000

/** The files in the folder of a run. What names them may come from elsewhere: nothing outside of the folder is read. */
export function runFiles(folder: string): RunFiles {
  return {
    text: (path) => {
      try {
        return readPlainFile(placeInside(folder, path), { most: MOST_BYTES, links: 'refuse' }).toString()
      } catch (error) {
        if (error instanceof PlainFileError || error instanceof RunFolderError) return undefined
        throw error
      }
    },
  }
}
