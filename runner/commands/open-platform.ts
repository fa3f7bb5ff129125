import { UsageError } from '../base/errors.ts'
import { nearestWord } from '../base/nearest.ts'
import { DEFAULT_SERVER, parseServer, serverNames } from '../platforms/catalogue.ts'
import { DockerPlatform } from '../platforms/docker/docker-platform.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { Platform } from '../platforms/platform.ts'
import { ProcessPlatform } from '../platforms/process/process-platform.ts'
import type { Flags, ParsedLine } from './flags.ts'
import { nearestServer } from './nearest-server.ts'
import { projectRoot } from './project.ts'

export const KINDS = ['auto', 'docker', 'process'] as const
type Kind = (typeof KINDS)[number]

export const platformFlags: Flags = {
  platform: {
    type: 'string',
    value: 'KIND',
    help: 'where servers run: docker, process (on this machine), or auto: Docker where an engine answers (default)',
  },
  server: {
    type: 'string',
    value: 'NAMES',
    help: `one or several, separated by commas: redis:6.0 to redis:8.6, valkey:7.2 to valkey:9.1, redict:7.3 (docker/servers.yaml; doctor tells which can be had here), path:/a/redis-server, image:my/redis:tag (default ${DEFAULT_SERVER})`,
  },
}

/** What `platformFlags` ask for. */
export interface PlatformChoice {
  kind: Kind
  servers: string[]
}

/** Reads and checks `platformFlags`. Throws UsageError, with the nearest right word. */
export async function platformChoice(line: ParsedLine): Promise<PlatformChoice> {
  const kind = KINDS.find((candidate) => candidate === (line.text('platform') ?? 'auto'))
  if (!kind) throw unknown('platform', line.text('platform') ?? '', KINDS, nearestWord)
  const servers = (line.text('server') ?? DEFAULT_SERVER).split(',').map((name) => name.trim())
  const known = await serverNames(projectRoot)
  for (const server of servers) {
    const parsed = parseServer(server)
    if (parsed.kind === 'catalogue' && !known.includes(server)) throw unknown('server', server, known, nearestServer)
    if (parsed.kind === 'path' && kind === 'docker')
      throw new UsageError(`--server ${server} goes with --platform process`)
    if (parsed.kind === 'image' && kind === 'process')
      throw new UsageError(`--server ${server} goes with --platform docker`)
  }
  return { kind, servers: [...new Set(servers)] }
}

function unknown(
  what: string,
  name: string,
  known: readonly string[],
  nearest: (wrong: string, known: readonly string[]) => string | undefined,
): UsageError {
  const similar = nearest(name, known)
  const meant = similar === undefined ? '' : `; did you mean ${similar}?`
  return new UsageError(`there is no ${what} \`${name}\`${meant || ';'} there are ${known.join(', ')}`)
}

/** The platforms of a choice, one for each server. `say` is told which platform was chosen, and why. */
export async function openPlatforms(choice: PlatformChoice, say: (text: string) => void): Promise<Platform[]> {
  const automatic = choice.kind === 'auto' ? await chooseKind(choice.servers, say) : choice.kind
  return choice.servers.map((server) => {
    const { kind } = parseServer(server)
    const own = kind === 'path' ? 'process' : kind === 'image' ? 'docker' : automatic
    return own === 'docker' ? new DockerPlatform({ server, projectRoot }) : new ProcessPlatform({ server, projectRoot })
  })
}

/** Another platform of the same kind for the same server, which shares nothing with it. */
export function platformLike({ kind, server }: Platform): Platform {
  return kind === 'docker' ? new DockerPlatform({ server, projectRoot }) : new ProcessPlatform({ server, projectRoot })
}

/** Platforms of these kinds, for what concerns their runs and not the server that they would run. */
export function openKinds(kinds: readonly Platform['kind'][]): Platform[] {
  return kinds.map((kind) =>
    kind === 'docker'
      ? new DockerPlatform({ server: DEFAULT_SERVER, projectRoot })
      : new ProcessPlatform({ server: DEFAULT_SERVER, projectRoot }),
  )
}

/** The platforms that answer here, whatever server they would run: for what concerns all of their runs. */
export async function openEveryPlatform(): Promise<Platform[]> {
  const all = openKinds(['docker', 'process'])
  const answering = await Promise.all(
    all.map(async (platform) => {
      try {
        await platform.probe()
        return platform
      } catch (error) {
        await platform.close()
        if (!(error instanceof PlatformError)) throw error
        return undefined
      }
    }),
  )
  return answering.filter((platform) => platform !== undefined)
}

/** Docker where an engine answers, else processes. */
async function chooseKind(servers: readonly string[], say: (text: string) => void): Promise<'docker' | 'process'> {
  if (servers.every((server) => parseServer(server).kind === 'path')) return 'process'
  const docker = new DockerPlatform({ server: DEFAULT_SERVER, projectRoot })
  try {
    say(`platform docker: ${await docker.probe()} answers`)
    return 'docker'
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    say(`platform process: ${error.message}`)
    return 'process'
  } finally {
    await docker.close()
  }
}
