import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import {
  DEFAULT_SERVER,
  findServer,
  packagedServers,
  parseServer,
  serverNames,
} from '../../runner/platforms/catalogue.ts'
import { dialectOf } from '../../runner/platforms/dialects.ts'

const projectRoot = new URL('../..', import.meta.url).pathname

const PACKAGED = ['redis:6.0', 'redis:7.0', 'redis:8.0', 'redis:8.6', 'valkey:8.1', 'valkey:9.1', 'redict:7.3']
const IMAGE_ONLY = [
  'redis:6.2',
  'redis:7.2',
  'redis:7.4',
  'redis:8.2',
  'redis:8.4',
  'valkey:7.2',
  'valkey:8.0',
  'valkey:9.0',
]

t.test('every minor version from 6.0 on, each with its official image', async (t) => {
  const names = await serverNames(projectRoot)
  t.same(new Set(names), new Set([...PACKAGED, ...IMAGE_ONLY]))
  t.ok(names.includes(DEFAULT_SERVER))
  const registries: Record<string, string> = {
    redis: 'redis',
    valkey: 'valkey/valkey',
    redict: 'registry.redict.io/redict',
  }
  for (const name of names) {
    const entry = await findServer(projectRoot, name)
    const [family = '', version] = name.split(':')
    t.equal(entry.image, `${registries[family]}:${version}`)
    t.equal(entry.program, `${family}-server`)
    t.equal(dialectOf(name.replace(':', ' ')).family, family)
  }
})

t.test('those that Debian has, by a package named as the program, from which their version is read', async (t) => {
  t.same(await packagedServers(projectRoot), PACKAGED)
  for (const name of PACKAGED) {
    const { debian, program } = await findServer(projectRoot, name)
    t.ok(
      debian?.packages.some((named) => named.split('/')[0] === program),
      name,
    )
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
    message: /cannot be read: .*such as redis:7\.0.*, not keydb/s,
  })
})
