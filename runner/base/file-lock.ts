import { closeSync, fstatSync, linkSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs'
import type { Clock } from './clock.ts'
import { codeOf } from './errors.ts'
import { SurroundingsError } from './surroundings.ts'

/** The work takes some milliseconds: who holds a lock for longer was killed meanwhile, ms. */
const ABANDONED_MS = 60_000
/** So that what was abandoned is outwaited, ms. */
const WITHIN_MS = 90_000
const EVERY_MS = 20

/**
 * Does work of some milliseconds while no other program does so for the same file: reads it, and writes it anew. The
 * lock is a file beside it, `FILE.lock`; one that is older than a minute was abandoned. Throws SurroundingsError where
 * it cannot be had within 90 s, what the system says, and what the work throws.
 */
export async function whileLocked<Result>(file: string, work: () => Result, clock: Clock): Promise<Result> {
  const lock = `${file}.lock`
  const startMs = clock.nowMs()
  for (;;) {
    const own = locked(lock)
    if (own !== undefined) {
      try {
        return work()
      } finally {
        if (inodeOf(lock) === own) rmSync(lock, { force: true })
      }
    }
    endAbandoned(lock, clock.wallMs())
    if (clock.nowMs() - startMs > WITHIN_MS)
      throw new SurroundingsError(
        `another program has held ${lock} for ${WITHIN_MS / 1000} s: remove it if there is none`,
      )
    await clock.sleep(EVERY_MS)
  }
}

/** The inode of the lock; undefined while somebody else has it. */
function locked(lock: string): number | undefined {
  try {
    const descriptor = openSync(lock, 'wx')
    try {
      return fstatSync(descriptor).ino
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined
    throw error
  }
}

/** Moved away first: of several programs one gets it, and sees whether it is still what it took for abandoned. */
function endAbandoned(lock: string, nowMs: number): void {
  const seen = lstatSync(lock, { throwIfNoEntry: false })
  if (seen === undefined || nowMs - seen.mtimeMs < ABANDONED_MS) return
  const away = `${lock}.${process.pid}`
  try {
    renameSync(lock, away)
    if (inodeOf(away) !== seen.ino) linkSync(away, lock)
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(codeOf(error) ?? '')) throw error
  } finally {
    rmSync(away, { force: true })
  }
}

function inodeOf(file: string): number | undefined {
  return lstatSync(file, { throwIfNoEntry: false })?.ino
}
