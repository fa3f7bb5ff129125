import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SupervisorClaim } from './protocol.ts'

/** Of a run's folder: what is written into it first, and beside it the password. */
export const RECORD_FILE = 'run.json'
/** Holds the password of the user `default`: of no use to the runner, but to people. */
export const PASSWORD_FILE = 'password'

/**
 * Removes the folder of a run whose runner was gone before it had said what to start. A folder that was made for
 * another group of the same name stays: its record has another claim.
 */
export function removeClaimed({ folder, claim }: SupervisorClaim): void {
  try {
    const made = claimIn(folder)
    const isOurs = made === undefined ? holdsNothing(folder) : made === claim
    if (isOurs) rmSync(folder, { recursive: true, force: true })
  } catch {
    // There is none, or it cannot be looked into: nothing was made.
  }
}

/** The claim that the folder was made under; undefined while its record is not written. */
function claimIn(folder: string): string | undefined {
  try {
    return String(JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8')).claim)
  } catch {
    return undefined
  }
}

function holdsNothing(folder: string): boolean {
  return readdirSync(folder).every((name) => name === RECORD_FILE || name === PASSWORD_FILE)
}
