// Plain JavaScript, as all that the supervisor loads: see supervisor.mjs.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Of a run's folder: what is written into it first. */
export const RECORD_FILE = 'run.json'

/**
 * Removes the folder of a run whose runner was gone before it had told what to start. A folder that was made for another group of the same name
 * stays: its record bears another claim.
 * @param {import('./protocol.ts').SupervisorClaim} claim
 */
export function removeClaimed({ folder, claim }) {
  try {
    const made = claimIn(folder)
    const isOurs = made === undefined ? holdsNothing(folder) : made === claim
    if (isOurs) rmSync(folder, { recursive: true, force: true })
  } catch {
    // There is none, or it cannot be looked into: nothing was made.
  }
}

/**
 * The claim that the folder was made under; undefined while its record is not written.
 * @param {string} folder
 */
function claimIn(folder) {
  try {
    return String(JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8')).claim)
  } catch {
    return undefined
  }
}

/** @param {string} folder */
function holdsNothing(folder) {
  return readdirSync(folder).every((name) => name === RECORD_FILE)
}
