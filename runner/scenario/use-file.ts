import { realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { PlainFileError } from '../base/plain-file.ts'
import { Names } from '../steps/names.ts'
import type { Step } from '../steps/verb.ts'
import type { ParamValue, UsedFile } from './model.ts'
import { checkWith, type ReadParams, readParams } from './params-section.ts'
import { parseYaml } from './parse-yaml.ts'
import { readScenarioText } from './read-text.ts'
import { stepFileKeys } from './scenario-schema.ts'
import { Scope } from './scope.ts'
import { type Advice, SourceFile } from './source.ts'
import { readSteps, reportOpenName, type StepFileReader, type StepsContext } from './steps-section.ts'
import { checkKeys, readKey, topMap } from './top-level.ts'
import { type Entry, entryOf, type MapTree, toPlain } from './tree.ts'

/** Step files inside step files; deeper is a mistake. */
const DEEPEST_USE = 16
/** Files that one scenario may read, all `use` steps counted. */
const MOST_USES = 500
/** Characters of them, each as often as it is read. */
const LONGEST_OF_ALL = 500_000

interface Opened {
  realPath: string
  text: string
}

/** Reads the step files that a scenario uses, and remembers them. */
export class UsedFiles implements StepFileReader {
  readonly #root: string
  readonly #found = new Map<string, UsedFile>()
  /** Names of the files being read, from the scenario inwards, with their real paths: to find cycles. */
  readonly #open: { name: string; realPath: string }[] = []
  #uses = 0
  #length = 0

  /** `root`: the folder that no step file may lie outside of. `file`: the scenario itself. */
  constructor(root: string, file: string) {
    this.#root = root
    this.#open.push({ name: file, realPath: realPathOf(file) ?? file })
  }

  get all(): UsedFile[] {
    return [...this.#found.values()]
  }

  /** The path of a file relative to the root folder, with `/`. */
  pathInRoot(file: string): string {
    return relative(this.#root, file).split(sep).join('/')
  }

  read(
    step: MapTree,
    entry: Entry,
    path: string,
    context: StepsContext,
  ): Pick<Step, 'children'> & { params?: Record<string, unknown> } {
    if (entry.value.kind !== 'scalar' || entry.value.broken || reportOpenName(entry, context)) return { children: [] }
    const asked = context.scope.fill(entry.value.value)
    if (typeof asked !== 'string' || asked === '') return { children: [] }
    const name = join(dirname(context.source.name), asked)
    const opened = this.#openFile(asked, name)
    if ('message' in opened) {
      context.problems.add(context.source, entry.value.span, opened.message, opened)
      return { children: [] }
    }
    this.#open.push({ name, realPath: opened.realPath })
    try {
      return readStepFile(new SourceFile(name, opened.text), entryOf(step, 'with'), asked, path, context)
    } finally {
      this.#open.pop()
    }
  }

  #openFile(asked: string, name: string): Opened | ({ message: string } & Advice) {
    this.#uses += 1
    if (this.#uses > MOST_USES)
      return { message: `this is the ${this.#uses}th \`use\`: more than ${MOST_USES} are not read` }
    if (isAbsolute(asked))
      return { message: 'write the file relative to this one', hint: 'As `use: steps/prepare.yaml`.' }
    if (!isInside(this.#root, name)) return outside(asked)
    const realPath = realPathOf(name)
    if (realPath === undefined) {
      return {
        message: `there is no file ${name}`,
        hint: `\`use\` looks for files from the folder of the file it stands in.`,
      }
    }
    if (!isInside(realPathOf(this.#root) ?? this.#root, realPath)) return outside(asked)
    if (!/\.ya?ml$/.test(asked))
      return { message: `${asked} is no name of a step file`, hint: 'Step files end in `.yaml` or `.yml`.' }
    const again = this.#open.findIndex((each) => each.realPath === realPath)
    if (again >= 0) {
      const chain = [...this.#open.slice(again).map((each) => each.name), name].join(' uses ')
      return { message: 'this file would use itself without end', hint: `${chain}.` }
    }
    if (this.#open.length > DEEPEST_USE) return { message: `step files are nested more than ${DEEPEST_USE} deep` }
    const read = textOf(realPath)
    if ('message' in read) return read
    const { text } = read
    this.#length += text.length
    if (this.#length > LONGEST_OF_ALL)
      return { message: `the step files of this scenario come to more than ${LONGEST_OF_ALL / 1000} kB` }
    this.#found.set(realPath, { path: this.pathInRoot(name), text })
    return { realPath, text }
  }
}

function textOf(file: string): { text: string } | { message: string } {
  try {
    return { text: readScenarioText(file) }
  } catch (error) {
    if (error instanceof PlainFileError) return { message: `this file cannot be read: ${error.message}` }
    throw error
  }
}

function outside(asked: string): { message: string } & Advice {
  return {
    message: `${asked} lies outside the scenario's folder`,
    hint: 'Keep step files in the scenario folder or below it, as in `steps/`.',
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

function readStepFile(source: SourceFile, given: Entry | undefined, asked: string, path: string, caller: StepsContext) {
  const tree = parseYaml(source, caller.problems)
  const outer = { ...caller, source, scope: new Scope(new Names()) }
  const map = tree && topMap(tree, outer)
  if (!map) return { children: [] }
  checkKeys(map, stepFileKeys, ['steps'], outer)
  readKey(map, 'title', stepFileKeys.title, outer)
  readKey(map, 'description', stepFileKeys.description, outer)
  const defaults = readParams(map, outer)
  const givenMap = given?.value.kind === 'map' ? given.value : undefined
  checkWith(givenMap, defaults, asked, caller)
  const entry = entryOf(map, 'steps')
  const scope = scopeInside(defaults, givenMap, caller.scope)
  const children = entry ? readSteps(entry, `${path}.`, { ...outer, scope }) : []
  return {
    children,
    params: { ...escaped(defaults.values), ...(givenMap ? (toPlain(givenMap) as Record<string, unknown>) : {}) },
  }
}

/** What the file's steps know: its params; those given as names that are bound only when played are open. */
function scopeInside(defaults: ReadParams, given: MapTree | undefined, caller: Scope): Scope {
  const params = new Map<string, unknown>(defaults.values)
  const open = [...defaults.open]
  for (const { key, value } of given?.entries ?? []) {
    const plain = toPlain(value)
    if (!params.has(key) || value.broken) continue
    if (caller.openNames(plain).length > 0) {
      params.delete(key)
      open.push(key)
      continue
    }
    const filled = caller.fill(plain)
    if (typeof filled === typeof params.get(key)) params.set(key, filled)
  }
  return new Scope(new Names(Object.fromEntries(params)), open)
}

/** A step's params are filled in once more when it is played: a dollar in a default stays one. */
function escaped(params: ReadonlyMap<string, ParamValue>): Record<string, ParamValue> {
  return Object.fromEntries(
    [...params].map(([name, value]) => [name, typeof value === 'string' ? value.replaceAll('$', '$$$$') : value]),
  )
}
