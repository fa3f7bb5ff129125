import { chmod, chown, lchown, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { userId } from '../../base/user.ts'
import { clockFile } from '../clock/library.ts'
import { dialectOf } from '../dialects.ts'
import { wrapFileErrors } from '../files.ts'
import { bindAddresses, needsLinks } from '../links/loopback.ts'
import type { ServerGroupSpec, ServerNode } from '../platform.ts'
import { renderServerConfig } from '../server-config.ts'
import { type Libraries, preloadEnvironment } from './preloaded.ts'
import type { ServerPlan } from './protocol.ts'
import { ownUserOf, type Sandbox, sandboxed } from './sandbox/sandbox.ts'
import { makeView, viewBeside } from './sandbox/view.ts'
import type { ServerProgram } from './server-program.ts'

/** What a server is started with. */
export function configFile(runFolder: string, serverName: string): string {
  return join(runFolder, serverName, 'server.conf')
}

export function logFile(runFolder: string, serverName: string): string {
  return join(runFolder, serverName, 'server.log')
}

export function dataFolder(runFolder: string, serverName: string): string {
  return join(runFolder, serverName, 'data')
}

/** Says by how much the clock of a node is off, in a group whose clocks can be set. */
export function clockPath(runFolder: string, serverName: string): string {
  return join(runFolder, serverName, 'clock')
}

/** How a server is started. */
export interface NodeOptions {
  program: ServerProgram
  /** Of the runner's users. */
  secret: string
  sandbox: Sandbox
  /** Files and folders outside the system's own that a server needs to run. */
  reads: readonly string[]
  libraries: Libraries
  /** Whether the nodes of the run announce hostnames. */
  hostnames: boolean
}

/** Makes a node's folder, with its configuration, and says how its server is to be started. Throws PlatformError. */
export async function makeNodeFolder(
  runFolder: string,
  node: ServerNode,
  spec: ServerGroupSpec,
  options: NodeOptions,
): Promise<ServerPlan> {
  const folder = join(runFolder, node.serverName)
  const clock = clockPath(runFolder, node.serverName)
  await wrapFileErrors(`write the files of ${node.serverName} in ${folder}`, async () => {
    await mkdir(dataFolder(runFolder, node.serverName), { recursive: true, mode: 0o700 })
    await writeFile(logFile(runFolder, node.serverName), '', { mode: 0o600 })
    if (options.libraries.clock === undefined) return
    await writeFile(clock, clockFile(0), { mode: 0o600 })
    if (options.sandbox.ownUser) await chown(clock, ownUserOf(node.port), ownUserOf(node.port))
  })
  return await fitNodeFolder(runFolder, node, spec, options)
}

/**
 * Fits a node's folder, which is there, to the server that it is to run, and says how that is to be started. `beside`:
 * what its view of the file system is made beside, each time anew; by default its folder. Throws PlatformError.
 */
export async function fitNodeFolder(
  runFolder: string,
  node: ServerNode,
  spec: ServerGroupSpec,
  options: NodeOptions,
  beside = join(runFolder, node.serverName),
): Promise<ServerPlan> {
  const { program, sandbox, reads, libraries } = options
  const folder = join(runFolder, node.serverName)
  const data = dataFolder(runFolder, node.serverName)
  const conf = configFile(runFolder, node.serverName)
  // The server goes by this name in lists of processes, in every version and before it can set a title.
  const link = join(folder, program.name)
  await wrapFileErrors(`write the files of ${node.serverName} in ${folder}`, async () => {
    await Promise.all([conf, link].map((path) => rm(path, { force: true })))
    await writeFile(conf, configOf(node, data, spec, options), { mode: 0o600 })
    await symlink(program.path, link)
    if (sandbox.view) await makeView({ folder, beside, data, reads })
    if (userId() === 0) await giveData(data, sandbox.ownUser ? ownUserOf(node.port) : 0)
    if (!sandbox.ownUser) return
    await chown(conf, ownUserOf(node.port), ownUserOf(node.port))
    // The folder itself stays the runner's, which writes the log there: the server cannot put a link in its place.
    await chmod(folder, 0o711)
  })
  const isNested = spec.needs?.disk === true
  const confinement = { sandbox, port: node.port, view: viewBeside(beside), isNested }
  const [command = link, ...args] = sandboxed(confinement, [...program.loader, link, conf])
  const places = { clock: clockPath(runFolder, node.serverName), data }
  const env = { ...program.env, ...preloadEnvironment(libraries, places) }
  const log = logFile(runFolder, node.serverName)
  return { name: node.serverName, node: node.name, command, args, env, folder, log }
}

function configOf(node: ServerNode, dir: string, spec: ServerGroupSpec, { program, secret, hostnames }: NodeOptions) {
  const needs = spec.needs ?? {}
  return renderServerConfig({
    dialect: dialectOf(program.server),
    port: node.port,
    bind: bindAddresses(node.index, needs),
    ...(needsLinks(needs) && { knownAs: node.peerHost }),
    password: spec.password,
    secret,
    node: node.name,
    dir,
    settings: spec.settings,
    allowed: spec.allowed,
    needs: spec.needs,
    hostnames,
  })
}

/** The server before may have run as another user. */
async function giveData(folder: string, user: number): Promise<void> {
  const inside = await readdir(folder, { recursive: true })
  await Promise.all([folder, ...inside.map((name) => join(folder, name))].map((path) => lchown(path, user, user)))
}
