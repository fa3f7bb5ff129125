import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { cachedTree, debianTree, treeKey } from '../../runner/platforms/debian/tree.ts'

const source = { suites: ['bookworm'] as [string], packages: ['redis-server', 'dash'] as [string, string], without: [] }

/** A machine on which only these programs exist: shell scripts by name. */
async function machineWith(t: Test, programs: Record<string, string>): Promise<void> {
  const folder = join(t.testdirName, 'bin')
  await mkdir(folder, { recursive: true })
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

/** An apt whose packages are there: `download` is what it does in the folder of downloads, which is $to. */
function aptThat(download: string): Record<string, string> {
  return {
    dpkg: 'echo amd64',
    'dpkg-deb': '/bin/mkdir -p "$3/usr/bin"; : > "$3/unpacked"',
    'apt-get': `case "$*" in *install*) to="\${2%/*}/archives"; ${download} ;; esac`,
  }
}

const oneServer = ': > "$to/redis-server_5%3a7.0.15-1~deb12u10_amd64.deb"'

t.test('made once: the second time nothing is fetched', async (t) => {
  const said: string[] = []
  const options = { progress: (text: string) => void said.push(text), cacheFolder: join(t.testdir(), 'cache') }
  t.equal(await cachedTree(source, options.cacheFolder), undefined)
  await t.test('with apt', async (t) => {
    await machineWith(t, aptThat(oneServer))
    const tree = await debianTree(source, options)
    t.same(tree.packages, [{ name: 'redis-server', version: '5:7.0.15-1~deb12u10' }])
    t.equal(await readFile(join(tree.root, 'unpacked'), 'utf8'), '')
  })
  await t.test('without', async (t) => {
    await machineWith(t, {})
    const sayings = said.length
    t.equal((await debianTree(source, options)).key, treeKey(source))
    t.equal(said.length, sayings)
    t.match(await cachedTree(source, options.cacheFolder), { packages: [{ name: 'redis-server' }] })
  })
  t.same(await readdir(options.cacheFolder), [`bookworm-${treeKey(source)}`])
})

t.test('two runs that fetch at once: one tree, and nothing else', async (t) => {
  await machineWith(t, aptThat(oneServer))
  const options = { progress: () => undefined, cacheFolder: join(t.testdirName, 'cache') }
  const trees = await Promise.all([debianTree(source, options), debianTree(source, options)])
  t.same(trees[0], trees[1])
  t.same(await readdir(options.cacheFolder), [`bookworm-${treeKey(source)}`])
})

t.test('what goes wrong on the way is said plainly, and leaves nothing', async (t) => {
  const mishaps: [name: string, machine: Record<string, string>, expected: { message: RegExp; hint: RegExp }][] = [
    [
      'a corrupted download',
      aptThat('echo "E: Failed to fetch http://x/y.deb  Hash Sum mismatch" >&2; exit 100'),
      { message: /could not download redis-server, dash.*Hash Sum mismatch/, hint: /not what the archive signed/ },
    ],
    [
      'a key that this machine does not know',
      { ...aptThat(''), 'apt-get': 'echo "E: The following signatures: NO_PUBKEY 0E98404D386FA1D9" >&2; exit 100' },
      { message: /NO_PUBKEY/, hint: /debian-archive-keyring/ },
    ],
    [
      'a network that is gone',
      { ...aptThat(''), 'apt-get': 'echo "E: Temporary failure resolving deb.debian.org" >&2; exit 100' },
      { message: /could not read.*Temporary failure resolving/, hint: /needed: http.* bookworm/ },
    ],
    [
      'a disk that is full, says apt',
      aptThat('echo "E: Write error - write (28: No space left on device)" >&2; exit 100'),
      { message: /no space left for Debian packages in /, hint: /200 MB.*XDG_CACHE_HOME/ },
    ],
    [
      'a disk that is full, says dpkg',
      { ...aptThat(oneServer), 'dpkg-deb': 'echo "dpkg-deb: error: No space left on device" >&2; exit 2' },
      { message: /no space left for Debian packages in /, hint: /200 MB/ },
    ],
    [
      'a package that cannot be unpacked',
      { ...aptThat(oneServer), 'dpkg-deb': 'echo "dpkg-deb: error: not a Debian format archive" >&2; exit 2' },
      { message: /could not unpack redis-server_.*not a Debian format archive/, hint: /.*/ },
    ],
  ]
  const folder = t.testdir()
  for (const [index, [name, machine, expected]] of mishaps.entries()) {
    await t.test(name, async (t) => {
      await machineWith(t, machine)
      const cacheFolder = join(folder, String(index))
      const error = await debianTree(source, { progress: () => undefined, cacheFolder }).catch((caught) => caught)
      t.match(error, { name: 'PlatformError', message: expected.message })
      t.match(error.hint ?? '', expected.hint)
      t.same(await readdir(cacheFolder), [])
    })
  }
})

t.test('a cache that cannot be written', async (t) => {
  const file = join(t.testdir({ file: '' }), 'file')
  await machineWith(t, aptThat(oneServer))
  await t.rejects(debianTree(source, { progress: () => undefined, cacheFolder: join(file, 'cache') }), {
    name: 'PlatformError',
    message: /cannot be unpacked into .*cache: ENOTDIR/,
    hint: /XDG_CACHE_HOME/,
  })
})

t.test('a tree of the cache that cannot be read', async (t) => {
  await machineWith(t, {})
  const cacheFolder = t.testdir({ [`bookworm-${treeKey(source)}`]: { 'packages.json': '[{"name"' } })
  await t.rejects(debianTree(source, { progress: () => undefined, cacheFolder }), {
    name: 'PlatformError',
    message: /cannot be read/,
    hint: /`rm -r .*bookworm-/,
  })
})

t.test('what a killed runner left is removed, and what another one is making is not', async (t) => {
  const { pid: dead } = spawnSync('/bin/true')
  const left = `.making-${hostname()}-${dead}-0a0a0a0a`
  const underWay = [`.making-${hostname()}-${process.pid}-0a0a0a0a`, '.making-another-host-1-0a0a0a0a']
  const cacheFolder = t.testdir({ [left]: { a: '' }, ...Object.fromEntries(underWay.map((name) => [name, {}])) })
  await machineWith(t, aptThat(oneServer))
  await debianTree(source, { progress: () => undefined, cacheFolder })
  t.same(new Set(await readdir(cacheFolder)), new Set([...underWay, 'bin', `bookworm-${treeKey(source)}`]))
})

t.test('apt is told to take nothing unsigned, whatever this machine lets pass', async (t) => {
  const seen = join(t.testdir(), 'seen')
  await machineWith(t, {
    ...aptThat(''),
    'apt-get': `case "$*" in *update*) while read -r line; do echo "$line"; done < "$2" > ${seen}; exit 100 ;; esac`,
  })
  await t.rejects(debianTree(source, { progress: () => undefined, cacheFolder: join(t.testdirName, 'cache') }))
  const config = await readFile(seen, 'utf8')
  t.match(config, /Acquire::AllowInsecureRepositories "false";/)
  t.match(config, /APT::Get::AllowUnauthenticated "false";/)
  t.match(config, /#clear APT::Update::Post-Invoke;/)
})
