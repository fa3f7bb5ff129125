import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Test } from 'tap'
import { Engine, undefinedIfGone } from '../../runner/platforms/docker/engine.ts'

const root = path.join(import.meta.dirname, '../..')
const REPO = 'redis-chaos-test-guest'
const IMPORT_WITHIN_MS = 120_000

/** Where programs lie in the image. */
export const INSIDE = {
  fakeDriver: '/test/workload/drivers/fake-driver.mjs',
  fakeApp: '/test/workload/apps/fake-app.mjs',
  ioredisDriver: '/clients/ioredis-wrapped/driver.mjs',
  shop: '/docs/examples/shop/shop.mjs',
}

/**
 * An image whose program is Node.js, with drivers and applications of this repository, made without a registry of what
 * this machine has: its Node.js with the libraries that it loads. Resolves to its name; the test removes it.
 */
export async function guestImage(t: Test): Promise<string> {
  const tag = `${process.pid}-${randomBytes(4).toString('hex')}`
  const image = `${REPO}:${tag}`
  const engine = new Engine()
  t.teardown(async () => {
    await undefinedIfGone(engine.call(`remove ${image}`, () => engine.docker.getImage(image).remove({ force: true })))
    engine.close()
  })
  const tar = spawn(
    'tar',
    ['--create', '--dereference', '--hard-dereference', '-C', '/', ...ofMachine(), '-C', root, ...ofRepository()],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const packed = new Promise((resolve) => tar.once('close', resolve))
  const changes = `ENTRYPOINT ${JSON.stringify([process.execPath])}`
  const reports = await engine.call(
    `import ${image}`,
    (abortSignal) => engine.docker.importImage(tar.stdout, { repo: REPO, tag, changes, abortSignal }),
    { timeoutMs: IMPORT_WITHIN_MS },
  )
  let said = ''
  for await (const piece of reports) said += String(piece)
  if ((await packed) !== 0) throw new Error(`could not pack ${image}`)
  if (said.includes('"error"')) throw new Error(`could not import ${image}: ${said}`)
  return image
}

/** Node.js and the libraries that it loads, from the root folder. */
function ofMachine(): string[] {
  const { stdout } = spawnSync('ldd', [process.execPath], { encoding: 'utf8' })
  const libraries = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, file = '']) => file)
  return [process.execPath, ...libraries].map((file) => path.relative('/', file))
}

function ofRepository(): string[] {
  return [
    ...packagesOf('ioredis').map((name) => path.join('node_modules', name)),
    // What the driver is made of.
    ...['clients/ioredis.mjs', 'clients/serve.mjs'],
    ...Object.values(INSIDE).map((file) => path.relative('/', file)),
  ]
}

/** A package with all that it needs. */
function packagesOf(name: string, found = new Set<string>()): string[] {
  const file = path.join(root, 'node_modules', name, 'package.json')
  if (found.has(name) || !existsSync(file)) return [...found]
  found.add(name)
  const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies?: Record<string, string> }
  for (const each of Object.keys(dependencies)) packagesOf(each, found)
  return [...found]
}
