import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DebianSource } from '../catalogue.ts'
import { runProgram } from '../child.ts'
import { PlatformError } from '../errors.ts'
import type { Progress } from '../platform.ts'
import { type Archive, findArchives, sourcesList } from './archive.ts'

const UPDATE_TIMEOUT_MS = 180_000
const DOWNLOAD_TIMEOUT_MS = 300_000

/**
 * Downloads the packages of `source` and all that they depend on into `folder` (made if missing), with this machine's
 * apt but none of its state: nothing is installed and root is not needed. apt verifies the signature of the archive and
 * the checksum of every package. Returns the paths of the `.deb` files. Throws PlatformError when the archive cannot be
 * reached, cannot be trusted, or lacks a package.
 */
export async function downloadPackages(
  source: DebianSource,
  folder: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<string[]> {
  const archives = await findArchives(source.suites, signal)
  const config = await writePrivateApt(folder, source, await sourcesList(archives), signal)
  try {
    progress(`reading the package index of Debian ${source.suites[0]}`)
    await runProgram('apt-get', ['-c', config, '-qq', '-o', 'APT::Update::Error-Mode=any', 'update'], {
      purpose: `read the package index of Debian ${source.suites[0]}`,
      timeoutMs: UPDATE_TIMEOUT_MS,
      signal,
    })
    progress(`downloading ${source.packages.join(', ')} and their libraries`)
    await runProgram('apt-get', ['-c', config, '-qq', '--yes', '--download-only', 'install', ...source.packages], {
      purpose: `download ${source.packages.join(', ')} of Debian ${source.suites[0]}`,
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
      signal,
    })
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    throw new PlatformError(error.message, { hint: hintFor(error.message, archives), cause: error })
  }
  const downloaded = join(folder, 'archives')
  return (await readdir(downloaded)).filter((name) => name.endsWith('.deb')).map((name) => join(downloaded, name))
}

function hintFor(problem: string, archives: readonly Archive[]): string {
  const needed = `needed: ${archives.map(({ uri, suite }) => `${uri} ${suite}`).join(', ')}`
  if (/NO_PUBKEY|not signed|public key|signatures? (couldn't|could not)|Missing key/i.test(problem)) {
    return `${needed}; this machine must trust the keys of the Debian archive: \`apt-get install debian-archive-keyring\` brings them`
  }
  if (/Hash Sum|unexpected size|File has|signature/i.test(problem)) {
    return `${needed}; what came is not what the archive signed: a proxy between, or a mirror that is just being updated; try again later`
  }
  return needed
}

/**
 * Folders and a configuration that make apt forget what this machine has installed; returns the configuration's path.
 */
async function writePrivateApt(
  folder: string,
  source: DebianSource,
  sources: string,
  signal?: AbortSignal,
): Promise<string> {
  const path = (name: string) => join(folder, name)
  await mkdir(path('lists/partial'), { recursive: true })
  await mkdir(path('archives/partial'), { recursive: true })
  const architecture = await runProgram('dpkg', ['--print-architecture'], {
    purpose: "read this machine's architecture",
    timeoutMs: 10_000,
    signal,
  })
  await writeFile(path('sources.list'), sources)
  await writeFile(path('status'), assumedInstalled(source.without, architecture.trim()))
  // Hooks of the machine's own apt must not run here: they act on the machine's own cache.
  const hooks = [
    'APT::Update::Pre-Invoke',
    'APT::Update::Post-Invoke',
    'APT::Update::Post-Invoke-Success',
    'DPkg::Pre-Install-Pkgs',
    'DPkg::Pre-Invoke',
    'DPkg::Post-Invoke',
  ]
  const settings: Record<string, string> = {
    'Dir::State': folder,
    'Dir::State::lists': path('lists'),
    'Dir::State::status': path('status'),
    'Dir::Cache': folder,
    'Dir::Cache::archives': path('archives'),
    'Dir::Etc::sourcelist': path('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::Log': folder,
    'APT::Install-Recommends': 'false',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
    // Whatever the machine's own apt lets pass, nothing unsigned is taken here.
    'Acquire::AllowInsecureRepositories': 'false',
    'Acquire::AllowWeakRepositories': 'false',
    'Acquire::AllowDowngradeToInsecureRepositories': 'false',
    'Acquire::Check-Valid-Until': 'true',
    'APT::Get::AllowUnauthenticated': 'false',
    // As root, apt would download as `_apt`, which cannot write into a private cache folder.
    'APT::Sandbox::User': 'root',
  }
  const lines = [
    ...hooks.map((hook) => `#clear ${hook};`),
    ...Object.entries(settings).map(([name, value]) => `${name} "${value}";`),
  ]
  await writeFile(path('apt.conf'), `${lines.join('\n')}\n`)
  return path('apt.conf')
}

/** A `dpkg` status in which only the unwanted dependencies are installed, in a version that satisfies every demand. */
function assumedInstalled(names: readonly string[], architecture: string): string {
  return names
    .map(
      (name) =>
        `Package: ${name}\nStatus: install ok installed\nMaintainer: nobody\nArchitecture: ${architecture}\nVersion: 9999:1\nDescription: assumed\n\n`,
    )
    .join('')
}
