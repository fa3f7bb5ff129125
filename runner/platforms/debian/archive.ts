import { runProgram } from '../child.ts'
import { PlatformError } from '../errors.ts'
import { pathExists } from '../files.ts'

/** A repository of Debian packages, as a line of `sources.list` names it. */
export interface Archive {
  uri: string
  suite: string
}

const DEFAULT_MIRROR = 'http://deb.debian.org/debian'
const DEFAULT_SECURITY_MIRROR = 'http://deb.debian.org/debian-security'
/** Named so up to Debian 13, and since. */
export const KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
]

/**
 * The archives of these suites, on the mirrors that this machine's own apt is set to use, else on `deb.debian.org`.
 * Suites named `…-security` live in an archive of their own.
 */
export async function findArchives(suites: readonly string[], signal?: AbortSignal): Promise<Archive[]> {
  const configured = await configuredArchives(signal)
  const mirrors = configured
    .split('\n')
    .map((line) => /^(\S+) (\S+?)\/?$/.exec(line))
    .filter((match) => match !== null)
    // The origin is known only where apt has read the repository's index; else its path tells.
    .filter(
      ([, origin, uri]) => origin === 'Debian' || (origin?.startsWith('$') && /\/debian(-security)?$/.test(uri ?? '')),
    )
    .map(([, , uri]) => uri ?? '')
  const mirror = mirrors.find((uri) => !uri.includes('security')) ?? DEFAULT_MIRROR
  const securityMirror = mirrors.find((uri) => uri.includes('security')) ?? DEFAULT_SECURITY_MIRROR
  return suites.map((suite) => ({ uri: suite.endsWith('-security') ? securityMirror : mirror, suite }))
}

/**
 * Origin and address of each archive that apt is set to use, one a line; none where apt cannot read its own settings.
 */
async function configuredArchives(signal?: AbortSignal): Promise<string> {
  try {
    return await runProgram('apt-get', ['indextargets', '--format', '$(ORIGIN) $(REPO_URI)', 'Created-By: Packages'], {
      purpose: "read this machine's Debian mirrors",
      timeoutMs: 20_000,
      signal,
    })
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return ''
  }
}

/** Lines of `sources.list`, pinned to the Debian archive's own keys where this machine has them as a keyring file. */
export async function sourcesList(archives: readonly Archive[]): Promise<string> {
  const found = await Promise.all(KEYRINGS.map(pathExists))
  const keyring = KEYRINGS.find((_, index) => found[index])
  const options = keyring === undefined ? '' : `[signed-by=${keyring}] `
  return archives.map(({ uri, suite }) => `deb ${options}${uri} ${suite} main\n`).join('')
}
