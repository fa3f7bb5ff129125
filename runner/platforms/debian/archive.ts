import { access } from 'node:fs/promises'
import { runProgram } from '../child.ts'

/** A repository of Debian packages, as a line of `sources.list` names it. */
export interface Archive {
  uri: string
  suite: string
}

const DEFAULT_MIRROR = 'http://deb.debian.org/debian'
const DEFAULT_SECURITY_MIRROR = 'http://deb.debian.org/debian-security'
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * The archives of these suites, on the mirrors that this machine's own apt is set to use, else on `deb.debian.org`.
 * Suites named `…-security` live in an archive of their own.
 */
export async function findArchives(suites: readonly string[], signal?: AbortSignal): Promise<Archive[]> {
  const configured = await runProgram(
    'apt-get',
    ['indextargets', '--format', '$(ORIGIN) $(REPO_URI)', 'Created-By: Packages'],
    {
      purpose: "read this machine's Debian mirrors",
      timeoutMs: 20_000,
      signal,
    },
  )
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

/** Lines of `sources.list`, pinned to the Debian archive's own keys where this machine has them as a keyring file. */
export async function sourcesList(archives: readonly Archive[]): Promise<string> {
  const hasKeyring = await access(KEYRING).then(
    () => true,
    () => false,
  )
  const options = hasKeyring ? `[signed-by=${KEYRING}] ` : ''
  return archives.map(({ uri, suite }) => `deb ${options}${uri} ${suite} main\n`).join('')
}
