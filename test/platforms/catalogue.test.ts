import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { findServer } from '../../runner/platforms/catalogue.ts'

const projectRoot = new URL('../..', import.meta.url).pathname

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
    hint: /redis:7\.0/,
  })
})

t.test('a catalogue that is wrong or missing', async (t) => {
  const root = t.testdir()
  await t.rejects(findServer(root, 'x'), { name: 'PlatformError', message: /cannot be read: .*ENOENT/ })
  await mkdir(join(root, 'docker'))
  await writeFile(join(root, 'docker', 'servers.yaml'), 'x:\n  image: x\n')
  await t.rejects(findServer(root, 'x'), { name: 'PlatformError', message: /cannot be read: .*program/s })
})
