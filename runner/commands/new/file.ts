import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { codeOf, UsageError } from '../../base/errors.ts'
import { makeFolder } from '../../base/folders.ts'
import { scenariosFolder, shown } from '../project.ts'

const FOLDER = 'scenarios'

/**
 * The file of a scenario that is to be written: a path (`mine/cart.yaml`, `./cart`) as it is, a name in the folder
 * `scenarios` if there is one here. Throws UsageError for what is no name, or is there already.
 */
export function newFile(name: string): string {
  const isPath = name.includes('/') || /\.ya?ml$/.test(name)
  const bare = name.replace(/\.ya?ml$/, '')
  if (!/^[\w.~/-]*[\w-]$/.test(bare) || path.basename(bare).startsWith('-'))
    throw new UsageError(`\`${name}\` is no name for a scenario: use letters, digits and dashes, as in my-failover`)
  const wanted = /\.ya?ml$/.test(name) ? name : `${name}.yaml`
  const file = isPath || !existsSync(FOLDER) ? path.normalize(wanted) : path.join(FOLDER, wanted)
  if (existsSync(file))
    throw new UsageError(`${shown(file)} is there already, and is not overwritten: choose another name`)
  return file
}

/** Throws UsageError if the file is there by now. */
export function writeNew(file: string, text: string): void {
  makeFolder(path.dirname(file))
  try {
    writeFileSync(file, text, { flag: 'wx' })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    throw new UsageError(`${shown(file)} is there already, and is not overwritten: choose another name`)
  }
}

/** A name that no file has: `kill-master`, `kill-master-2`, … */
export function freeName(wanted: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`
    if (![FOLDER, '.'].some((folder) => existsSync(path.join(folder, `${name}.yaml`)))) return name
  }
}

/** The line by which editors find the schema of scenarios from this file. */
export function schemaLine(file: string): string {
  const schema = path.join(scenariosFolder, 'scenario.schema.json')
  const way = path
    .relative(path.dirname(path.resolve(file)), schema)
    .split(path.sep)
    .join('/')
  return `# yaml-language-server: $schema=${way.startsWith('.') ? way : `./${way}`}`
}
