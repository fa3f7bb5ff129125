import { accessSync, constants, statSync } from 'node:fs'
import path from 'node:path'
import { durationMs } from '../../base/duration-schema.ts'
import { howToAllow } from '../../platforms/allowed.ts'
import {
  argumentProblems,
  COMMANDS,
  findProgram,
  type ImagePlan,
  imageWords,
  type ProgramPlan,
  planImage,
  type Surroundings,
} from '../drivers/plan.ts'
import { type LoadOptions, resolveOptions } from '../options.ts'
import type { PlanProblem } from '../plan-problem.ts'
import { KEY_WORD, OWN_VARIABLES, type WrittenApp, type WrittenHttp } from './app-schema.ts'

/** How an application is started. Plain data. */
export type AppPlan = {
  name: string
  /** What the scenario gives it, beside what the runner says. */
  env: Record<string, string>
  /** Where it says that it is ready; without a path, it is once its port is open, and an image once it answers. */
  ready: { path?: string; withinMs: number }
  /** The command or image as it is written. */
  words: string
} & (AppProgram | AppImage)

/** `port` absent: a free one. */
export type AppProgram = ProgramPlan & { port?: number }

/** `port` is that of its container. */
export type AppImage = ImagePlan & { port: number }

const READY_WITHIN_MS = 20_000
/** Of an image that is given no port: nobody else is in its container. */
const PORT_INSIDE = 8080
const LOAD = { rate: '100/s', keys: 200, timeout: '2s' }
const ITEMS = `/items/${KEY_WORD}`

/** How an application is started, or everything that is wrong with what was written. */
export function planApp(
  name: string,
  written: WrittenApp,
  surroundings: Surroundings,
): AppPlan | { problems: PlanProblem[] } {
  const { env = {}, ready } = written
  const own = Object.keys(env).filter((variable) => OWN_VARIABLES.includes(variable))
  const found = planStart(written, surroundings)
  const problems = [
    ...own.map((variable): PlanProblem => {
      const hint = variable === 'PORT' ? 'Its port is set by `port`.' : undefined
      return {
        path: ['env', variable],
        isKey: true,
        message: `the runner sets \`${variable}\` itself`,
        ...(hint && { hint }),
      }
    }),
    ...('problems' in found ? found.problems : []),
  ]
  if ('problems' in found || problems.length > 0) return { problems }
  return {
    ...found,
    name,
    env: Object.fromEntries(Object.entries(env).map(([variable, value]) => [variable, String(value)])),
    ready: readyOf(ready),
    words: 'image' in found ? imageWords(found) : (written.command ?? []).join(' '),
  }
}

function planStart(
  written: WrittenApp,
  surroundings: Surroundings,
): AppProgram | AppImage | { problems: PlanProblem[] } {
  const { port } = written
  if ('image' in written) {
    const planned = planImage(written, surroundings)
    return Array.isArray(planned) ? { problems: planned } : { ...planned, port: port ?? PORT_INSIDE }
  }
  const found = planCommand(written.command, surroundings)
  if ('problems' in found) return found
  return { ...found, folder: path.resolve(surroundings.folder), ...(port !== undefined && { port }) }
}

function readyOf(written: WrittenApp['ready']): AppPlan['ready'] {
  if (written === undefined) return { withinMs: READY_WITHIN_MS }
  if (typeof written === 'string') return { path: written, withinMs: READY_WITHIN_MS }
  const { path: where, within } = written
  return { path: where, withinMs: within === undefined ? READY_WITHIN_MS : durationMs(within) }
}

/** What is started, in words: `shop: node ./shop.mjs, on port 3000, ready when GET /health is answered`. */
export function appSentence(plan: AppPlan): string {
  const { name, words, port, ready } = plan
  const isImage = 'image' in plan
  const where = port === undefined ? 'on a free port' : `on port ${port}${isImage ? ' of its container' : ''}`
  const sign = isImage ? 'it answers' : 'its port is open'
  return `${name}: ${words}, ${where}, ready when ${ready.path === undefined ? sign : `GET ${ready.path} is answered with 2xx`}`
}

/** The load that goes through an application, as options of a workload whose items are registers; undefined without one. */
export function appLoad(name: string, { workload }: WrittenApp): LoadOptions | undefined {
  if (workload === undefined) return undefined
  const written: Partial<WrittenHttp> = workload === 'http' ? {} : workload
  const { put = ITEMS, get = ITEMS, ...own } = { ...LOAD, ...written }
  const options = resolveOptions({ ...own, type: 'register' }, { mix: { read: 1, write: 1 }, keys: LOAD.keys })
  return { ...options, client: 'http', http: { app: name, put, get }, own: { ...LOAD, ...written, type: 'http' } }
}

function planCommand(
  [asked = '', ...args]: readonly string[],
  { folder, allowsCommands, startsNothing = false }: Surroundings,
): Pick<ProgramPlan, 'command'> | { problems: PlanProblem[] } {
  if (!allowsCommands) {
    const message = `a scenario may start no program of this machine, as \`${asked}\` is; ${howToAllow(COMMANDS)}`
    return { problems: [{ path: ['command'], message }] }
  }
  if (startsNothing) return { command: [asked, ...args] }
  const found = asked.includes('/') ? findProgram(asked, folder, 'application') : onPath(asked)
  const problems = argumentProblems(args, folder, 'application').map((one) => ({
    ...one,
    path: ['command', ...one.path],
  }))
  if ('message' in found) problems.unshift({ path: ['command', '0'], ...found })
  return 'message' in found || problems.length > 0 ? { problems } : { command: [found.program, ...args] }
}

/** Node is the one that runs redis-chaos. */
function onPath(name: string): { program: string } | Omit<PlanProblem, 'path'> {
  if (name === 'node') return { program: process.execPath }
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder))
  const program = folders.map((folder) => path.join(folder, name)).find(isProgram)
  if (program !== undefined) return { program }
  return {
    message: `there is no program \`${name}\` on the PATH`,
    hint: "One that lies in the scenario's folder is named by its path: `./my-app`.",
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
