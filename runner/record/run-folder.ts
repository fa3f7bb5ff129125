import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ChaosError, codeOf } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { makeFolder, whyNotWritable } from '../base/folders.ts'
import { hintFor, reasonOf, systemCode } from '../base/surroundings.ts'

/** A folder or file of the reports cannot be made or written. */
export class RunFolderError extends ChaosError {
  override name = 'RunFolderError'
}

/** The reports are named to be where no folder can be: below a file, or where the kernel keeps its own. */
class ReportsPlaceError extends RunFolderError {
  override readonly exitCode = EXIT.usage
}

const MISNAMED: ReadonlySet<string> = new Set(['EEXIST', 'ENOTDIR', 'ENOENT', 'ELOOP', 'ENAMETOOLONG'])

const IN = (reports: string) => `The folder of the run cannot be made in ${reports}`

/** Where one run leaves what it saw. All paths start with the reports folder as it was given. */
export interface RunFolder {
  /** `reports/2026-11-22T13-40-05Z-failover-basic`. */
  path: string
  eventsFile: string
  /** One file a workload. */
  historyFolder: string
  /** One log a node. */
  nodesFolder: string
}

/**
 * Makes `<reports>/<UTC time>-<name>/` with `history/` and `nodes/`, and points `<reports>/latest` to it. Runs that
 * start within the same second get folders of their own (`-2`, `-3`, …). `wallMs` is when the run started, in ms since
 * the epoch. `own` ends the name of a run whose folder may be put beside those of other machines. Throws RunFolderError.
 */
export function createRunFolder(reports: string, name: string, wallMs: number, own?: string): RunFolder {
  makeReports(reports)
  try {
    const end = own === undefined ? '' : `-${fileName(own)}`
    const path = makeUnique(join(reports, `${fileTime(wallMs)}-${fileName(name)}${end}`))
    const folder = {
      path,
      eventsFile: join(path, 'events.jsonl'),
      historyFolder: join(path, 'history'),
      nodesFolder: join(path, 'nodes'),
    }
    mkdirSync(folder.historyFolder)
    mkdirSync(folder.nodesFolder)
    pointLatestTo(reports, basename(path))
    return folder
  } catch (cause) {
    throw failure(IN(reports), cause)
  }
}

function makeReports(reports: string): void {
  try {
    makeFolder(reports)
  } catch (cause) {
    if (!MISNAMED.has(systemCode(cause) ?? '')) throw failure(IN(reports), cause)
    const hint = 'name another folder with --reports'
    throw new ReportsPlaceError(`${IN(reports)}: ${whyNotWritable(reports) ?? reasonOf(cause)}`, { hint, cause })
  }
}

/** `text` as a part of a file name: letters, digits, dots, dashes and underscores, 80 at most. */
export function fileName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+|-+$/g, '')
  return name.slice(0, 80) || 'run'
}

/** `2026-11-22T13-40-05Z`: ISO 8601 without the colons that some file systems refuse. */
function fileTime(wallMs: number): string {
  return new Date(wallMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')
}

function makeUnique(path: string): string {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? path : `${path}-${number}`
    try {
      mkdirSync(candidate)
      return candidate
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
}

/** Renaming replaces the old link in one step: a reader finds the old run or the new one, never nothing. */
function pointLatestTo(reports: string, target: string): void {
  const temporary = join(reports, `.latest-${target}`)
  try {
    symlinkSync(target, temporary)
    renameSync(temporary, join(reports, 'latest'))
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function failure(what: string, cause: unknown): RunFolderError {
  const hint = hintFor(
    systemCode(cause),
    'make room or the right to write there, or name another folder with --reports',
  )
  return new RunFolderError(`${what}: ${reasonOf(cause)}`, { hint, cause })
}
