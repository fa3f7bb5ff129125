import { realpathSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isWords, quoted } from './shell-words.ts'

/** What `npm pack` takes was built into `dist/package`; the builds of a clone lie beside it. */
const isPackage = import.meta.url.includes('/dist/package/')

/** The folder of redis-chaos itself, from `dist/NAME/` as from `runner/base/`. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** npm's scripts whose name is not that of their command. */
const SCRIPTS: Readonly<Record<string, string>> = { run: 'scenario', check: 'judge' }

/** What tells how a program was started. */
export interface Start {
  isPackage: boolean
  /** The folder of redis-chaos itself. */
  root: string
  cwd: string
  env: Readonly<Record<string, string | undefined>>
}

/** A command, with the words and flags after it, as it is called. */
type Call = (command: string, words: readonly string[], flags: readonly string[]) => string

/**
 * What a user types for a command of redis-chaos, so that it does the same again: as it was called, through npm's script
 * or npx, by its own name where that is on the PATH, else by its file.
 */
export function callOf({ isPackage, root, cwd, env }: Start): Call {
  if (!isPackage && cwd === root) return (command, ...rest) => script(SCRIPTS[command] ?? command, ...rest)
  const program = path.join(root, 'bin', 'redis-chaos.js')
  const plain = programCall({ isPackage, root, cwd, env }, program)
  const name = env.npm_lifecycle_event ?? ''
  const lifecycle = env.npm_lifecycle_script ?? ''
  return (command, words, flags) => {
    if (isOwnScript(name, lifecycle, command)) return script(name, words, flags)
    if (OPEN_SCRIPTS.includes(name) && lifecycle === 'redis-chaos')
      return script(name, [], [command, ...words, ...flags])
    return [plain, command, ...words, ...flags].join(' ')
  }
}

/** Scripts of a project that stand for the whole program: `npm run chaos -- run …`. */
const OPEN_SCRIPTS: readonly string[] = ['chaos', 'redis-chaos']

/** A script of a project that does what the script of that name does in a clone. */
function isOwnScript(name: string, lifecycle: string, command: string): boolean {
  return name === (SCRIPTS[command] ?? command) && lifecycle === `redis-chaos ${command}`
}

function script(name: string, words: readonly string[], flags: readonly string[]): string {
  return [`npm run ${name}`, ...words, ...(flags.length > 0 ? ['--'] : []), ...flags].join(' ')
}

function programCall({ isPackage, root, cwd, env }: Start, program: string): string {
  const isCalledByNpm = env.npm_command === 'exec' || env.npm_lifecycle_event === 'npx'
  if (isPackage && isCalledByNpm) return 'npx redis-chaos'
  if (isOnPath(program, env.PATH ?? '')) return 'redis-chaos'
  const project = path.resolve(root, '../..')
  const isInstalled = isPackage && path.join(project, 'node_modules', 'redis-chaos') === root
  if (isInstalled && `${cwd}${path.sep}`.startsWith(`${project}${path.sep}`)) return 'npx redis-chaos'
  return `node ${quoted(program)}`
}

/** npm puts the programs of a project on the PATH while one of its scripts runs: a shell does not have those. */
function isOnPath(program: string, searched: string): boolean {
  const folders = searched.split(path.delimiter).filter((folder) => folder !== '' && !folder.includes('node_modules'))
  const found = folders.map((folder) => realPathOf(path.join(folder, 'redis-chaos'))).find((file) => file !== undefined)
  return found !== undefined && found === realPathOf(program)
}

function realPathOf(file: string): string | undefined {
  try {
    return realpathSync(file)
  } catch {
    return undefined
  }
}

const call = callOf({ isPackage, root: ROOT, cwd: process.cwd(), env: process.env })

/**
 * What a user types for a command of redis-chaos, as this one was called. `words` and `flags` are as a shell takes
 * them.
 */
export function typed(command: string, words: readonly string[] = [], flags: readonly string[] = []): string {
  return call(command, words, flags)
}

/** What plays scenarios in projects of others too: no script of any name, and no file of any place. */
const TYPED_TO_PLAY =
  /^(?:(?:npx )?redis-chaos (?:run|nightly|twins)|npm run (?:scenario|nightly|twins)|npm run (?:chaos|redis-chaos) -- (?:run|nightly|twins))(?: |$)/

/** Whether a text from elsewhere is a command that plays scenarios, as `typed` gives it, and nothing else. */
export function isTypedToPlay(text: string): boolean {
  const isOurs = ['run', 'nightly', 'twins'].some((command) => `${text} `.startsWith(`${typed(command)} `))
  return (isOurs || TYPED_TO_PLAY.test(text)) && isWords(text)
}

/** npm's script beside a usage that names the command already; nothing where the program is installed. */
export function typedAsWell(command: string, rest: string): string {
  return isPackage ? '' : `        (npm run ${SCRIPTS[command] ?? command} ${rest})`
}
