import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { UsageError } from '../base/errors.ts'
import { isFolder } from '../base/folders.ts'
import { PlainFileError } from '../base/plain-file.ts'
import { serverNames } from '../platforms/catalogue.ts'
import { settingProblem } from '../platforms/settings.ts'
import { type CheckContext, checkValue } from '../scenario/check-value.ts'
import { renderDiagnostics } from '../scenario/diagnostic.ts'
import { PROJECT_FILE } from '../scenario/library.ts'
import { parseYaml } from '../scenario/parse-yaml.ts'
import { readScenarioText } from '../scenario/read-text.ts'
import { Scope } from '../scenario/scope.ts'
import { Problems, SourceFile } from '../scenario/source.ts'
import { checkKeys, topMap } from '../scenario/top-level.ts'
import { type Entry, entryOf, find, type MapTree } from '../scenario/tree.ts'
import { Names } from '../steps/names.ts'
import { type Defaults, type Flags, type ParsedLine, withDefaults } from './flags.ts'
import { projectRoot, shown } from './project.ts'
import { keysFor } from './project-schema.ts'

/** What is for the person at the keyboard alone: the file may be a stranger's, as the scenarios beside it. */
const FOR_THE_KEYBOARD: Readonly<Record<string, string>> = {
  allow: 'what scenarios may do beyond the usual is said on the command line, by whoever plays them',
  audit: 'what an audit finds counts, unless the command line says otherwise',
  programs: 'where programs of scenarios lie is said on the command line, by whoever allows them',
  password: 'it is given in REDIS_CHAOS_PASSWORD or as --password random',
}

type Key = keyof ReturnType<typeof keysFor>

/** Keys that are lists on the command line, with commas. */
const WITH_COMMAS: readonly string[] = ['server', 'reporter']

/** A command line with what the project's file gives where it says nothing. */
export interface ProjectLine {
  line: ParsedLine
  /** What was taken from the file, in a sentence for the report. */
  notes: string[]
}

/**
 * Looks for `redis-chaos.yaml` in the working directory and, in a repository, in the folders around it up to its root;
 * commands that know none of its flags are not held up by it. Throws UsageError with all that is wrong with it.
 */
export async function withProjectFile(line: ParsedLine, flags: Flags, color: boolean): Promise<ProjectLine> {
  const file = projectFileFrom(process.cwd())
  if (file === undefined) return { line, notes: [] }
  const keys = keysFor(await serverNames(projectRoot))
  if (Object.keys(keys).every((key) => !(key in flags))) return { line, notes: [] }
  const defaults = readDefaults(file, keys, color)
  const used = Object.keys(defaults).filter(
    (name) => name in flags && (name === 'config' || line.given(name).length === 0),
  )
  const said = used.map((name) =>
    [`--${name}`, ...[defaults[name] ?? []].flat().filter((value) => value !== true)].join(' '),
  )
  return {
    line: withDefaults(line, defaults),
    notes: said.length === 0 ? [] : [`from ${shown(file)}: ${said.join(', ')}`],
  }
}

/** Outside of a repository only the folder itself: what lies above may be anybody's. */
function projectFileFrom(folder: string): string | undefined {
  const around: string[] = []
  for (let at = folder; ; at = path.dirname(at)) {
    around.push(at)
    if (existsSync(path.join(at, '.git'))) break
    if (path.dirname(at) === at) return [path.join(folder, PROJECT_FILE)].find((file) => existsSync(file))
  }
  return around.map((at) => path.join(at, PROJECT_FILE)).find((file) => existsSync(file))
}

