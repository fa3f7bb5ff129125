import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { DEFAULT_SERVER, findServer, parseServer, serverNames } from '../../runner/platforms/catalogue.ts'
import { dialectOf } from '../../runner/platforms/dialects.ts'

const projectRoot = new URL('../..', import.meta.url).pathname

t.test('the five servers, each with its official image and its Debian source', async (t) => {
  const names = await serverNames(projectRoot)
  t.same(names, ['redis:6.0', 'redis:7.0', 'redis:8.0', 'valkey:8.1', 'valkey:9.1'])
  t.ok(names.includes(DEFAULT_SERVER))
  for (const name of names) {
    const entry = await findServer(projectRoot, name)
    const [family, version] = name.split(':')
    t.equal(entry.image, family === 'valkey' ? `valkey/valkey:${version}` : name)
    t.equal(entry.program, `${family}-server`)
    t.ok(entry.debian.packages.includes(entry.program), 'its version is that of the package named as the program')
    t.equal(dialectOf(name.replace(':', ' ')).family, family)
  }
})

t.test('a server of the catalogue', async (t) => {
  t.match(await findServer(projectRoot, 'redis:7.0'), {
    name: 'redis:7.0',
    image: 'redis:7.0',
    debian: { suites: ['bookworm', 'bookworm-security'] },
  })
})

t.test('a server that it does not have', async (t) => {
  await t.rejects(findServer(projectRoot, 'redis:1.0'), {
    name: 'PlatformError',
    message: /no server `redis:1\.0` in .*servers\.yaml/,
    hint: /redis:7\.0.*`path:` or `image:`/,
  })
})

t.test('what --server asks for', async (t) => {
  t.same(parseServer('redis:7.0'), { kind: 'catalogue', value: 'redis:7.0' })
  t.same(parseServer('path:/opt/a b/redis-server'), { kind: 'path', value: '/opt/a b/redis-server' })
  t.same(parseServer('image:registry.test:5000/my/redis:tag'), {
    kind: 'image',
    value: 'registry.test:5000/my/redis:tag',
  })
  t.same(parseServer('image:'), { kind: 'image', value: '' })
  t.same(parseServer('paths:/x'), { kind: 'catalogue', value: 'paths:/x' })
})

t.test('a catalogue that is wrong or missing', async (t) => {
  const root = t.testdir()
  const file = join(root, 'docker', 'servers.yaml')
  await t.rejects(findServer(root, 'x'), { name: 'PlatformError', message: /cannot be read: .*ENOENT/ })
  await mkdir(join(root, 'docker'))
  await writeFile(file, 'redis:1.0:\n  image: x\n')
  await t.rejects(findServer(root, 'redis:1.0'), { name: 'PlatformError', message: /cannot be read: .*program/s })
  await writeFile(
    file,
    'keydb:\n  image: x\n  program: redis-server\n  debian: { suites: [sid], packages: [x1], without: [] }\n',
  )
  await t.rejects(serverNames(root), {
    name: 'PlatformError',
    message: /cannot be read: .*such as redis:7\.0 .*, not keydb/s,
  })
})
