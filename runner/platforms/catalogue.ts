import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { PlatformError } from './platform.ts'

const debianSource = z.strictObject({
  /** The suite that has the server first, then those with its security updates. */
  suites: z.array(z.string().regex(/^[a-z][a-z-]*$/)).nonempty(),
  packages: z.array(z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/)).nonempty(),
  /** Dependencies that only installation scripts and service files need: not fetched. */
  without: z.array(z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/)),
})

const serverEntry = z.strictObject({
  image: z.string().min(1),
  /** The server's executable, found on the PATH of its image. */
  program: z.string().regex(/^[a-z][a-z-]*$/),
  debian: debianSource,
})

export type DebianSource = z.infer<typeof debianSource>

/** A server that can be run, and where it comes from. */
export type ServerEntry = z.infer<typeof serverEntry> & { name: string }

/** The file that lists the servers. */
export function catalogueFile(projectRoot: string): string {
  return join(projectRoot, 'docker', 'servers.yaml')
}

/**
 * The catalogue's entry of this name (`redis:7.0`). Throws PlatformError, with the names there are, if there is none, or
 * when the catalogue itself is unreadable.
 */
export async function findServer(projectRoot: string, name: string): Promise<ServerEntry> {
  const file = catalogueFile(projectRoot)
  const entries = await readCatalogue(file)
  const entry = entries[name]
  if (entry) return { name, ...entry }
  throw new PlatformError(`there is no server \`${name}\` in ${file}`, {
    hint: `it has ${Object.keys(entries).join(', ')}; another one is one more entry there`,
  })
}

async function readCatalogue(file: string): Promise<Record<string, z.infer<typeof serverEntry>>> {
  try {
    return z.record(z.string(), serverEntry).parse(parse(await readFile(file, 'utf8')))
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    throw new PlatformError(`the catalogue of servers ${file} cannot be read: ${problem}`, { cause: error })
  }
}
