import { constants } from 'node:fs'
import { access, open, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { serverByAbility } from '../branch-builds.ts'
import { type DebianSource, findServer, packagedServers, parseServer, type ServerEntry } from '../catalogue.ts'
import { runProgram } from '../child.ts'
import { debianTree } from '../debian/tree.ts'
import { serverOfTree, treeServer } from '../debian/tree-server.ts'
import { serverOfVersionText } from '../dialects.ts'
import { PlatformError } from '../errors.ts'
import { findPrograms } from '../find-programs.ts'
import type { Progress } from '../platform.ts'

/** A server's executable on this machine, and how it is run. */
export interface ServerProgram {
  /** In words: `redis 7.0.15`. */
  server: string
  /** `redis-server`: the name that it must be run under, since its executable is other tools as well. */
  name: string
  path: string
  /** What is put before the executable to run it: the loader of the system that it comes from. Mostly nothing. */
  loader: readonly string[]
  /** To be laid over the environment of its process. */
  env: Record<string, string>
  /** The files and folders that it comes from: it needs nothing else beside the system's own. */
  reads: readonly string[]
  /** A script, which somebody wrote around a server: what it uses beside that (a debugger, a log) cannot be known. */
  isScript?: true
}

const VERSION_TIMEOUT_MS = 10_000

/**
 * The executable for a server as it is asked for (`redis:7.0`, `path:/usr/local/bin/redis-server`). For a name of the
 * catalogue: one of the same family and minor version on the PATH, else the one of Debian's packages, fetched if need
 * be. Says which and why through `progress`. Throws PlatformError if there is none, or if what a path names is no Redis
 * or Valkey.
 */
export async function chooseProgram(
  projectRoot: string,
  server: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<ServerProgram> {
  const choice = parseServer(server)
  if (choice.kind === 'image') {
    throw new PlatformError(`\`${server}\` is an image, which only the Docker platform can run`, {
      hint: 'choose it with `--platform docker`, or a program of this machine with `--server path:…`',
    })
  }
  if (choice.kind === 'path') return await programAt(choice.value, progress, signal)
  const entry = await findServer(projectRoot, choice.value)
  const { fitting, others } = await findOnPath(entry, signal)
  if (fitting) {
    progress(`server: ${fitting.server}, ${fitting.path} of this machine, which is what ${entry.name} asks for`)
    return fitting
  }
  const why = others.length === 0 ? `there is no ${entry.program} on the PATH` : others.join(', ')
  const { debian } = entry
  if (debian) return await programOfDebian({ ...entry, debian }, why, progress, signal)
  const packaged = (await packagedServers(projectRoot)).join(', ')
  throw new PlatformError(`${entry.name} cannot be had here: ${why}, and Debian has no package of it`, {
    hint: `choose one that Debian has packages of, \`--server\` with ${packaged}; or name a program of yours with \`--server path:/where/it/is/${entry.program}\`; or use \`--platform docker\` with an engine that can pull ${entry.image}`,
  })
}

async function programAt(given: string, progress: Progress, signal?: AbortSignal): Promise<ServerProgram> {
  const path = resolve(given)
  const problem = await executableProblem(path)
  if (problem) {
    throw new PlatformError(`\`path:${given}\` cannot be run: ${problem}`, {
      hint: 'give the path of a redis-server or valkey-server: `--server path:/usr/local/bin/redis-server`',
    })
  }
  const program = await programOf(path, signal)
  progress(`server: ${program.server}, ${path}, as asked for`)
  return program
}

async function executableProblem(path: string): Promise<string | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error)
    return found.code === 'EACCES' ? 'this user may not look there' : `there is no file ${path}`
  if (!found.isFile()) return `${path} is no file`
  return await access(path, constants.X_OK).then(
    () => undefined,
    () => `this user may not execute ${path}`,
  )
}

