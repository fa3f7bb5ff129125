import { existsSync } from 'node:fs'
import path from 'node:path'
import { reportsFolder, shown } from './project.ts'
import { UsageError } from './usage-error.ts'

/** The folder of a finished run: one of `reports/`, or a path to one; the last run if `name` is undefined. Throws UsageError. */
export function findRun(name = 'latest'): string {
  const folder = [path.join(reportsFolder, name), path.resolve(name)].find((place) =>
    existsSync(path.join(place, 'events.jsonl')),
  )
  if (folder === undefined) throw new UsageError(`there is no run ${name} with events in ${shown(reportsFolder)}`)
  return folder
}
