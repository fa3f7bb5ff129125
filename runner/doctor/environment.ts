import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findServer, type ServerEntry, serverNames } from '../platforms/catalogue.ts'
import { findArchives } from '../platforms/debian/archive.ts'
import { cachedTree, debianCacheFolder } from '../platforms/debian/tree.ts'
import { wrapFileErrors } from '../platforms/files.ts'
import { listRuns, readRun } from '../platforms/process/run-record.ts'
import { type FoundSandbox, findSandbox } from '../platforms/process/sandbox/find-sandbox.ts'
import { defaultStateFolder } from '../platforms/state-folder.ts'
import { type EngineSeen, lookAtEngine } from './engine.ts'
import type { PlatformFaults } from './faults.ts'
import { type Machine, thisMachine } from './machine.ts'

/** Everything that a check-up looks at. Tests replace parts of it. */
export interface Environment {
  machine: Machine
  /** Entries of the catalogue, in its order. */
  servers: readonly ServerEntry[]
  /** Throws PlatformError if no engine can be used. */
  lookAtEngine(signal: AbortSignal): Promise<EngineSeen>
  findArchives: typeof findArchives
  cachedTree: typeof cachedTree
  /** The sandbox of servers that run as processes of this user. Throws PlatformError if none can be tried. */
  findSandbox(signal: AbortSignal): Promise<FoundSandbox>
  /** Groups of servers that run as processes of this user. */
  processRuns(): Promise<ProcessRun[]>
  folders: Folders
  /** Those that answer here. */
  platforms: readonly PlatformFaults[]
  /** The port of the first of six nodes, unless a run is given another. */
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
 * The environment of this process. `reports`: the folder that runs are kept in. Throws PlatformError when the catalogue
 * cannot be read.
 */
export async function localEnvironment(
  projectRoot: string,
  options: { reports: string } & Pick<Environment, 'portBase' | 'namePrefix' | 'platforms'>,
): Promise<Environment> {
  const { reports, portBase, namePrefix, platforms } = options
  const names = await serverNames(projectRoot)
  return {
    machine: thisMachine(),
    servers: await Promise.all(names.map((name) => findServer(projectRoot, name))),
    lookAtEngine: (signal) => lookAtEngine(projectRoot, signal),
    findArchives,
    cachedTree,
    processRuns,
    findSandbox: (signal) => findSandboxHere(portBase, signal),
    platforms,
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

async function findSandboxHere(port: number, signal: AbortSignal): Promise<FoundSandbox> {
  const parent = await wrapFileErrors(`make a folder in ${tmpdir()}`, () =>
    mkdtemp(join(tmpdir(), 'redis-chaos-doctor-')),
  )
  try {
    const candidate = { command: ['/bin/sh', '-c', ':'], reads: [], port }
    return await findSandbox(candidate, { folder: join(parent, 'sandbox'), parents: [parent] }, signal)
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}