/** Throws PlatformError if the program does not say of itself that it is a Redis or Valkey server. */
async function programOf(path: string, signal?: AbortSignal): Promise<ServerProgram> {
  const hint = 'give the path of a redis-server or valkey-server'
  const purpose = `ask ${path} for its version`
  const said = await runProgram(path, ['--version'], { purpose, timeoutMs: VERSION_TIMEOUT_MS, signal }).catch(
    (error) => {
      if (!(error instanceof PlatformError)) throw error
      throw new PlatformError(`${path} is no Redis or Valkey server: ${error.message}`, { hint, cause: error })
    },
  )
  const server = serverOfVersionText(said)
  if (server === undefined) {
    const line = said.trim().split('\n')[0]?.slice(0, 80) ?? ''
    throw new PlatformError(`${path} is no Redis or Valkey server: asked for its version, it said \`${line}\``, {
      hint,
    })
  }
  return {
    server: await serverByAbility(server, (args) => whatItSays(path, args, signal)),
    name: `${server.split(' ')[0]}-server`,
    path,
    loader: [],
    env: {},
    reads: [path],
    ...((await isScript(path)) && { isScript: true }),
  }
}

async function isScript(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined)
  try {
    const { buffer } = (await file?.read(Buffer.alloc(2), 0, 2, 0)) ?? {}
    return buffer?.toString() === '#!'
  } finally {
    await file?.close()
  }
}

/** What a server that ends at once has to complain of; empty if that is nothing. */
async function whatItSays(path: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const purpose = `ask ${path} what it can do`
  try {
    return await runProgram(path, args, { purpose, timeoutMs: VERSION_TIMEOUT_MS, signal })
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return error.message
  }
}

/** The first one on the PATH of the entry's family and minor version, and in words those that are not. */
async function findOnPath(
  entry: ServerEntry,
  signal?: AbortSignal,
): Promise<{ fitting?: ServerProgram; others: string[] }> {
  const wanted = entry.name.replace(':', ' ')
  const others: string[] = []
  for (const path of await findPrograms(entry.program)) {
    try {
      const program = await programOf(path, signal)
      if (`${program.server}.`.startsWith(`${wanted}.`)) return { fitting: program, others }
      others.push(`${path} is ${program.server}`)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      others.push(error.message)
    }
  }
  return { others }
}

async function programOfDebian(
  entry: ServerEntry & { debian: DebianSource },
  why: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<ServerProgram> {
  progress(`server: ${entry.name} of Debian ${entry.debian.suites[0]} packages, because ${why}`)
  try {
    const tree = await debianTree(entry.debian, { progress, signal })
    const { command, args, env } = await treeServer(tree, entry.program)
    const path = args.at(-1) ?? ''
    await assertIntact(tree.root, [command, ...args, '--version'], signal)
    return {
      server: serverOfTree(tree, entry),
      name: entry.program,
      path,
      loader: [command, ...args.slice(0, -1)],
      env,
      reads: [tree.root],
    }
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    throw new PlatformError(`${entry.name} is not on this machine (${why}), and ${error.message}`, {
      hint: waysToGet(entry, error.hint),
      cause: error,
    })
  }
}

/** Throws PlatformError if the unpacked server cannot even say its version: something of the tree is damaged. */
async function assertIntact(root: string, command: readonly string[], signal?: AbortSignal): Promise<void> {
  const [program = '', ...args] = command
  const purpose = 'ask the unpacked server for its version'
  const said = await runProgram(program, args, { purpose, timeoutMs: VERSION_TIMEOUT_MS, signal }).catch((error) => {
    if (!(error instanceof PlatformError)) throw error
    return error
  })
  if (typeof said === 'string' && serverOfVersionText(said) !== undefined) return
  const reason = typeof said === 'string' ? 'it does not run' : said.message
  const folder = dirname(root)
  throw new PlatformError(`the unpacked Debian packages in ${folder} are damaged: ${reason}`, {
    hint: `remove that folder, and they are fetched again: \`rm -r ${folder}\``,
  })
}

function waysToGet(entry: ServerEntry, hint: string | undefined): string {
  const family = entry.name.split(':')[0] ?? entry.name
  return [
    `install it (\`apt install ${entry.program}\`, \`brew install ${family}\`)`,
    `or name a program of yours with \`--server path:/where/it/is/${entry.program}\``,
    'or start a Docker engine and use `--platform docker`',
    ...(hint === undefined ? [] : [`or: ${hint}`]),
  ].join(', ')
}
