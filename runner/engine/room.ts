import { type MachineLimits, machineLimits } from '../base/machine-limits.ts'
import { SurroundingsError } from '../base/surroundings.ts'
import { plural } from '../base/text.ts'
import type { Platform } from '../platforms/platform.ts'
import type { Scenario } from '../scenario/model.ts'
import { serversNeeded } from '../scenario/servers-needed.ts'
import { connectionsPerNode } from '../workload/connections.ts'

/** Files that the runner has open whatever it plays, and for each node: connections, its log (measured: 20, and 6). */
const RUNNER_FILES = 32
const RUNNER_FILES_PER_NODE = 8
/** What a server keeps for itself (CONFIG_MIN_RESERVED_FDS, server.h, Redis 7.0), its files, and the runner. */
const SERVER_FILES = 48
/** The two links of the bus to each other node (clusterNode.link and inbound_link, cluster.h, Redis 7.0). */
const BUS_LINKS = 2
/** The append-only file and the log of one server, well above what the library's scenarios write. */
const FILE_BYTES = 64 * 2 ** 20
/** Threads of the runner and what runs beside it, and of each server with a child that saves (measured: 34, and 7). */
const RUNNER_TASKS = 40
const SERVER_TASKS = 8
/** What Node reserves for itself and for the thread of the load (measured: 2.0 GB). */
const ADDRESS_BYTES = 3 * 2 ** 30

/**
 * Throws SurroundingsError if a limit of this machine (`ulimit`, `sysctl`) would keep the scenario from being played: a server
 * or client that ran into it would look like one that failed.
 */
export function assertRoom(
  scenario: Scenario,
  kind: Platform['kind'],
  { openFiles, fileBytes, addressBytes, tasks, neighbors }: MachineLimits = machineLimits(),
): void {
  const { files, whose } = filesNeeded(scenario, kind)
  if (openFiles !== undefined && openFiles < files) {
    throw new SurroundingsError(`${whose} needs about ${files} open files, and may have ${openFiles}`, {
      hint: `allow more with \`ulimit -n ${roundedUp(files)}\`, or play it with fewer nodes or clients`,
    })
  }
  // Servers in containers have limits of their own.
  const tasksNeeded = RUNNER_TASKS + (kind === 'process' ? serversNeeded(scenario) * SERVER_TASKS : 0)
  if (tasks !== undefined && tasks < tasksNeeded) {
    throw new SurroundingsError(
      `the runner and its servers need about ${tasksNeeded} processes and threads, and this user may have ${tasks}`,
      { hint: `allow more with \`ulimit -u ${roundedUp(tasksNeeded)}\`` },
    )
  }
  if (kind === 'process' && fileBytes !== undefined && fileBytes < FILE_BYTES) {
    throw new SurroundingsError(
      `files of servers may need ${size(FILE_BYTES)}, and files may have ${size(fileBytes)} here`,
      { hint: 'allow larger ones with `ulimit -f unlimited`' },
    )
  }
  const nodes = serversNeeded(scenario)
  // Each container knows all others and its gateway; what finds no place in the table is not sent.
  if (kind === 'docker' && neighbors !== undefined && isEngineHere() && neighbors < nodes ** 2) {
    throw new SurroundingsError(
      `containers of ${plural(nodes, 'node')} need ${nodes ** 2} entries in the kernel's table of neighbors, and it holds ${neighbors}: some nodes would never reach each other`,
      { hint: `allow more with \`sysctl -w net.ipv4.neigh.default.gc_thresh3=${roundedUp(2 * nodes ** 2)}\`` },
    )
  }
  if (addressBytes !== undefined && addressBytes < ADDRESS_BYTES) {
    throw new SurroundingsError(
      `the runner needs ${size(ADDRESS_BYTES)} of address space, and may have ${size(addressBytes)}`,
      { hint: 'allow more with `ulimit -v unlimited`' },
    )
  }
}

/**
 * How many of these scenarios the runner may play at once with the open files that it may have, whichever they are: the
 * largest together, but for those that must be alone and those that have no room even then. At least 1: `assertRoom`
 * says what one of them lacks.
 */
export function lanesWithin(
  scenarios: readonly Scenario[],
  { openFiles = Number.POSITIVE_INFINITY }: MachineLimits = machineLimits(),
): number {
  const room = openFiles - RUNNER_FILES
  const needs = scenarios.filter(({ alone }) => !alone).map((scenario) => filesOfNodes(scenario))
  const largest = needs.filter((files) => files <= room).sort((a, b) => b - a)
  let sum = 0
  const lanes = largest.findIndex((files) => {
    sum += files
    return sum > room
  })
  if (lanes < 0) return largest.length === 0 ? 1 : Number.POSITIVE_INFINITY
  return lanes
}

/** The limits of another machine are not known here. */
function isEngineHere(): boolean {
  const engine = process.env.DOCKER_HOST ?? ''
  return engine === '' || engine.startsWith('unix:')
}

function clientsOfEachNode({ workloads }: Scenario): number {
  return workloads.reduce((sum, { options }) => sum + connectionsPerNode(options), 0)
}

function filesOfNodes(scenario: Scenario): number {
  return serversNeeded(scenario) * (RUNNER_FILES_PER_NODE + clientsOfEachNode(scenario))
}

/** By the program that needs the most. */
function filesNeeded(scenario: Scenario, kind: Platform['kind']): { files: number; whose: string } {
  const nodes = serversNeeded(scenario)
  const toEachNode = clientsOfEachNode(scenario)
  const shape = `${plural(nodes, 'node')} and ${plural(toEachNode, 'connection')} of clients to each`
  const runner = RUNNER_FILES + filesOfNodes(scenario)
  const server = kind === 'process' ? SERVER_FILES + nodes * BUS_LINKS + toEachNode : 0
  return runner >= server
    ? { files: runner, whose: `the runner, for ${shape},` }
    : { files: server, whose: `each server, for ${shape},` }
}

function roundedUp(files: number): number {
  return Math.max(1024, 2 ** Math.ceil(Math.log2(files)))
}

function size(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.floor(bytes / 2 ** 10)} KiB` : `${Math.floor(bytes / 2 ** 20)} MiB`
}
