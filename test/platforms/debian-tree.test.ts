import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { debianTree } from '../../runner/platforms/debian/tree.ts'

const source = { suites: ['bookworm'] as [string], packages: ['redis-server', 'dash'] as [string, string], without: [] }

/** A machine on which only these programs exist: shell scripts by name. */
async function machineWith(t: Test, programs: Record<string, string>): Promise<void> {
  const folder = join(t.testdir(), 'bin')
  await mkdir(folder)
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, name), 0o755)
  }
  const path = process.env.PATH
  process.env.PATH = folder
  t.teardown(() => {
    process.env.PATH = path
  })
}

t.test('off Debian: what is missing, and the ways out', async (t) => {
  await machineWith(t, {})
  await t.rejects(debianTree(source, { progress: () => undefined, cacheFolder: t.testdirName }), {
    name: 'PlatformError',
    message: /`apt-get` is not on this machine/,
    hint: /docker load/,
  })
})

t.test('an archive that cannot be trusted leaves nothing in the cache', async (t) => {
  await machineWith(t, {
    dpkg: 'echo amd64',
    'dpkg-deb': 'exit 1',
    'apt-get': 'case "$*" in *update*) echo "E: The repository is not signed." >&2; exit 100 ;; esac',
  })
  const cacheFolder = join(t.testdirName, 'cache')
  const said: string[] = []
  await t.rejects(debianTree(source, { progress: (text) => said.push(text), cacheFolder }), {
    name: 'PlatformError',
    message: /`apt-get` failed with exit code 100: E: The repository is not signed\./,
    hint: /deb\.debian\.org\/debian bookworm/,
  })
  t.same(await readdir(cacheFolder), [])
  t.same(said, ['reading the package index of Debian bookworm'])
})

t.test('interrupted while downloading: the program is ended, and nothing is left', async (t) => {
  await machineWith(t, {
    dpkg: 'echo amd64',
    'dpkg-deb': 'exit 1',
    'apt-get': 'case "$*" in *update*) while :; do :; done ;; esac',
  })
  const cacheFolder = join(t.testdirName, 'cache')
  const controller = new AbortController()
  const making = debianTree(source, {
    progress: () => void setTimeout(() => controller.abort(new Error('interrupted')), 100),
    signal: controller.signal,
    cacheFolder,
  })
  await t.rejects(making, { message: 'interrupted' })
  t.same(await readdir(cacheFolder), [])
})
