import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative, sep } from 'node:path'
import { isMap, parseDocument } from 'yaml'
import { nearestWords } from '../base/nearest.ts'

/** Folder, at any level of a library, whose files are step files and no scenarios. */
const STEP_FOLDER = 'steps'
const ENDINGS = ['.yaml', '.yml']

/** A scenario of the library, as far as it can be told without checking it. */
export interface LibraryEntry {
  /** By which it is asked for: `failover-basic`, `faults/partition`. */
  name: string
  /** The library's folder and the name, with ending. */
  file: string
  /** Absent when the file cannot be read as YAML. */
  title?: string
  tags: string[]
}

/** Where a scenario is, and the folder that its step files may not lie outside of. */
export interface FoundScenario {
  file: string
  root: string
}

/** All scenarios below a folder, by name. Empty if the folder does not exist. */
export function listScenarios(folder: string): LibraryEntry[] {
  return namedFiles(folder).map(({ name, file }) => ({ name, file, ...headOf(file) }))
}

/** The names of all scenarios below a folder, which takes a look at the folder alone. */
export function scenarioNames(folder: string): string[] {
  return namedFiles(folder).map(({ name }) => name)
}

/**
 * Finds a scenario by its name in the library's `folder`, or by a path to a `.yaml` file anywhere. The error is for
 * people and names the nearest scenarios.
 */
export function findScenario(name: string, folder: string): FoundScenario | { error: string; hint: string } {
  const isPath = ENDINGS.includes(extname(name))
  if (isPath) {
    const file = [name, join(folder, name)].find((each) => existsSync(each) && statSync(each).isFile())
    if (file !== undefined) return { file, root: isBelow(folder, file) ? folder : dirname(file) }
  }
  const names = scenarioNames(folder)
  if (!isPath && names.includes(name)) {
    const file = ENDINGS.map((ending) => join(folder, `${name}${ending}`)).find(existsSync)
    if (file !== undefined) return { file, root: folder }
  }
  return {
    error: isPath ? `there is no file ${name}` : `there is no scenario ${name}`,
    hint: hintFor(name, names, folder),
  }
}

/** The scenarios that have one of the tags; none of the tags known is for the caller to complain about. */
export function withTags(entries: readonly LibraryEntry[], tags: readonly string[]): LibraryEntry[] {
  return entries.filter((entry) => entry.tags.some((tag) => tags.includes(tag)))
}

function hintFor(name: string, names: readonly string[], folder: string): string {
  const wanted = name.replace(/\.ya?ml$/, '')
  const byBase = names.filter((each) => basename(each) === basename(wanted))
  const near = byBase.length > 0 ? byBase : nearestWords(wanted, names)
  if (near.length > 0) return `did you mean ${near.join(' or ')}?`
  return names.length === 0 ? `There are no scenarios in ${folder}.` : `There are: ${names.join(', ')}.`
}

function namedFiles(folder: string): { name: string; file: string }[] {
  return scenarioFiles(folder)
    .map((file) => ({ name: nameOf(folder, file), file }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'))
}

function nameOf(folder: string, file: string): string {
  return relative(folder, file).slice(0, -extname(file).length).split(sep).join('/')
}

function isBelow(folder: string, file: string): boolean {
  if (!existsSync(folder)) return false
  const way = relative(realpathSync(folder), realpathSync(file))
  return !way.startsWith('..') && way !== ''
}

function scenarioFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.')) return []
    if (entry.isDirectory()) return entry.name === STEP_FOLDER ? [] : scenarioFiles(path)
    return entry.isFile() && ENDINGS.includes(extname(entry.name)) ? [path] : []
  })
}

function headOf(file: string): Pick<LibraryEntry, 'title' | 'tags'> {
  const document = parseDocument(readFileSync(file, 'utf8'), { logLevel: 'silent' })
  if (document.errors.length > 0 || !isMap(document.contents)) return { tags: [] }
  const { title, tags } = document.toJS({ maxAliasCount: 100 }) as { title?: unknown; tags?: unknown }
  return { ...(typeof title === 'string' ? { title } : {}), tags: Array.isArray(tags) ? tags.map(String) : [] }
}
