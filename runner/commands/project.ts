import { existsSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../base/errors.ts'

/** The folder of redis-chaos itself, where `scenarios/` and `docker/` are. */
export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** As `npm` knows it: `0.1.0`. */
export function version(): string {
  return String(JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')).version)
}

/** The scenarios that come with redis-chaos. */
export const scenariosFolder = path.join(projectRoot, 'scenarios')

/** Where runs leave what they saw: where one is, and not where redis-chaos is. */
export const reportsFolder = path.join(process.cwd(), 'reports')

/** A path as people read it: relative to where they are, if it is below. */
export function shown(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative === '' || relative.startsWith('..') ? file : relative
}

/**
 * The folder of a run: one of `reports`, or a path to one; the last run if `name` is undefined. What is named by a link,
 * as `latest`, is the run that it leads to now: the next run turns the link to itself. Throws UsageError.
 */
export function findRun(name = 'latest', reports = reportsFolder): string {
  const ours = path.join(reports, name)
  const folder = [ours, path.resolve(name)].find((place) => existsSync(path.join(place, 'events.jsonl')))
  if (folder === undefined) {
    throw new UsageError(
      `there is no run ${name} in ${shown(reports)}: a run is a folder with events (events.jsonl), named by its name there or by a path`,
    )
  }
  const parent = path.dirname(folder)
  const real = realpathSync(folder)
  if (path.dirname(real) === realpathSync(parent)) return path.join(parent, path.basename(real))
  // Reports are written into it: a link that came with somebody else's reports may lead anywhere.
  if (folder === ours) {
    throw new UsageError(`${shown(folder)} leads out of ${shown(reports)}: name the run that is meant by its path`)
  }
  return real
}
