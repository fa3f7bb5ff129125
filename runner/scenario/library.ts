import { type Dirent, existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative, sep } from 'node:path'
import { isMap, isScalar, isSeq, parseDocument, type YAMLMap } from 'yaml'
import { typed } from '../base/command-line.ts'
import { codeOf, messageOf } from '../base/errors.ts'
import { nearestWords } from '../base/nearest.ts'
import { PlainFileError } from '../base/plain-file.ts'
import { tooMuch } from './limits.ts'
import { readScenarioText } from './read-text.ts'

/** Folder, at any level of a library, whose files are step files and no scenarios. */
const STEP_FOLDER = 'steps'
/** Folders, at any level, in which nobody keeps scenarios of their own. */
const SKIPPED = [STEP_FOLDER, 'node_modules']
/** What a run's folder has, whose `scenario.yaml` is a record and no scenario of a library. */
const RECORD = 'events.jsonl'
/** Settings of a project, which may lie beside its scenarios. */
export const PROJECT_FILE = 'redis-chaos.yaml'
const ENDINGS = ['.yaml', '.yml']

/** A scenario of the library, as far as it can be told without checking it. */
export interface LibraryEntry {
  /** Its path in the folder, without ending: `basic/failover-basic`. Its last part is enough where no other has it. */
  name: string
  /** The library's folder and the name, with ending. */
  file: string
  /** The folder of the library that it is in. */
  folder: string
  /** A file of the same name in a later folder, which only its path finds. */
  hides?: string
  /** Absent when the file cannot be read as YAML. */
  title?: string
  tags: string[]
  /** Why it cannot be read at all, or holds more than a scenario does. */
  problem?: string
}

/** Where a scenario is, and the folder that its step files may not lie outside of. */
export interface FoundScenario {
  file: string
  root: string
  /** Why it is not to be read. */
  problem?: string
}

/** All scenarios of a library, by name: in each of its folders, whose order says which of two of a name is meant. */
export function listScenarios(...folders: string[]): LibraryEntry[] {
  return [...scenariosIn(folders)]
}

/** The same one by one: each file is read when it is asked for. */
export function* scenariosIn(folders: readonly string[]): Generator<LibraryEntry> {
  for (const { problem, ...found } of namedFiles(folders)) {
    yield { ...found, ...(problem === undefined ? headOf(found.file) : { tags: [], problem }) }
  }
}

/** The names of all scenarios of a library, which takes a look at the folders alone. */
export function scenarioNames(folders: readonly string[]): string[] {
  return namedFiles(folders).map(({ name }) => name)
}

/** The scenarios below any folder, whose step files lie in it too. None if it does not exist. */
export function scenariosBelow(folder: string): FoundScenario[] {
  return namedFiles([folder]).map(toFound)
}

/** The scenarios of a subject, which is a folder of the library: `election`, `slots`. */
export function scenariosOf(subject: string, folders: readonly string[]): FoundScenario[] {
  const start = `${subject.replace(/\/$/, '')}/`
  return namedFiles(folders)
    .filter(({ name }) => name.startsWith(start))
    .map(toFound)
}

/**
 * Finds a scenario by its name in the library's folders, the first first, by the last part of its name, or by a path to
 * a `.yaml` file anywhere. The error is for people and names the nearest scenarios.
 */
export function findScenario(name: string, ...folders: string[]): FoundScenario | { error: string; hint: string } {
  const isPath = ENDINGS.includes(extname(name))
  if (isPath) {
    const file = [name, ...folders.map((folder) => join(folder, name))].find((each) => existsSync(each))
    if (file !== undefined) return { file, root: rootOf(file, folders) ?? dirname(file) }
  }
  const files = namedFiles(folders)
  const named = isPath ? [] : filesNamed(name, files, folders)
  if (named.length > 1) {
    return { error: `${named.length} scenarios are called ${name}`, hint: `say which: ${namesOf(named).join(' or ')}` }
  }
  if (named[0] !== undefined) return toFound(named[0])
  return {
    error: isPath ? `there is no file ${name}` : `there is no scenario ${name}`,
    hint: hintFor(name, namesOf(files), folders),
  }
}

/** The scenario of this very name; else those of the first folder that has any whose last part it is. */
function filesNamed(name: string, files: readonly NamedFile[], folders: readonly string[]): NamedFile[] {
  const exact = files.find((each) => each.name === name)
  if (exact !== undefined) return [exact]
  const called = files.filter((each) => basename(each.name) === name)
  const first = folders.find((folder) => called.some((each) => each.folder === folder))
  return called.filter((each) => each.folder === first)
}

/** As short as a scenario may be asked for: the last part of its name, where that means it and no other. */
export function shortName(entry: LibraryEntry, entries: readonly LibraryEntry[], folders: readonly string[]): string {
  const short = basename(entry.name)
  const meant = filesNamed(short, entries, folders)
  return meant.length === 1 && meant[0]?.file === entry.file ? short : entry.name
}

function namesOf(files: readonly NamedFile[]): string[] {
  return files.map(({ name }) => name)
}

/** The folder of a library that a file lies in. */
export function rootOf(file: string, folders: readonly string[]): string | undefined {
  return folders.find((folder) => isBelow(folder, file))
}

