// Plain JavaScript, as all that the supervisor loads: see supervisor.mjs.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const RECORD_FILE = 'run.json'

/**
 * Removes the folder of a run whose runner was gone before it had told what to start. A folder that another program made for a run of the same name
 * stays: its record names another runner.
 * @param {import('./protocol.ts').SupervisorClaim} claim
 */
export function removeClaimed({ folder, runner }) {
  try {
    const maker = makerOf(folder)
    const isOurs = maker === undefined ? holdsNothing(folder) : maker === `${runner.pid} ${runner.startedAt}`
    if (isOurs) rmSync(folder, { recursive: true, force: true })
  } catch {
    // There is none, or it cannot be looked into: nothing was made.
  }
}

/**
 * Who made the folder; undefined while the record is not written.
 * @param {string} folder
 */
function makerOf(folder) {
  try {
    const { runner } = JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8'))
    return `${runner.pid} ${runner.startedAt}`
  } catch {
    return undefined
  }
}

/** @param {string} folder */
function holdsNothing(folder) {
  return readdirSync(folder).every((name) => name === RECORD_FILE)
}
