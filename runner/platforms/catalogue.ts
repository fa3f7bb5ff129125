import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { PlatformError } from './errors.ts'

const debianSource = z.strictObject({
  /** The suite that has the server first, then those with its security updates, or with its libraries. */
  suites: z.array(z.string().regex(/^[a-z][a-z-]*$/)).nonempty(),
  /** `name/suite`: from that suite, where apt would take another's. */
  packages: z.array(z.string().regex(/^[a-z0-9][a-z0-9.+-]+(\/[a-z][a-z-]*)?$/)).nonempty(),
  /** Dependencies that only installation scripts and service files need: not fetched. */
  without: z.array(z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/)),
})

const serverEntry = z.strictObject({
  image: z.string().min(1),
  /** The server's executable, found on the PATH of its image. */
  program: z.string().regex(/^[a-z][a-z-]*$/),
  /** Left out where Debian has none: then it comes from its image, or from the PATH. */
  debian: debianSource.optional(),
})

/** What it is, and its version as far as it is fixed: part of an image's tag too. */
const NAME = /^(redis|valkey|redict):\d[a-z0-9.-]*$/

const catalogue = z
  .record(z.string(), serverEntry)
  .refine((entries) => Object.keys(entries).every((name) => NAME.test(name)), {
    error: ({ input }) => {
      const wrong = Object.keys(input as object).filter((name) => !NAME.test(name))
      return `expected names such as redis:7.0, valkey:9.1 or redict:7.3, not ${wrong.join(', ')}`
    },
  })

export type DebianSource = z.infer<typeof debianSource>

/** A server that can be run, and where it comes from. */
export type ServerEntry = z.infer<typeof serverEntry> & { name: string }

/** What `--server` asks for: an entry of the catalogue, a program of this machine, or an image of one's own. */
export interface ServerChoice {
  kind: 'catalogue' | 'path' | 'image'
  /** The entry's name, the path, or the image. */
  value: string
}

/** The server that is played against unless another is asked for. */
export const DEFAULT_SERVER = 'redis:7.0'

/**
 * Reads `redis:7.0`, `path:/usr/local/bin/redis-server`, `image:my/redis:tag`. Whether there is such a thing is not
 * asked.
 */
export function parseServer(text: string): ServerChoice {
  const match = /^(path|image):(.*)$/s.exec(text)
  return match ? { kind: match[1] as 'path' | 'image', value: match[2] ?? '' } : { kind: 'catalogue', value: text }
}

/** The file that lists the servers. */
function catalogueFile(projectRoot: string): string {
  return join(projectRoot, 'docker', 'servers.yaml')
}

/** The names of the catalogue's entries, in its order. Throws PlatformError when the catalogue is unreadable. */
export async function serverNames(projectRoot: string): Promise<string[]> {
  return Object.keys(await readCatalogue(catalogueFile(projectRoot)))
}

/**
 * The names of the entries that Debian has packages of: they can be had without a registry. Throws PlatformError when
 * the catalogue is unreadable.
 */
export async function packagedServers(projectRoot: string): Promise<string[]> {
  const entries = await readCatalogue(catalogueFile(projectRoot))
  return Object.keys(entries).filter((name) => entries[name]?.debian)
}

/**
 * The catalogue's entry of this name (`redis:7.0`). Throws PlatformError, with the names there are, if there is none,
 * or when the catalogue itself is unreadable.
 */
export async function findServer(projectRoot: string, name: string): Promise<ServerEntry> {
  const file = catalogueFile(projectRoot)
  const entries = await readCatalogue(file)
  const entry = entries[name]
  if (entry) return { name, ...entry }
  throw new PlatformError(`there is no server \`${name}\` in ${file}`, {
    hint: `it has ${Object.keys(entries).join(', ')}; another one is one more entry there, or one's own with \`path:\` or \`image:\``,
  })
}

async function readCatalogue(file: string): Promise<Record<string, z.infer<typeof serverEntry>>> {
  try {
    return catalogue.parse(parse(await readFile(file, 'utf8')))
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    throw new PlatformError(`the catalogue of servers ${file} cannot be read: ${problem}`, { cause: error })
  }
}
