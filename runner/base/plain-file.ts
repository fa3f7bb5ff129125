import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { ChaosError, codeOf, messageOf } from './errors.ts'
import { reasonFor } from './surroundings.ts'

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants

/** Why something is not read or written, to be put behind its name and a colon. */
export class PlainFileError extends ChaosError {
  override name = 'PlainFileError'
}

interface ReadOptions {
  /** What is larger is not read, bytes. */
  most: number
  /** A file of somebody else's may be a link to one of ours: then it is refused. */
  links: 'follow' | 'refuse'
}

/** The bytes of a file. Throws PlainFileError for what is none (a pipe would be waited for without end), or too large. */
export function readPlainFile(file: string, { most, links }: ReadOptions): Buffer {
  const descriptor = openPlainFile(file, links)
  try {
    return readUpTo(descriptor, most)
  } finally {
    closeSync(descriptor)
  }
}

/** Opens a file for reading; pipes, devices and folders are refused. Throws PlainFileError. */
export function openPlainFile(file: string, links: ReadOptions['links']): number {
  return opened(file, O_RDONLY | (links === 'refuse' ? O_NOFOLLOW : 0))
}

/** Size, not from the system but as read: the files of `/proc` say 0. */
function readUpTo(descriptor: number, most: number): Buffer {
  const { size } = fstatSync(descriptor)
  if (size > most) throw new PlainFileError(`it is larger than ${most / 1_000_000} MB`)
  const pieces: Buffer[] = []
  for (let length = 0; ; ) {
    const piece = Buffer.allocUnsafe(Math.max(size - length, 0) + 1)
    const count = readPiece(descriptor, piece)
    if (count === 0) return Buffer.concat(pieces)
    length += count
    if (length > most) throw new PlainFileError(`it is larger than ${most / 1_000_000} MB`)
    pieces.push(piece.subarray(0, count))
  }
}

function readPiece(descriptor: number, piece: Buffer): number {
  try {
    return readSync(descriptor, piece, 0, piece.length, null)
  } catch (cause) {
    throw new PlainFileError(messageOf(cause), { cause })
  }
}

/**
 * Writes a file whole or not at all. A link of its name is replaced, and nothing is written to where it leads. Throws
 * what the system says.
 */
export function replaceFile(file: string, text: string): void {
  const part = `${file}.part`
  rmSync(part, { force: true })
  const descriptor = openSync(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666)
  try {
    try {
      writeFileSync(descriptor, text)
    } finally {
      closeSync(descriptor)
    }
    renameSync(part, file)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
}

/**
 * Appends whole lines to a file, in one write: lines of programs that end at the same time do not mix. The beginning of
 * a line that was cut off is ended first. Throws PlainFileError, also for a link, and what the system says.
 */
export function appendLines(file: string, text: string): void {
  const descriptor = opened(file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW)
  try {
    writeFileSync(descriptor, endsMidLine(descriptor) ? `\n${text}` : text)
  } finally {
    closeSync(descriptor)
  }
}

function endsMidLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor)
  const last = Buffer.alloc(1)
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last.toString() !== '\n'
}

/** Opened without waiting for whoever is at the other end of a pipe. */
function opened(file: string, flags: number): number {
  let descriptor: number
  try {
    descriptor = openSync(file, flags | O_NONBLOCK, 0o666)
  } catch (cause) {
    throw new PlainFileError(reasonOf(cause, (flags & O_NOFOLLOW) !== 0), { cause })
  }
  const kind = kindOf(fstatSync(descriptor))
  if (kind === undefined) return descriptor
  closeSync(descriptor)
  throw new PlainFileError(`it is ${kind} and no file`)
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ELOOP: 'its symbolic links lead in a circle',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EISDIR: 'it is a folder and no file',
  ENXIO: 'it is a pipe or socket and no file',
  ENOTDIR: 'something on the way to it is no folder',
  ENAMETOOLONG: 'its name is too long',
}

function reasonOf(cause: unknown, refusesLinks: boolean): string {
  const code = codeOf(cause)
  if (code === 'ELOOP' && refusesLinks) return 'it is a symbolic link, which is not followed here'
  return REASONS[code ?? ''] ?? reasonFor(code, messageOf(cause))
}

/** What it is, if it is no file. */
function kindOf(found: Stats): string | undefined {
  if (found.isFile()) return undefined
  if (found.isDirectory()) return 'a folder'
  if (found.isFIFO()) return 'a pipe'
  return found.isSocket() ? 'a socket' : 'a device'
}
