import { existsSync } from 'node:fs'
import path from 'node:path'
import { UsageError } from '../base/errors.ts'
import { reportsFolder, shown } from './project.ts'

/**
 * The folder of a finished run: one of `reports`, or a path to one; the last run if `name` is undefined. Throws
 * UsageError.
 */
export function findRun(name = 'latest', reports = reportsFolder): string {
  const folder = [path.join(reports, name), path.resolve(name)].find((place) =>
    existsSync(path.join(place, 'events.jsonl')),
  )
  if (folder !== undefined) return folder
  throw new UsageError(
    `there is no run ${name} in ${shown(reports)}: a run is a folder with events (events.jsonl), named by its name there or by a path`,
  )
}
