import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isPackage } from '../base/command-line.ts'

/** The folder of redis-chaos itself, where `scenarios/` and `docker/` are. */
export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

export const scenariosFolder = path.join(projectRoot, 'scenarios')

/** Where runs leave what they saw. */
export const reportsFolder = path.join(isPackage ? process.cwd() : projectRoot, 'reports')

/** A path as people read it: relative to where they are, if it is below. */
export function shown(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative === '' || relative.startsWith('..') ? file : relative
}
