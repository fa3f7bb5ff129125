import { chmod, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../../base/errors.ts'
import { userId } from '../../../base/user.ts'
import { runProgram } from '../../child.ts'
import { PlatformError } from '../../errors.ts'
import { wrapFileErrors } from '../../files.ts'
import { AS_ROOT, AS_USER, type Namespaces } from '../namespaces.ts'
import { NO_SANDBOX, ownUserOf, type Sandbox, sandboxed } from './sandbox.ts'
import { makeView, viewBeside } from './view.ts'

/** What is to be run in a sandbox. */
export interface Candidate {
  /** Of a program that ends at once if all is well: a server that is asked for its version. */
  command: readonly string[]
  /** What it needs outside the system's own folders. */
  reads: readonly string[]
  /** It may use anything, whether or not it does when it is tried. */
  needsAll?: boolean | undefined
  /** Any port of the servers. */
  port: number
  /** The namespaces that the servers' small disks are mounted in, if they have any. */
  disks?: Namespaces | undefined
}

/** The smallest sandbox that the program runs in here, and why it is not a smaller one, by what is missing. */
export interface FoundSandbox {
  sandbox: Sandbox
  problems: string[]
}

/** Where it is tried, made for that and removed; and the folders of the runner's above it, which are only its own. */
export interface TryPlace {
  folder: string
  parents: readonly string[]
}

const TRY_TIMEOUT_MS = 5_000
const OWN_ONLY = 0o700
/** Other users get through to what they know the name of, and can list nothing. */
const TRAVERSED = 0o711

/** Runs what follows `--` if all before it can be read. */
const IF_READABLE = `while [ "$1" != -- ]
do test -r "$1" || { echo "$1 cannot be read there" >&2; exit 1; }; shift
done
shift; exec "$@"`

/**
 * Tries sandboxes, the smallest first, until the program runs in one. Throws PlatformError only if nothing can be
 * written where it is tried.
 */
export async function findSandbox(candidate: Candidate, place: TryPlace, signal?: AbortSignal): Promise<FoundSandbox> {
  const problems: string[] = []
  for (const sandbox of await sandboxesOf(candidate)) {
    try {
      await tryIn(sandbox, candidate, place, signal)
      return { sandbox, problems }
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof PlatformError)) throw error
      problems.push(messageOf(error))
    } finally {
      await wrapFileErrors(`remove ${place.folder}`, () => rm(place.folder, { recursive: true, force: true }))
    }
  }
  return { sandbox: NO_SANDBOX, problems }
}

/** All that could be here, the smallest first. */
async function sandboxesOf({ port, disks, needsAll }: Candidate): Promise<Sandbox[]> {
  if (process.platform !== 'linux') return []
  if (needsAll) return [{ confined: true }]
  if (userId() !== 0) return [{ view: AS_USER, confined: true }, { confined: true }]
  // In a namespace of users that root made for itself there is no other user.
  const canChange = disks !== AS_USER && (await hasUser(ownUserOf(port)))
  const own: Sandbox[] = canChange ? [{ view: AS_ROOT, ownUser: true, confined: true }] : []
  const ownOnly: Sandbox[] = canChange ? [{ ownUser: true, confined: true }] : []
  return [...own, { view: disks ?? AS_ROOT, confined: true }, ...ownOnly, { confined: true }]
}

/** A container may have only some of the users of its machine. */
async function hasUser(user: number): Promise<boolean> {
  const map = await readFile('/proc/self/uid_map', 'utf8').catch(() => '')
  return map.split('\n').some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number)
    return first <= user && user < first + count
  })
}

async function tryIn(sandbox: Sandbox, candidate: Candidate, place: TryPlace, signal?: AbortSignal): Promise<void> {
  const { command, port, reads } = candidate
  const folder = join(place.folder, 'server')
  const data = join(folder, 'data')
  await wrapFileErrors(`try a sandbox in ${folder}`, async () => {
    await mkdir(data, { recursive: true, mode: OWN_ONLY })
    if (sandbox.ownUser) await chmod(folder, TRAVERSED)
    // A view has places of its own for them. What was opened stays open: servers of other runs may need it.
    const opened = sandbox.ownUser && !sandbox.view ? [place.folder, ...place.parents] : []
    for (const parent of opened) await chmod(parent, TRAVERSED)
    if (sandbox.view) await makeView({ folder, data, reads })
  })
  const looking = ['/bin/sh', '-c', IF_READABLE, 'sh', ...reads, '--', ...command]
  const [program = '', ...args] = sandboxed({ sandbox, port, view: viewBeside(folder), isNested: false }, looking)
  await runProgram(program, args, { purpose: 'start a server in a sandbox', timeoutMs: TRY_TIMEOUT_MS, signal })
}