function readDefaults(file: string, keys: ReturnType<typeof keysFor>, color: boolean): Defaults {
  const problems = new Problems()
  const source = new SourceFile(shown(file), textOf(file))
  const context: CheckContext = { source, problems, scope: new Scope(new Names()) }
  const isEmpty = source.text.split('\n').every((text) => /^\s*(#|$)/.test(text))
  const tree = isEmpty ? undefined : parseYaml(source, problems)
  const map = tree && topMap(tree, context)
  const defaults = map === undefined ? {} : valuesOf(map, keys, file, context)
  if (problems.count === 0) return defaults
  throw new UsageError(renderDiagnostics(problems.sorted(source.name), { color }).trimEnd())
}

function textOf(file: string): string {
  try {
    return readScenarioText(file)
  } catch (error) {
    if (error instanceof PlainFileError) throw new UsageError(`${shown(file)}: ${error.message}`)
    throw error
  }
}

function valuesOf(map: MapTree, keys: ReturnType<typeof keysFor>, file: string, context: CheckContext): Defaults {
  const { source, problems } = context
  const own = { ...map, entries: map.entries.filter(({ key }) => !Object.hasOwn(FOR_THE_KEYBOARD, key)) }
  for (const { key, keySpan } of map.entries) {
    const hint = FOR_THE_KEYBOARD[key]
    if (hint !== undefined) problems.add(source, keySpan, `\`${key}\` cannot be set in a file`, { hint: `${hint}.` })
  }
  checkKeys(own, keys, [], context)
  const defaults: Defaults = {}
  for (const key of Object.keys(keys) as Key[]) {
    const entry = entryOf(own, key)
    const value = entry && !isForeignServer(entry, context) ? checkValue<unknown>(keys[key], entry, context) : undefined
    if (entry === undefined || value === undefined) continue
    if (key === 'stock') defaults['no-stock'] = value === false ? true : undefined
    else if (key === 'config') defaults.config = settingsOf(entry, value, context)
    else if (key === 'scenarios') defaults.scenarios = foldersOf(entry, value, file, context)
    else if (key === 'reports') defaults.reports = foldersOf(entry, value, file, context)[0]
    else defaults[key] = WITH_COMMAS.includes(key) ? [value].flat().join(',') : String(value)
  }
  return defaults
}

/** A program or an image of anybody's is started only by who names it on the command line. */
function isForeignServer({ key, value }: Entry, { source, problems }: CheckContext): boolean {
  const scalars = value.kind === 'list' ? value.items : [value]
  const foreign = scalars.filter((each) => each.kind === 'scalar' && /^(path|image):/.test(String(each.value)))
  if (key !== 'server') return false
  for (const { span } of foreign) {
    const hint = 'Give it with --server: a program of your own choice is started by the command line alone.'
    problems.add(source, span, 'a program or an image cannot be set in a file', { hint })
  }
  return foreign.length > 0
}

function settingsOf({ value: tree }: Entry, value: unknown, { source, problems }: CheckContext): string[] {
  return Object.entries(value as Record<string, string | number>).map(([name, setting]) => {
    const problem = settingProblem(name, String(setting))
    const span = entryOf(tree, name)?.keySpan ?? tree.span
    if (problem !== undefined) problems.add(source, span, problem)
    return `${name}=${setting}`
  })
}

/** Folders of the project, as seen from where one is. */
function foldersOf(entry: Entry, value: unknown, file: string, { source, problems }: CheckContext): string[] {
  const folders = [value].flat().map(String)
  return folders.map((folder, item) => {
    const place = find(entry.value, Array.isArray(value) ? [item] : [])?.value.span ?? entry.keySpan
    const whole = path.resolve(path.dirname(file), folder)
    if (path.isAbsolute(folder) || !isAround(path.dirname(file), whole)) {
      const hint = 'Write a folder that lies beside this file or below it; others are given on the command line.'
      problems.add(source, place, `\`${folder}\` leads out of the project`, { hint })
    } else if (entry.key === 'scenarios' && !isFolder(whole)) {
      problems.add(source, place, `there is no folder \`${folder}\``, {
        hint: 'It is looked for from the folder of this file.',
      })
    }
    return shown(whole)
  })
}

/** Whether a place lies in a folder, whatever links stand on the way; what is not there yet is where it will be. */
function isAround(folder: string, place: string): boolean {
  if (!existsSync(place)) return place !== path.dirname(place) && isAround(folder, path.dirname(place))
  const way = path.relative(realpathSync(folder), realpathSync(place))
  return way !== '..' && !way.startsWith(`..${path.sep}`)
}
