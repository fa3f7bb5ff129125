import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dialectOf } from '../dialects.ts'
import { announcedAddress, bindAddresses, needsLinks } from '../links/loopback.ts'
import type { ServerGroupSpec, ServerNode } from '../platform.ts'
import { renderServerConfig } from '../server-config.ts'
import type { ServerPlan } from './protocol.ts'
import type { ServerProgram } from './server-program.ts'
import { plainly } from './state-folder.ts'

export function logFile(runFolder: string, serverName: string): string {
  return join(runFolder, serverName, 'server.log')
}

/** Makes a node's folder, with its configuration, and says how its server is to be started. Throws PlatformError. */
export async function makeNodeFolder(
  runFolder: string,
  node: ServerNode,
  program: ServerProgram,
  spec: ServerGroupSpec,
): Promise<ServerPlan> {
  const folder = join(runFolder, node.serverName)
  const data = join(folder, 'data')
  const configFile = join(folder, 'server.conf')
  // The server goes by this name in lists of processes, in every version and before it can set a title.
  const link = join(folder, program.name)
  const needs = spec.needs ?? {}
  const config = renderServerConfig({
    dialect: dialectOf(program.server),
    port: node.port,
    bind: bindAddresses(node.index, needs),
    ...(needsLinks(needs) && { knownAs: announcedAddress(node.index) }),
    password: spec.password,
    dir: data,
    settings: spec.settings,
    needs: spec.needs,
  })
  await plainly(`write the files of ${node.serverName} in ${folder}`, async () => {
    await mkdir(data, { recursive: true, mode: 0o700 })
    await Promise.all([
      writeFile(configFile, config, { mode: 0o600 }),
      writeFile(logFile(runFolder, node.serverName), '', { mode: 0o600 }),
      symlink(program.path, link),
    ])
  })
  const [command = link, ...args] = [...program.loader, link, configFile]
  const log = logFile(runFolder, node.serverName)
  return { name: node.serverName, node: node.name, command, args, env: program.env, folder, log }
}
