import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { codeOf, UsageError } from '../../base/errors.ts'
import { makeFolder } from '../../base/folders.ts'
import { scenariosFolder, shown } from '../project.ts'

const USUAL_FOLDER = 'scenarios'
export const SCHEMA = 'scenario.schema.json'

/** Where names are looked for and files written: the project's own folder of scenarios, or `scenarios` if there is one here. */
export function folderOf(own: string | undefined): string {
  return own ?? (existsSync(USUAL_FOLDER) ? USUAL_FOLDER : '.')
}

/**
 * The file of a scenario that is to be written: a path (`mine/cart.yaml`, `./cart`) as it is, a name in `folder`. Throws
 * UsageError for what is no name, or is there already.
 */
export function newFile(name: string, folder: string): string {
  const isPath = name.includes('/') || /\.ya?ml$/.test(name)
  const bare = name.replace(/\.ya?ml$/, '')
  if (!/^[\w.~/-]*[\w-]$/.test(bare) || path.basename(bare).startsWith('-'))
    throw new UsageError(`\`${name}\` is no name for a scenario: use letters, digits and dashes, as in my-failover`)
  const wanted = /\.ya?ml$/.test(name) ? name : `${name}.yaml`
  const file = isPath ? path.normalize(wanted) : path.join(folder, wanted)
  if (existsSync(file)) throw isThere(file)
  return file
}

/** Throws UsageError if the file is there by now. */
export function writeNew(file: string, text: string): void {
  makeFolder(path.dirname(file))
  try {
    writeFileSync(file, text, { flag: 'wx' })
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? isThere(file) : error
  }
}

function isThere(file: string): UsageError {
  return new UsageError(`${shown(file)} is there already, and is not overwritten: choose another name`)
}

/** A name that no file of the folder has: `kill-master`, `kill-master-2`, … */
export function freeName(wanted: string, folder: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`
    if (!existsSync(path.join(folder, `${name}.yaml`))) return name
  }
}

/**
 * The line by which editors find the schema of scenarios from this file: a copy beside it or above it, else that of the
 * package that a folder above has installed, else the one of this program. Relative, unless it lies elsewhere.
 */
export function schemaLine(file: string, schema = SCHEMA): string {
  const from = path.dirname(path.resolve(file))
  const near = schemaAround(from, schema)
  const way =
    near === undefined ? path.join(scenariosFolder, schema) : path.relative(from, near).split(path.sep).join('/')
  return `# yaml-language-server: $schema=${/^[./]/.test(way) ? way : `./${way}`}`
}

/** The nearest schema of a name beside a folder or above it, in a package that is installed there, too. */
export function schemaAround(folder: string, schema: string): string | undefined {
  const places = ['.', USUAL_FOLDER, path.join('node_modules', 'redis-chaos', 'scenarios')]
  const found = places.map((place) => path.join(folder, place, schema)).find((file) => existsSync(file))
  return found ?? (path.dirname(folder) === folder ? undefined : schemaAround(path.dirname(folder), schema))
}
