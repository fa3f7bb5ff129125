import { statSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { codeOf } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { PlainFileError, readPlainFile } from '../../base/plain-file.ts'
import { ConflictError, PlatformError } from '../errors.ts'
import type { GroupNeeds } from '../faults.ts'
import { pathExists, wrapFileErrors } from '../files.ts'
import type { FoundRun, ServerGroupSpec, ServerNode } from '../platform.ts'
import { isAlive, ownProcessId } from '../process-id.ts'
import { makerOf, PASSWORD_FILE, RECORD_FILE } from './claimed-folder.ts'
import { PROCESSES_FILE, type Processes, type ProcessId, type SupervisorClaim } from './protocol.ts'

/** No pid of a process of ours: signals to 0 and 1, or to their groups, reach everything. */
const processShape: z.ZodType<ProcessId> = z.object({ pid: z.int().min(2), startedAt: z.string() })

const port = z.int().min(1).max(65_535)

const nodeShape: z.ZodType<ServerNode> = z.object({
  name: z.string(),
  serverName: z.string(),
  index: z.int().min(0),
  host: z.string(),
  port,
  peerHost: z.string(),
  peerPort: port,
  machine: z.string(),
  server: z.string().exactOptional(),
  guard: z.object({ users: z.array(z.int()), redirected: z.literal(true).exactOptional() }).exactOptional(),
})

const need = z.literal(true).exactOptional()

const recordShape = z.object({
  runId: z.string(),
  purpose: z.string(),
  /** The program that made the run, and that it normally ends with. */
  runner: z.object({ pid: z.int(), startedAt: z.string() }),
  /** The supervisor's, by which it knows the folder as its own. */
  claim: z.string(),
  /** It is meant to outlive that program. */
  kept: z.boolean(),
  nodes: z.array(nodeShape),
  /** What the group was made with. */
  needs: z.object({
    links: need,
    clientLinks: need,
    guests: need,
    debug: need,
    protectedSettings: need,
    disk: need,
    clock: need,
    addresses: need,
    powerCut: need,
  } satisfies Record<keyof GroupNeeds, z.ZodType>),
  /** Of the runner's users at the servers; missing in records of earlier versions. */
  secret: z.string().exactOptional(),
})

const processesShape: z.ZodType<Processes> = z.object({
  supervisor: processShape,
  servers: z.record(z.string(), processShape),
  links: processShape.exactOptional(),
  disks: processShape.exactOptional(),
})

/** The file `run.json` of a run's folder, written anew when a node's address or server changes. */
type RunRecord = z.infer<typeof recordShape>

/** What the folder of a run tells. */
export interface RecordedRun extends RunRecord {
  folder: string
  /** Undefined until the supervisor has begun. */
  processes: Processes | undefined
}

/** How long a folder may be without a record that can be read: programs of other versions wrote it a little later. */
const RECORD_WITHIN_MS = 60_000

export function runFolder(stateFolder: string, runId: string): string {
  return join(stateFolder, runId)
}

/**
 * Makes the folder of a new run, under the supervisor's claim, and keeps the `secret` of the runner's users there. The
 * folder has its name only when its record is in it. Throws ConflictError if there is one, PlatformError if it cannot be
 * written.
 */
export async function makeRunFolder(
  spec: ServerGroupSpec,
  nodes: ServerNode[],
  { claim, folder, unfinished }: SupervisorClaim,
  secret: string,
): Promise<string> {
  await wrapFileErrors(`make the folder ${folder}`, () => mkdir(unfinished, { mode: 0o700 }))
  const record: RunRecord = {
    runId: spec.runId,
    purpose: spec.purpose,
    runner: ownProcessId(),
    claim,
    kept: spec.outlivesRunner ?? false,
    nodes,
    needs: spec.needs ?? {},
    secret,
  }
  try {
    await wrapFileErrors(`write into ${folder}`, () =>
      Promise.all([
        writeFile(join(unfinished, RECORD_FILE), JSON.stringify(record), { mode: 0o600 }),
        writeFile(join(unfinished, PASSWORD_FILE), `${spec.password}\n`, { mode: 0o600 }),
      ]),
    )
    if (!(await wrapFileErrors(`make the folder ${folder}`, () => takeName(unfinished, folder)))) {
      throw new ConflictError(`there are already processes of a run ${spec.runId}; nothing was touched`, {
        hint: 'remove that run first',
      })
    }
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
  return folder
}

/** Writes down what nodes have become. */
export async function rewriteNodes(folder: string, nodes: readonly ServerNode[]): Promise<void> {
  const file = join(folder, RECORD_FILE)
  const record = readShape(file, recordShape)
  if (!record) throw new PlatformError(`the record of the run, ${file}, cannot be read`)
  // Its time is that of the run.
  const { atime, mtime } = await stat(file)
  await writeFile(`${file}.new`, JSON.stringify({ ...record, nodes }), { mode: 0o600 })
  await utimes(`${file}.new`, atime, mtime)
  await rename(`${file}.new`, file)
}

/** False if the name is taken: of a folder with anything in it, rename(2) takes nothing away. */
async function takeName(unfinished: string, folder: string): Promise<boolean> {
  try {
    await rename(unfinished, folder)
    return true
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(codeOf(error) ?? '')) throw error
    return false
  }
}

/** What is recorded of a run; undefined if there is no record of it, or one that cannot be read. */
export async function readRun(stateFolder: string, runId: string): Promise<RecordedRun | undefined> {
  const folder = runFolder(stateFolder, runId)
  const record = readShape(join(folder, RECORD_FILE), recordShape)
  // The name of the folder is what is removed by.
  if (record?.runId !== runId) return undefined
  return { ...record, folder, processes: readProcesses(folder) }
}

/** The processes of a run; undefined until the supervisor has begun, or where what it wrote cannot be read. */
export function readProcesses(folder: string): Processes | undefined {
  return readShape(join(folder, PROCESSES_FILE), processesShape)
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
  return (await stateWithoutRecord(stateFolder, runId)) === 'orphaned'
}

/** All runs that have a folder, as a platform reports them; one whose record is damaged keeps nobody from the others. */
export async function foundRuns(stateFolder: string): Promise<FoundRun[]> {
  const runs = await Promise.all(
    (await listRuns(stateFolder)).map(async (runId): Promise<FoundRun | undefined> => {
      const run = await readRun(stateFolder, runId)
      if (run) return foundRun(run)
      const state = await stateWithoutRecord(stateFolder, runId)
      const purpose = makerOf(runId) ? 'a run that had not begun' : `a run whose record (${RECORD_FILE}) cannot be read`
      return state && { runId, purpose, state }
    }),
  )
  return runs.filter((run) => run !== undefined)
}

/** Of a run without a record that can be read; undefined while it may still be about to be written. */
async function stateWithoutRecord(stateFolder: string, runId: string): Promise<'orphaned' | 'damaged' | undefined> {
  const maker = makerOf(runId)
  if (maker) return isAlive(maker) ? undefined : 'orphaned'
  const folder = runFolder(stateFolder, runId)
  const made = await stat(folder).catch(() => undefined)
  if (made === undefined || Date.now() - made.mtimeMs <= RECORD_WITHIN_MS) return undefined
  const processes = readProcesses(folder)
  if (processes === undefined) return (await pathExists(join(folder, PROCESSES_FILE))) ? 'damaged' : 'orphaned'
  const all = [processes.supervisor, ...Object.values(processes.servers), processes.links, processes.disks]
  return all.some((id) => id !== undefined && isAlive(id)) ? 'damaged' : 'orphaned'
}

/** The run as a platform reports it. */
export function foundRun({ runId, purpose, runner, kept, processes, nodes, folder }: RecordedRun): FoundRun {
  const supervised = processes !== undefined && isAlive(processes.supervisor)
  const state = isAlive(runner) ? 'live' : kept && supervised ? 'kept' : 'orphaned'
  const made = statSync(join(folder, RECORD_FILE), { throwIfNoEntry: false })
  return { runId, purpose, state, ports: nodes.map(({ port }) => port), ...(made && { sinceMs: made.mtimeMs }) }
}

const MOST_BYTES = 10_000_000

/** A file that is half written, gone or damaged is as one that is not there. */
function readShape<T>(file: string, shape: z.ZodType<T>): T | undefined {
  try {
    return shape.safeParse(parseJson(readPlainFile(file, { most: MOST_BYTES, links: 'refuse' }).toString())).data
  } catch (error) {
    if (error instanceof PlainFileError) return undefined
    throw error
  }
}
