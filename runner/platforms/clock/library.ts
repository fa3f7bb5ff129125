import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { arch, type as systemName } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeOf, messageOf } from '../../base/errors.ts'
import type { DebianSource } from '../catalogue.ts'
import { runProgram } from '../child.ts'
import { debianCacheFolder, debianTree, missingDebianTools } from '../debian/tree.ts'
import { PlatformError } from '../errors.ts'
import { type FaultSupport, UnsupportedFault } from '../faults.ts'
import { pathExists } from '../files.ts'
import { findPrograms } from '../find-programs.ts'
import type { Progress } from '../platform.ts'

const SOURCE = fileURLToPath(new URL('skewed-clock.c', import.meta.url))
const COMPILE_TIMEOUT_MS = 30_000
const FAULT = 'a wrong clock'

/** The smallest C compiler that Debian has, for a machine that has none; it brings what it needs. */
const COMPILER: DebianSource = {
  suites: ['bookworm', 'bookworm-security'],
  packages: ['tcc', 'dash'],
  without: ['debianutils', 'dpkg', 'libc6'],
}

/** What the program of a server gets so that its wall clock can be set: see skewed-clock.c. */
export const CLOCK_VARIABLE = 'REDIS_CHAOS_CLOCK'

/** A clock's file: it says by how much the clock is off, ms. */
export function clockFile(offsetMs: number): Buffer {
  const file = Buffer.alloc(8)
  file.writeBigInt64LE(BigInt(Math.round(offsetMs)) * 1_000_000n)
  return file
}

/**
 * The path of the library that sets a server's wall clock, compiled once for each version of its source: with this
 * machine's own compiler, else with one from Debian packages. It runs with any C library. Throws UnsupportedFault where
 * it cannot be made.
 */
export async function clockLibrary(progress: Progress, signal?: AbortSignal): Promise<string> {
  const { library, source } = await place()
  if (await pathExists(library)) return library
  progress('compiling the clock of the servers')
  const problems: string[] = []
  for (const compile of [withOwnCompiler, withDebianCompiler]) {
    try {
      await compileTo(library, source, compile, progress, signal)
      return library
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      problems.push(error.message)
    }
  }
  throw new UnsupportedFault(FAULT, problems.join('; '), 'install a C compiler: `apt-get install gcc`')
}

/** Whether a server's clock can be set, and by which means. Nothing is made or fetched. */
export async function clockSupport(): Promise<FaultSupport> {
  const capability = 'clock'
  try {
    const { library } = await place()
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
async function place(): Promise<{ library: string; source: string }> {
  if (process.platform !== 'linux' || !['x64', 'arm64', 'riscv64'].includes(arch())) {
    throw new UnsupportedFault(
      FAULT,
      `its library is made on Linux, for x64, arm64 and riscv64, and this is ${systemName()} on ${arch()}`,
    )
  }
  const source = await readFile(SOURCE, 'utf8')
  const key = createHash('sha256').update(source).digest('hex').slice(0, 12)
  return { library: join(dirname(debianCacheFolder()), 'clock', `clock-${arch()}-${key}.so`), source }
}

type Compile = (args: readonly string[], progress: Progress, signal?: AbortSignal) => Promise<unknown>

/** It appears whole or not at all, also when two processes make it at once. */
async function compileTo(
  library: string,
  source: string,
  compile: Compile,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  const making = `${library}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await mkdir(dirname(library), { recursive: true })
    await writeFile(`${making}.c`, source)
    await compile(['-shared', '-fPIC', '-nostdlib', '-o', making, `${making}.c`], progress, signal)
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

function withOwnCompiler(args: readonly string[], _: Progress, signal?: AbortSignal): Promise<unknown> {
  return run('cc', ['-O2', ...args], signal)
}

async function withDebianCompiler(args: readonly string[], progress: Progress, signal?: AbortSignal): Promise<unknown> {
  const { root } = await debianTree(COMPILER, { progress, signal })
  return await run(join(root, 'usr', 'bin', 'tcc'), ['-B', compilerFolder(root), ...args], signal)
}

/** Where tcc has its own files: Debian keeps them in a folder named by architecture. */
function compilerFolder(root: string): string {
  const triplets: Record<string, string> = { x64: 'x86_64', arm64: 'aarch64', riscv64: 'riscv64' }
  return join(root, 'usr', 'lib', `${triplets[arch()] ?? arch()}-linux-gnu`, 'tcc')
}

function run(program: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  return runProgram(program, args, {
    purpose: 'compile the clock of the servers',
    timeoutMs: COMPILE_TIMEOUT_MS,
    signal,
  })
}
