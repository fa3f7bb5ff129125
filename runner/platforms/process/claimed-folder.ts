import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessId, SupervisorClaim } from './protocol.ts'

/** Of a run's folder: what is written into it first, and beside it the password. */
export const RECORD_FILE = 'run.json'
/** Holds the password of the user `default`: of no use to the runner, but to people. */
export const PASSWORD_FILE = 'password'

const UNFINISHED = /^(.+)\.unfinished-(\d+)-(.*)$/

/**
 * A run's folder until its record is in it. Its name says who makes it: when that process is gone, the folder is
 * nobody's, however young it is.
 */
export function unfinishedFolder(folder: string, { pid, startedAt }: ProcessId): string {
  return `${folder}.unfinished-${pid}-${encodeURIComponent(startedAt)}`
}

/** The process that makes the folder of this name; undefined if it is not an unfinished one. */
export function makerOf(name: string): ProcessId | undefined {
  const [, , pid, startedAt] = UNFINISHED.exec(name) ?? []
  if (pid === undefined || startedAt === undefined) return undefined
  try {
    return { pid: Number(pid), startedAt: decodeURIComponent(startedAt) }
  } catch {
    return undefined
  }
}

/**
 * Removes the folder of a run whose runner was gone before it had said what to start. A folder that was made for
 * another group of the same name stays: its record has another claim.
 */
export function removeClaimed({ folder, unfinished, claim }: SupervisorClaim): void {
  try {
    rmSync(unfinished, { recursive: true, force: true })
    if (claimIn(folder) === claim) rmSync(folder, { recursive: true, force: true })
  } catch {
    // It cannot be looked into: `heal` tells of it.
  }
}

/** The claim that the folder was made under; undefined if there is no such folder. */
function claimIn(folder: string): string | undefined {
  try {
    return String(JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8')).claim)
  } catch {
    return undefined
  }
}
