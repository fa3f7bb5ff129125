import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { didYouMean } from '../../base/nearest.ts'
import { howToAllow } from '../../platforms/allowed.ts'
import type { PlanProblem } from '../plan-problem.ts'
import type { Manifest } from './manifest.ts'
import { placeOf } from './place.ts'
import { manifestOf } from './registry.ts'

/** How the driver of a workload is started. Plain data. */
export type DriverPlan = {
  /** Which client, for people: `node-redis`, or the command or image as it stands in the scenario. */
  client: string
  /** Options of the client, as they stand in the scenario. */
  options: Record<string, unknown>
  /** A client that comes with redis-chaos: its name. */
  name?: string
} & (ProgramPlan | ImagePlan)

/** A program of this machine. */
export interface ProgramPlan {
  /** By its path or as the machine finds it, and its arguments. */
  command: readonly [program: string, ...args: string[]]
  /** Its working directory. */
  folder: string
}

/** A program in a container beside the servers. */
export interface ImagePlan {
  image: string
  /** What is run in it; empty: what the image says. */
  command: readonly string[]
}

/** An image as it is written. */
export interface WrittenImage {
  image: string
  command?: readonly string[] | undefined
}

/** `client` of a workload as it is written, where it is neither of those that the runner has itself. */
export type WrittenDriver = string | { command: readonly string[] } | WrittenImage

export interface Surroundings {
  /** The folder of the scenario, which no command may lie outside of. */
  folder: string
  /** Whether whoever started the run allows scenarios to start programs. */
  allowsCommands: boolean
  /** Nothing is ever started: programs need not be there. */
  startsNothing?: boolean
}

/** The word of `--allow` that lets scenarios start programs. */
export const COMMANDS = 'commands'

/** How a driver is started, or everything that is wrong with what was written. */
export function planDriver(
  written: WrittenDriver,
  options: Record<string, unknown>,
  surroundings: Surroundings,
): DriverPlan | { problems: PlanProblem[] } {
  if (typeof written === 'string') return planNamed(written, options)
  if (!('image' in written)) return planCommand(written.command, options, surroundings)
  const planned = planImage(written, surroundings)
  if (Array.isArray(planned)) return { problems: planned.map((one) => ({ ...one, path: ['client', ...one.path] })) }
  return { client: imageWords(planned), ...planned, options }
}

/** How an image is run, or what is wrong with it. */
export function planImage(
  { image, command = [] }: WrittenImage,
  { allowsCommands }: Surroundings,
): ImagePlan | PlanProblem[] {
  if (allowsCommands) return { image, command }
  const message = `a scenario may run no image, as \`${image}\` is; ${howToAllow(COMMANDS)}`
  return [{ path: ['image'], message }]
}

/** As people are told of it: `image my/app --verbose`. */
export function imageWords({ image, command }: ImagePlan): string {
  return ['image', image, ...command].join(' ')
}

function planNamed(name: string, options: Record<string, unknown>): DriverPlan | { problems: PlanProblem[] } {
  const manifest = manifestOf(name)
  const problems = driverOptionProblems(name, options)
  if (problems.length > 0) return { problems }
  const folder = placeOf(name)
  const [program = '', ...args] = manifest.command
  return { client: name, command: [programOf(program, folder), ...args], folder, options, name }
}

/** What is wrong with options of a client that comes with redis-chaos. */
export function driverOptionProblems(name: string, options: Record<string, unknown>): PlanProblem[] {
  const manifest = manifestOf(name)
  return Object.entries(options).flatMap(([option, value]) => optionProblem(manifest, option, value) ?? [])
}

/** Node is the one that runs redis-chaos. */
function programOf(program: string, folder: string): string {
  if (program === 'node') return process.execPath
  return program.startsWith('./') ? path.join(folder, program) : program
}

function optionProblem({ name, options }: Manifest, option: string, value: unknown): PlanProblem | undefined {
  const known = Object.hasOwn(options, option) ? options[option] : undefined
  const at = ['options', option]
  if (!known) {
    const suggestion = didYouMean(option, Object.keys(options))
    const hint = `Its options are: ${Object.keys(options).join(', ') || 'none'}.`
    const message = `${name} has no option \`${option}\``
    return { path: at, isKey: true, message, ...(suggestion ? { suggestion } : { hint }) }
  }
  const { type } = known
  if (type === 'any' || type === typeOf(value)) return undefined
  return {
    path: at,
    message: `\`${option}\` of ${name} should be ${withArticle(type)}, not ${withArticle(typeOf(value))}`,
  }
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  return value === null ? 'null' : typeof value
}

