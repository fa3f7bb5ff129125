import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { arch, type as systemName } from 'node:os'
import { dirname, join } from 'node:path'
import { codeOf, messageOf } from '../../base/errors.ts'
import type { DebianSource } from '../catalogue.ts'
import { runProgram } from '../child.ts'
import { debianCacheFolder, debianTree, missingDebianTools } from '../debian/tree.ts'
import { PlatformError } from '../errors.ts'
import { type Capability, type FaultSupport, UnsupportedFault } from '../faults.ts'
import { pathExists } from '../files.ts'
import { findPrograms } from '../find-programs.ts'
import type { Progress } from '../platform.ts'

/** A library that is loaded into a server before its own (LD_PRELOAD), as C without headers. */
export interface PreloadSource {
  /** Its file is called so in the cache. */
  name: string
  /** The file of its source. */
  path: string
  /** What it is for, in words: `a wrong clock`. */
  fault: string
  /** What is compiled, in words: `the clock of the servers`. */
  what: string
}

const COMPILE_TIMEOUT_MS = 30_000

/** The smallest C compiler that Debian has, for a machine that has none; it brings what it needs. */
const COMPILER: DebianSource = {
  suites: ['bookworm', 'bookworm-security'],
  packages: ['tcc', 'dash'],
  without: ['debianutils', 'dpkg', 'libc6'],
}

/**
 * The path of a library, compiled once for each version of its source: with this machine's own compiler, else with one
 * from Debian packages. It runs with any C library. Throws UnsupportedFault where it cannot be made.
 */
export async function preloadLibrary(made: PreloadSource, progress: Progress, signal?: AbortSignal): Promise<string> {
  const { library, source } = await place(made)
  if (await pathExists(library)) return library
  progress(`compiling ${made.what}`)
  const problems: string[] = []
  for (const compile of [withOwnCompiler, withDebianCompiler]) {
    try {
      await compileTo(library, source, (args) => compile(made.what, args, progress, signal))
      return library
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      problems.push(error.message)
    }
  }
  throw new UnsupportedFault(made.fault, problems.join('; '), 'install a C compiler: `apt-get install gcc`')
}

/** Whether a library can be had here for a capability, and by which means. Nothing is made or fetched. */
export async function preloadSupport(capability: Capability, made: PreloadSource): Promise<FaultSupport> {
  try {
    const { library } = await place(made)
    const how = await meansOf(library)
    if (how !== undefined) return { capability, supported: true, how: `a library of redis-chaos in the server, ${how}` }
    const reason = 'there is no C compiler to make the library with, and no `apt-get` to fetch one'
    return { capability, supported: false, how: reason, hint: 'install gcc or clang' }
  } catch (error) {
    if (!(error instanceof UnsupportedFault)) throw error
    return { capability, supported: false, how: error.message }
  }
}

async function meansOf(library: string): Promise<string | undefined> {
  if (await pathExists(library)) return 'already compiled'
  if ((await findPrograms('cc')).length > 0) return 'compiled with `cc` when it is first needed'
  if ((await missingDebianTools()).length > 0) return undefined
  return 'compiled with the tcc of Debian packages when it is first needed'
}

/** Throws UnsupportedFault on a machine that its source does not know. */
async function place({ name, path, fault }: PreloadSource): Promise<{ library: string; source: string }> {
  if (process.platform !== 'linux' || !['x64', 'arm64', 'riscv64'].includes(arch())) {
    throw new UnsupportedFault(
      fault,
      `its library is made on Linux, for x64, arm64 and riscv64, and this is ${systemName()} on ${arch()}`,
    )
  }
  const source = await readFile(path, 'utf8')
  const key = createHash('sha256').update(source).digest('hex').slice(0, 12)
  return { library: join(dirname(debianCacheFolder()), name, `${name}-${arch()}-${key}.so`), source }
}

/** It appears whole or not at all, also when two processes make it at once. */
async function compileTo(
  library: string,
  source: string,
  compile: (args: readonly string[]) => Promise<unknown>,
): Promise<void> {
  const making = `${library}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await mkdir(dirname(library), { recursive: true })
    await writeFile(`${making}.c`, source)
    await compile(['-shared', '-fPIC', '-nostdlib', '-o', making, `${making}.c`])
    await rename(making, library)
  } catch (error) {
    if (error instanceof PlatformError || codeOf(error) === undefined) throw error
    throw new PlatformError(`the library cannot be written to ${dirname(library)}: ${messageOf(error)}`, {
      cause: error,
    })
  } finally {
    await Promise.all([making, `${making}.c`].map((file) => rm(file, { force: true })))
  }
}

type Compile = (
  what: string,
  args: readonly string[],
  progress: Progress,
  signal: AbortSignal | undefined,
) => Promise<unknown>

const withOwnCompiler: Compile = (what, args, _, signal) => run('cc', ['-O2', ...args], what, signal)

const withDebianCompiler: Compile = async (what, args, progress, signal) => {
  const { root } = await debianTree(COMPILER, { progress, signal })
  return await run(join(root, 'usr', 'bin', 'tcc'), ['-B', compilerFolder(root), ...args], what, signal)
}

/** Where tcc has its own files: Debian keeps them in a folder named by architecture. */
function compilerFolder(root: string): string {
  const triplets: Record<string, string> = { x64: 'x86_64', arm64: 'aarch64', riscv64: 'riscv64' }
  return join(root, 'usr', 'lib', `${triplets[arch()] ?? arch()}-linux-gnu`, 'tcc')
}

function run(program: string, args: readonly string[], what: string, signal?: AbortSignal): Promise<string> {
  return runProgram(program, args, { purpose: `compile ${what}`, timeoutMs: COMPILE_TIMEOUT_MS, signal })
}
