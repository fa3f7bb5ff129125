import { tmpdir } from 'node:os'
import { findServer, type ServerEntry, serverNames } from '../platforms/catalogue.ts'
import { findArchives } from '../platforms/debian/archive.ts'
import { cachedTree, debianCacheFolder } from '../platforms/debian/tree.ts'
import { listRuns, readRun } from '../platforms/process/run-record.ts'
import { defaultStateFolder } from '../platforms/state-folder.ts'
import { type EngineSeen, lookAtEngine } from './engine.ts'
import type { FaultTeller } from './fault-support.ts'
import { type Machine, thisMachine } from './machine.ts'

/** All that a check-up looks at. Tests give parts of their own. */
export interface Surroundings {
  machine: Machine
  /** Entries of the catalogue, in its order. */
  servers: readonly ServerEntry[]
  /** Throws PlatformError if no engine can be used. */
  lookAtEngine(signal: AbortSignal): Promise<EngineSeen>
  findArchives: typeof findArchives
  cachedTree: typeof cachedTree
  /** Groups of servers that run as processes of this user. */
  processRuns(): Promise<ProcessRun[]>
  folders: Folders
  /** Platforms that answer here. */
  faultTellers: readonly FaultTeller[]
  /** Of the first of six nodes. */
  portBase: number
  namePrefix: string
}

interface ProcessRun {
  runId: string
  purpose: string
  /** For clients. */
  ports: number[]
}

export interface Folders {
  reports: string
  cache: string
  temp: string
}

/**
 * The surroundings of this process. `reports` is the folder that runs are kept in; ports and names are those that runs take
 * unless told otherwise. Throws PlatformError when the catalogue
 * cannot be read.
 */
export async function theseSurroundings(
  projectRoot: string,
  {
    reports,
    portBase,
    namePrefix,
    faultTellers,
  }: { reports: string } & Pick<Surroundings, 'portBase' | 'namePrefix' | 'faultTellers'>,
): Promise<Surroundings> {
  const names = await serverNames(projectRoot)
  return {
    machine: thisMachine(),
    servers: await Promise.all(names.map((name) => findServer(projectRoot, name))),
    lookAtEngine: (signal) => lookAtEngine(projectRoot, signal),
    findArchives,
    cachedTree,
    processRuns,
    faultTellers,
    portBase,
    namePrefix,
    folders: { reports, cache: debianCacheFolder(), temp: tmpdir() },
  }
}

async function processRuns(): Promise<ProcessRun[]> {
  const folder = defaultStateFolder()
  const runs = await Promise.all((await listRuns(folder)).map((runId) => readRun(folder, runId)))
  return runs
    .filter((run) => run !== undefined)
    .map(({ runId, purpose, nodes }) => ({ runId, purpose, ports: nodes.map(({ port }) => port) }))
}
