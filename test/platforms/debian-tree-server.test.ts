import { access } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { serverOfTree, treeServer } from '../../runner/platforms/debian/tree-server.ts'

const source = { suites: ['bookworm'] as [string], packages: ['redis-server'] as [string], without: [] }
const entry = { name: 'redis:7.0', image: 'redis:7.0', program: 'redis-server', debian: source }

function treeAt(root: string, version = '5:7.0.15-1~deb12u10') {
  return { root, key: 'x', packages: [{ name: 'redis-server', version }] }
}

t.test('a tree as of Debian 12: links of the loader lead from the root', async (t) => {
  const root = t.testdir({
    lib64: { 'ld-linux-x86-64.so.2': t.fixture('symlink', '/lib/x86_64-linux-gnu/ld-2.31.so') },
    lib: { 'x86_64-linux-gnu': { 'ld-2.31.so': '', 'libc.so.6': '' } },
    usr: {
      bin: { 'redis-check-rdb': '', 'redis-server': t.fixture('symlink', 'redis-check-rdb') },
      lib: { 'x86_64-linux-gnu': { 'libssl.so.1.1': '' } },
    },
  })
  const { command, args, env } = await treeServer(treeAt(root), 'redis-server')
  t.equal(command, join(root, 'lib/x86_64-linux-gnu/ld-2.31.so'))
  t.ok(args.includes(`${join(root, 'lib/x86_64-linux-gnu')}:${join(root, 'usr/lib/x86_64-linux-gnu')}`))
  t.equal(args.at(-1), join(root, 'usr/bin/redis-server'), 'by its own name, not by that of the file that it links to')
  t.match(env, { LC_ALL: 'C' })
})

t.test('a tree as of Debian 13, of another processor: everything is under /usr', async (t) => {
  const root = t.testdir({
    lib: t.fixture('symlink', 'usr/lib'),
    lib64: t.fixture('symlink', 'usr/lib64'),
    usr: {
      bin: { 'redis-server': '' },
      lib: {
        'ld-linux-aarch64.so.1': t.fixture('symlink', 'aarch64-linux-gnu/ld-linux-aarch64.so.1'),
        'aarch64-linux-gnu': { 'ld-linux-aarch64.so.1': '' },
      },
    },
  })
  const { command, args } = await treeServer(treeAt(root), 'redis-server')
  t.equal(command, join(root, 'usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1'))
  t.same(args[args.indexOf('--library-path') + 1], join(root, 'usr/lib/aarch64-linux-gnu'))
  await access(command)
})

t.test('a tree without a loader, without the program, with links in a circle', async (t) => {
  const program = { usr: { bin: { 'redis-server': '' } } }
  await t.rejects(treeServer(treeAt(t.testdir(program)), 'redis-server'), {
    name: 'PlatformError',
    message: /no loader/,
  })
  await t.rejects(treeServer(treeAt(t.testdirName), 'valkey-server'), {
    name: 'PlatformError',
    message: /no program `valkey-server`/,
    hint: /`rm -r .*`/,
  })
  const circle = t.testdir({ lib: t.fixture('symlink', 'lib'), ...program })
  await t.rejects(treeServer(treeAt(circle), 'redis-server'), { name: 'PlatformError', message: /no loader/ })
})

t.test('the server in words', async (t) => {
  t.equal(serverOfTree(treeAt('/x'), entry), 'redis 7.0.15')
  const valkey = { ...entry, name: 'valkey:8.1', program: 'valkey-server' }
  const packages = [{ name: 'valkey-server', version: '8.1.1+dfsg1-3+deb13u3' }]
  t.equal(serverOfTree({ ...treeAt('/x'), packages }, valkey), 'valkey 8.1.1')
  t.equal(serverOfTree({ ...treeAt('/x'), packages: [] }, entry), 'redis 7.0')
})
