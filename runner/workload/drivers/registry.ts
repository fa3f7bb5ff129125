import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../../base/command-line.ts'
import { messageOf } from '../../base/errors.ts'
import { type Manifest, manifest } from './manifest.ts'

/** A folder for each client that comes with redis-chaos. */
const FOLDER = path.join(ROOT, 'clients')
const MANIFEST = 'driver.json'

let names: readonly string[] | undefined
const manifests = new Map<string, Manifest>()

/** The clients that come with redis-chaos and have a driver, in alphabetical order. */
export function clientNames(): readonly string[] {
  names ??= findNames()
  return names
}

export function clientFolder(name: string): string {
  return path.join(FOLDER, name)
}

/** What is known of a client of `clientNames`. Throws Error for a manifest that is wrong: a bug of redis-chaos. */
export function manifestOf(name: string): Manifest {
  const known = manifests.get(name)
  if (known) return known
  const file = path.join(clientFolder(name), MANIFEST)
  try {
    const read = manifest.parse(JSON.parse(readFileSync(file, 'utf8')))
    if (read.name !== name) throw new Error(`it calls itself ${read.name}`)
    manifests.set(name, read)
    return read
  } catch (error) {
    throw new Error(`${file} is wrong: ${messageOf(error)}`, { cause: error })
  }
}

function findNames(): string[] {
  try {
    return readdirSync(FOLDER, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && readdirSync(path.join(FOLDER, entry.name)).includes(MANIFEST))
      .map(({ name }) => name)
      .sort()
  } catch {
    return []
  }
}