/** The scenarios that have one of the tags; none of the tags known is for the caller to complain about. */
export function withTags(entries: readonly LibraryEntry[], tags: readonly string[]): LibraryEntry[] {
  return entries.filter((entry) => entry.tags.some((tag) => tags.includes(tag)))
}

/** So many names one sentence tells. */
const MOST_NAMED = 8

function hintFor(name: string, names: readonly string[], folders: readonly string[]): string {
  const wanted = name.replace(/\.ya?ml$/, '')
  const byBase = names.filter((each) => basename(each) === basename(wanted))
  const words = wanted.includes('/') ? names : names.map((each) => basename(each))
  const near = byBase.length > 0 ? byBase : nearestWords(wanted, words)
  if (near.length > 0) return `did you mean ${near.join(' or ')}?`
  if (names.length === 0) return `There are no scenarios in ${folders.join(' or ')}.`
  return names.length > MOST_NAMED
    ? `\`${typed('list')}\` shows all ${names.length}.`
    : `There are: ${names.join(', ')}.`
}

type NamedFile = Pick<LibraryEntry, 'name' | 'file' | 'folder' | 'hides' | 'problem'>

function namedFiles(folders: readonly string[]): NamedFile[] {
  const byName = new Map<string, NamedFile>()
  for (const folder of folders) {
    for (const found of scenarioFiles(folder)) {
      const name = nameOf(folder, found.file)
      const first = byName.get(name)
      if (first === undefined) byName.set(name, { name, folder, ...found })
      else first.hides ??= found.file
    }
  }
  const files = [...byName.values()]
  for (const later of files) {
    const [meant] = filesNamed(basename(later.name), files, folders)
    if (meant !== undefined && meant.folder !== later.folder) meant.hides ??= later.file
  }
  return files.sort((a, b) => a.name.localeCompare(b.name, 'en'))
}

function toFound({ file, folder, problem }: NamedFile): FoundScenario {
  return { file, root: folder, ...(problem !== undefined && { problem }) }
}

function nameOf(folder: string, file: string): string {
  return relative(folder, file)
    .replace(/\.ya?ml$/, '')
    .split(sep)
    .join('/')
}

function isBelow(folder: string, file: string): boolean {
  if (!existsSync(folder)) return false
  const way = relative(realpathSync(folder), realpathSync(file))
  return !way.startsWith('..') && way !== ''
}

type Found = Pick<NamedFile, 'file' | 'problem'>

/** What is named as a scenario, and what is wrong with it: one bad file costs that file alone. */
function scenarioFiles(folder: string, root = folder): Found[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    return [{ file: folder, problem: `the folder cannot be read: ${messageOf(error)}` }]
  }
  if (folder !== root && entries.some(({ name }) => name === RECORD)) return []
  return entries.flatMap((entry): Found[] => {
    const file = join(folder, entry.name)
    const isNamed = ENDINGS.includes(extname(entry.name)) && entry.name !== PROJECT_FILE
    if (entry.name.startsWith('.')) return []
    if (entry.isDirectory() && !isNamed) return SKIPPED.includes(entry.name) ? [] : scenarioFiles(file, root)
    if (!isNamed) return []
    const problem = entry.isFile() ? undefined : problemOf(entry, file, root)
    return [{ file, ...(problem !== undefined && { problem }) }]
  })
}

/** Why something that is named as a scenario, and is no file, is not read. */
function problemOf(entry: Dirent, file: string, root: string): string | undefined {
  if (!entry.isSymbolicLink())
    return `it is ${entry.isDirectory() ? 'a folder' : 'a pipe, socket or device'} and no file`
  try {
    if (!isBelow(root, file)) return `it is a symbolic link that leads out of ${root}`
    return statSync(file).isFile() ? undefined : 'it is a symbolic link that leads to no file'
  } catch {
    return 'it is a symbolic link that leads nowhere'
  }
}

/** What the head of a file says, and why it cannot be read. */
export function headOf(file: string): Pick<LibraryEntry, 'title' | 'tags' | 'problem'> {
  try {
    const text = readScenarioText(file)
    const limit = tooMuch(text)
    if (limit !== undefined) return { tags: [], problem: limit.message }
    const { contents, errors } = parseDocument(text, { logLevel: 'silent' })
    if (errors.length > 0 || !isMap(contents)) return { tags: [] }
    const title = scalarsAt(contents, 'title').find((value) => typeof value === 'string')
    return { ...(title === undefined ? {} : { title }), tags: scalarsAt(contents, 'tags').map(String) }
  } catch (error) {
    if (error instanceof PlainFileError) return { tags: [], problem: error.message }
    // Of values in values without end: validate says where.
    if (error instanceof RangeError) return { tags: [], problem: 'it is nested too deeply' }
    throw error
  }
}

/** A value, or the items of a list, as far as they are plain: aliases are left to those who read the whole. */
function scalarsAt(map: YAMLMap, key: string): unknown[] {
  const node = map.get(key, true)
  const items: unknown[] = isSeq(node) ? node.items : [node]
  return items.flatMap((item) => (isScalar(item) && item.value !== null ? [item.value] : []))
}