function withArticle(type: string): string {
  if (type === 'null') return type
  return `${type === 'object' ? 'an' : 'a'} ${type}`
}

function planCommand(
  command: readonly string[],
  options: Record<string, unknown>,
  { folder, allowsCommands, startsNothing = false }: Surroundings,
): DriverPlan | { problems: PlanProblem[] } {
  const [asked = '', ...args] = command
  const at = ['client', 'command']
  if (!allowsCommands) {
    const message = `a scenario may start no program of this machine, as \`${asked}\` is; ${howToAllow(COMMANDS)}`
    return { problems: [{ path: at, message }] }
  }
  const found = startsNothing ? { program: asked } : findProgram(asked, folder)
  const stray = startsNothing ? [] : argumentProblems(args, folder, 'driver')
  const problems = stray.map((one): PlanProblem => ({ ...one, path: [...at, ...one.path] }))
  if ('message' in found) problems.unshift({ path: [...at, '0'], ...found })
  if ('message' in found || problems.length > 0) return { problems }
  return { client: command.join(' '), command: [found.program, ...args], folder, options }
}

/** A program in the scenario's folder, by its path from there. `what` it is to be, for people. */
export function findProgram(
  asked: string,
  folder: string,
  what: 'driver' | 'application' = 'driver',
): { program: string } | Omit<PlanProblem, 'path'> {
  const outside = {
    message: `${asked} lies outside the scenario's folder`,
    hint: `Keep the ${what} beside the scenario, as \`./my-${what}\`; it may start what it likes.`,
  }
  if (path.isAbsolute(asked) || !isInside(folder, path.join(folder, asked))) return outside
  const program = realPathOf(path.join(folder, asked))
  if (program === undefined) {
    return {
      message: `there is no ${what} ${asked}`,
      hint:
        what === 'application'
          ? LOOKED_FOR
          : "It is looked for from the scenario's folder, or that of --programs, and not on the PATH: a program of the machine is started by a script that lies there.",
    }
  }
  if (!isInside(realPathOf(folder) ?? folder, program)) return outside
  if (!statSync(program).isFile()) return { message: `${asked} is no file` }
  if (isExecutable(program)) return { program }
  return { message: `${asked} is not executable`, hint: `Make it so: chmod +x ${asked}` }
}

/** What only a program that runs others is given: unlike data, none of it is made by what is started. */
const SCRIPT = /\.(?:[cm]?[jt]s|py|rb|pl|php|sh|jar)$/

/**
 * What is wrong with arguments of a program that are paths, by how they begin (`./`, `../`): one that leads out of the
 * scenario's folder, for a program that runs others, as `node` does, would start what lies there; and a script that is not
 * there. What else an argument says is the program's affair.
 */
export function argumentProblems(
  args: readonly string[],
  folder: string,
  what: 'driver' | 'application',
): PlanProblem[] {
  return args.flatMap((arg, place): PlanProblem[] => {
    const at = [String(place + 1)]
    if (!/^\.\.?(\/|$)/.test(arg)) return []
    if (leavesFolder(arg, folder)) {
      const hint = `Keep it beside the ${what}; what that does from there is its own business.`
      return [{ path: at, message: `${arg} lies outside the scenario's folder`, hint }]
    }
    if (!SCRIPT.test(arg) || realPathOf(path.join(folder, arg)) !== undefined) return []
    return [{ path: at, message: `there is no ${arg}`, hint: LOOKED_FOR }]
  })
}

const LOOKED_FOR = "It is looked for from the scenario's folder, or that of --programs."

/** Whether a path from the scenario's folder leads out of it, by itself or by a link. */
function leavesFolder(asked: string, folder: string): boolean {
  const file = path.join(folder, asked)
  if (path.relative(folder, file) === '') return false
  const real = realPathOf(file)
  return !isInside(folder, file) || (real !== undefined && !isInside(realPathOf(folder) ?? folder, real))
}

function isInside(folder: string, file: string): boolean {
  const way = path.relative(folder, file)
  return way !== '' && way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way)
}

function realPathOf(file: string): string | undefined {
  try {
    return realpathSync(file)
  } catch {
    return undefined
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
