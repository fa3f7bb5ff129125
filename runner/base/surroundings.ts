import { ChaosError, codeOf, isExpected, messageOf } from './errors.ts'

/** The machine did not give what the work needs: no verdict, and no bug. */
export class SurroundingsError extends ChaosError {
  override name = 'SurroundingsError'
}

/** Of one code of the system: why, after "could not write FILE", and what to do next. */
interface Refusal {
  reason: string
  hint: string
}

const MAKE_ROOM = 'make room there, or name another folder'
const GIVE_RIGHT = 'give this user the right to write there, or name another folder'
const MORE_FILES = 'allow more open files (`ulimit -n`), or start fewer nodes and clients'
const MORE_TASKS = 'allow more processes (`ulimit -u`, or the limit of the container), or end some'
const MORE_MEMORY = 'make memory free, or allow more of it (`ulimit -v`, or the limit of the container)'

/** What a program meets that did nothing wrong. `ENOENT` and its kin are not among them: those may be a bug. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  ENOSPC: { reason: 'no space is left there', hint: MAKE_ROOM },
  EDQUOT: { reason: 'no space is left there for this user', hint: MAKE_ROOM },
  EROFS: { reason: 'nothing can be written there (read-only file system)', hint: GIVE_RIGHT },
  EACCES: { reason: 'this user may not', hint: GIVE_RIGHT },
  EPERM: { reason: 'this user may not', hint: GIVE_RIGHT },
  EIO: { reason: 'the device reports an error', hint: 'look at the log of the kernel (`dmesg`)' },
  EFBIG: { reason: 'the file is as large as files may be', hint: 'allow larger files (`ulimit -f unlimited`)' },
  EMFILE: { reason: 'this program has as many files open as it may', hint: MORE_FILES },
  ENFILE: { reason: 'this machine has as many files open as it can', hint: MORE_FILES },
  EAGAIN: { reason: 'there may be no more processes or threads', hint: MORE_TASKS },
  ENOMEM: { reason: 'there is no more memory', hint: MORE_MEMORY },
  ERR_WORKER_OUT_OF_MEMORY: { reason: 'there is no more memory', hint: MORE_MEMORY },
  ERR_WORKER_INIT_FAILED: { reason: 'there may be no more processes or threads', hint: MORE_TASKS },
}

/** What is told of a file that cannot be made or read, whoever is to blame. */
const PLACES: Readonly<Record<string, string>> = {
  ENOENT: 'the folder that it should be in does not exist',
  ENOTDIR: 'something on the way to it is not a folder',
  EEXIST: 'something else of that name is there',
}

/** Why the system refused, in plain words where its code has some; else its message. */
export function reasonOf(error: unknown): string {
  return reasonFor(systemCode(error), messageOf(error))
}

/** The same where only the code and the message are left. */
export function reasonFor(code: string | undefined, message: string): string {
  if (code === undefined) return message
  return REFUSALS[code]?.reason ?? PLACES[code] ?? message
}

/** What to do when the system refused; `otherwise` where the code does not say, or says no more than that. */
export function hintFor(code: string | undefined, otherwise: string): string {
  const hint = REFUSALS[code ?? '']?.hint
  return hint === undefined || hint === MAKE_ROOM || hint === GIVE_RIGHT ? otherwise : hint
}

/**
 * An error as people are told of it: as it is if somebody was prepared for it, and as trouble of the surroundings if
 * the system refused what a correct program may ask for. Undefined for a bug of the runner.
 */
export function expectedError(error: unknown): ChaosError | undefined {
  if (isExpected(error)) return error
  if (error instanceof ChaosError) return undefined
  const refusal = REFUSALS[systemCode(error) ?? '']
  if (refusal === undefined) return undefined
  return new SurroundingsError(`${attemptOf(error)}: ${refusal.reason}`, { hint: refusal.hint, cause: error })
}

/** `ENOSPC`. What asks the system for the user or the host has it in a place of its own (node:os, SystemError). */
export function systemCode(error: unknown): string | undefined {
  const code = codeOf(error)
  if (code !== 'ERR_SYSTEM_ERROR' || !(error instanceof Error) || !('info' in error)) return code
  const { info } = error
  return typeof info === 'object' && info !== null && 'code' in info ? String(info.code) : code
}

/** What was tried: `could not open /a/file`. */
function attemptOf(error: unknown): string {
  const call = textOf(error, 'syscall')
  if (call === undefined) return 'could not start a thread'
  const file = textOf(error, 'path')
  const words = call.replace(/ .*/, '').replace(/^uv_/, '').replaceAll('_', ' ')
  return `could not ${words}${file === undefined ? '' : ` ${file}`}`
}

function textOf(error: unknown, key: string): string | undefined {
  const value: unknown = error instanceof Error ? Object.entries(error).find(([name]) => name === key)?.[1] : undefined
  return typeof value === 'string' ? value : undefined
}
