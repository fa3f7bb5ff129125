import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConflictError } from '../errors.ts'
import type { GroupNeeds } from '../faults.ts'
import { wrapFileErrors } from '../files.ts'
import type { FoundRun, ServerGroupSpec, ServerNode } from '../platform.ts'
import { isAlive, processId } from '../process-id.ts'
import { RECORD_FILE } from './claimed-folder.ts'
import { PROCESSES_FILE, type Processes, type ProcessId } from './protocol.ts'

/** The file `run.json` of a run's folder, written once. */
interface RunRecord {
  runId: string
  purpose: string
  /** The program that made the run, and that it normally ends with. */
  runner: ProcessId
  /** The supervisor's, by which it knows the folder as its own. */
  claim: string
  /** It is meant to outlive that program. */
  kept: boolean
  nodes: ServerNode[]
  /** What the group was made with. */
  needs: GroupNeeds
  /** Of the runner's users at the servers; missing in records of earlier versions. */
  secret?: string
}

/** What the folder of a run tells. */
export interface RecordedRun extends RunRecord {
  folder: string
  /** Undefined until the supervisor has begun. */
  processes: Processes | undefined
}

/** How long a folder may be without a record: it is written right after the folder is made. */
const RECORD_WITHIN_MS = 60_000

export function runFolder(stateFolder: string, runId: string): string {
  return join(stateFolder, runId)
}

/**
 * Makes the folder of a new run, under the supervisor's `claim`, and keeps the `secret` of the runner's users there. Throws ConflictError if there is one, PlatformError if
 * it cannot be written.
 */
export async function makeRunFolder(
  stateFolder: string,
  spec: ServerGroupSpec,
  nodes: ServerNode[],
  secrets: { claim: string; secret: string },
): Promise<string> {
  const folder = runFolder(stateFolder, spec.runId)
  const made = await wrapFileErrors(`make the folder ${folder}`, () =>
    mkdir(folder, { mode: 0o700 }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false
        throw error
      },
    ),
  )
  if (!made) {
    throw new ConflictError(`there are already processes of a run ${spec.runId}; nothing was touched`, {
      hint: 'remove that run first',
    })
  }
  const record: RunRecord = {
    runId: spec.runId,
    purpose: spec.purpose,
    runner: processId(process.pid) ?? { pid: process.pid, startedAt: 'unknown' },
    claim: secrets.claim,
    kept: spec.outlivesRunner ?? false,
    nodes,
    needs: spec.needs ?? {},
    secret: secrets.secret,
  }
  try {
    await wrapFileErrors(`write into ${folder}`, () =>
      writeFile(join(folder, RECORD_FILE), JSON.stringify(record), { mode: 0o600 }),
    )
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  return folder
}

/** What is recorded of a run; undefined if there is no record of it. */
export async function readRun(stateFolder: string, runId: string): Promise<RecordedRun | undefined> {
  const folder = runFolder(stateFolder, runId)
  const record = await readJson<RunRecord>(join(folder, RECORD_FILE))
  if (!record) return undefined
  return { ...record, folder, processes: await readJson<Processes>(join(folder, PROCESSES_FILE)) }
}

/** The ids of all runs that have a folder. */
export async function listRuns(stateFolder: string): Promise<string[]> {
  const entries = await readdir(stateFolder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

/** Whether nobody is left who would end this run: neither its runner nor its supervisor. */
export async function isStale(stateFolder: string, runId: string): Promise<boolean> {
  const run = await readRun(stateFolder, runId)
  if (run) return !isAlive(run.runner) && !(run.processes && isAlive(run.processes.supervisor))
  const made = await stat(runFolder(stateFolder, runId)).catch(() => undefined)
  return made !== undefined && Date.now() - made.mtimeMs > RECORD_WITHIN_MS
}

/** The run as a platform reports it. */
export function foundRun({ runId, purpose, runner, kept, processes }: RecordedRun): FoundRun {
  const supervised = processes !== undefined && isAlive(processes.supervisor)
  const state = isAlive(runner) ? 'live' : kept && supervised ? 'kept' : 'orphaned'
  return { runId, purpose, state }
}

/** A file that is half written or gone is as one that is not there. */
async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch {
    return undefined
  }
}
