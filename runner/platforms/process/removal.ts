import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { codeOf } from '../../base/errors.ts'
import { PlatformError } from '../errors.ts'
import { wrapFileErrors } from '../files.ts'
import { isAlive, processesOfCommand } from '../process-id.ts'
import { Control } from './control.ts'
import { type ProcessId, SOCKET_FILE } from './protocol.ts'
import { isStale, listRuns, readProcesses, runFolder } from './run-record.ts'

const END_TIMEOUT_MS = 5_000
const LOOK_EVERY_MS = 10

/**
 * Ends all processes of a run and removes its folder: through its supervisor, or without it where that does not answer.
 * Returns what was removed, in words. Idempotent. Throws PlatformError when something is still there.
 */
export async function removeRun(stateFolder: string, runId: string): Promise<string[]> {
  if (!(await listRuns(stateFolder)).includes(runId)) return []
  const folder = runFolder(stateFolder, runId)
  const processes = readProcesses(folder)
  const servers = Object.entries(processes?.servers ?? serversSeen(folder))
  const removed = [...servers.filter(([, id]) => isAlive(id)).map(([name]) => `process ${name}`), `folder ${folder}`]
  const supervisor = processes?.supervisor
  if (supervisor ? isAlive(supervisor) : servers.length > 0) await askSupervisor(runId, folder, supervisor)
  const helpers = [processes?.links, processes?.disks].filter((id) => id !== undefined)
  await Promise.all([...servers.map(([, id]) => kill(id, -id.pid)), ...helpers.map((id) => kill(id, id.pid))])
  await wrapFileErrors(`remove the folder ${folder}`, async () => {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    // The journal of the run's faults lies beside its folder: faults/journal.ts.
    for (const ending of ['', '.new']) await rm(`${folder}.faults.json${ending}`, { force: true })
  })
  return removed
}

/**
 * Removes the runs of this machine that were left behind: neither their runner nor their supervisor lives. Returns what
 * was removed, in words.
 */
export async function removeStale(stateFolder: string): Promise<string[]> {
  const runs = await listRuns(stateFolder)
  const removed = await Promise.all(
    runs.map(async (runId) => ((await isStale(stateFolder, runId)) ? await removeRun(stateFolder, runId) : [])),
  )
  return removed.flat()
}

/** Where the supervisor's list of them is gone or damaged: each goes by a name in its node's folder. */
function serversSeen(folder: string): Record<string, ProcessId> {
  return Object.fromEntries(processesOfCommand(`${folder}/`).map((id) => [`${id.pid}`, id]))
}

async function askSupervisor(runId: string, folder: string, supervisor: ProcessId | undefined): Promise<void> {
  const control = new Control(runId, join(folder, SOCKET_FILE))
  try {
    await control.ask(`remove run ${runId}`, 'remove')
    if (supervisor) await waitUntilDead(supervisor)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    // What it does not do, or not in time, is done without it.
    if (supervisor) await kill(supervisor, supervisor.pid)
  } finally {
    control.close()
  }
}

/** `target`: the process, or its whole group as the negative. */
async function kill(id: ProcessId, target: number): Promise<void> {
  if (!isAlive(id)) return
  try {
    process.kill(target, 'SIGKILL')
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
  await waitUntilDead(id)
}

async function waitUntilDead(id: ProcessId): Promise<void> {
  const deadlineMs = systemClock.ranMs() + END_TIMEOUT_MS
  while (isAlive(id)) {
    if (systemClock.ranMs() > deadlineMs) {
      throw new PlatformError(`process ${id.pid} is still there ${END_TIMEOUT_MS / 1000} s after it was ended`)
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
