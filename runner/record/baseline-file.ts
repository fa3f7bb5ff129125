import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import { ChaosError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { whileLocked } from '../base/file-lock.ts'
import { makeFolder } from '../base/folders.ts'
import { readPlainFile, replaceFile } from '../base/plain-file.ts'
import { reasonOf, SurroundingsError } from '../base/surroundings.ts'

/** A baseline cannot be read or written. Told before anything is played. */
export class BaselineError extends ChaosError {
  override name = 'BaselineError'
  override readonly exitCode = EXIT.usage
}

export const BASELINE_FORMAT = 'redis-chaos baseline'
/** What `--save-baseline` writes: the samples of one run. */
export const RUN_VERSION = 1
/** What `nightly` writes: nights, each with its samples. */
export const NIGHTS_VERSION = 2
const MOST_BYTES = 50_000_000

/** What to do about a file that is something else, and about a baseline that cannot be read. */
interface Remedy {
  foreign: string
  anew(file: string): string
}

const SAVE: Remedy = {
  foreign: '--save-baseline FILE makes one',
  anew: (file) => `make it anew with --save-baseline ${file}`,
}
const BEGIN_ANEW = 'remove it to begin anew, or name another file with --baseline'
/** `nightly` makes its baseline by itself. */
export const NIGHTS: Remedy = { foreign: BEGIN_ANEW, anew: () => BEGIN_ANEW }

/** Throws BaselineError: the file is not there, is no baseline, or one of a version that is not known. */
export function readBaselineFile(file: string, remedy = SAVE): { version: number; content: unknown } {
  const content = parse(file, readText(file), remedy)
  const head = z.object({ format: z.literal(BASELINE_FORMAT), version: z.number() }).safeParse(content)
  if (!head.success) throw new BaselineError(`${file} is no baseline: ${remedy.foreign}`)
  const { version } = head.data
  if (version === RUN_VERSION || version === NIGHTS_VERSION) return { version, content }
  throw new BaselineError(
    `${file} is a baseline of version ${version}, and this runner reads versions ${RUN_VERSION} and ${NIGHTS_VERSION}: ${remedy.anew(file)}`,
  )
}

/** Throws BaselineError, which names the first thing that is wrong. */
export function checked<Content>(file: string, shape: z.ZodType<Content>, content: unknown, remedy = SAVE): Content {
  const whole = shape.safeParse(content)
  if (whole.success) return whole.data
  const [issue] = whole.error.issues
  throw new BaselineError(
    `${file} is a damaged baseline: ${issue?.path.join('.')}: ${issue?.message}; ${remedy.anew(file)}`,
  )
}

/** Writes it whole or not at all. Throws SurroundingsError. */
export function writeBaselineFile(file: string, text: string): void {
  try {
    makeFolder(dirname(file))
    replaceFile(file, text)
  } catch (cause) {
    throw new SurroundingsError(`the baseline ${file} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}

/** Does what reads and writes a baseline while no other program does. Throws SurroundingsError, and what the work throws. */
export async function whileBaselineLocked<Result>(file: string, work: () => Result, clock: Clock): Promise<Result> {
  try {
    makeFolder(dirname(file))
    return await whileLocked(file, work, clock)
  } catch (cause) {
    if (cause instanceof ChaosError) throw cause
    throw new SurroundingsError(`the baseline ${file} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}

function readText(file: string): string {
  if (!existsSync(file)) throw new BaselineError(`there is no baseline ${file}: --save-baseline ${file} makes one`)
  try {
    return readPlainFile(file, { most: MOST_BYTES, links: 'follow' }).toString()
  } catch (cause) {
    throw new BaselineError(`the baseline ${file} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

function parse(file: string, text: string, remedy: Remedy): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BaselineError(`${file} is no baseline: it is not JSON; ${remedy.foreign}`)
  }
}
