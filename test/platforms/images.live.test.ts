import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import Docker from 'dockerode'
import t, { type Test } from 'tap'
import { pack } from 'tar-stream'
import { DEFAULT_SERVER } from '../../runner/platforms/catalogue.ts'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { requireEngine } from '../support/docker.ts'

const projectRoot = new URL('../..', import.meta.url).pathname
const docker = new Docker()

/** What preparing this server gave, and what was said meanwhile. */
async function prepare(server: string): Promise<{ words: string; said: string[] }> {
  const platform = new DockerPlatform({ server, projectRoot })
  const said: string[] = []
  try {
    return { words: await platform.prepare((text) => said.push(text)), said }
  } finally {
    await platform.close()
  }
}

/** Makes an image of the files and, if given, a base, and removes it in the end. */
async function imageOf(t: Test, name: string, files: Record<string, string>, dockerfile: string): Promise<void> {
  const archive = pack()
  for (const [path, text] of Object.entries({ ...files, Dockerfile: dockerfile })) {
    archive.entry({ name: path, mode: 0o755 }, text)
  }
  archive.finalize()
  const stream = await docker.buildImage(Readable.from([await buffer(archive)]), {
    t: name,
    version: '1',
    forcerm: true,
  })
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, output: { error?: string }[]) => {
      const problem = error ?? output.find((event) => event.error)?.error
      if (problem) reject(new Error(String(problem)))
      else resolve()
    })
  })
  const { Id } = await docker.getImage(name).inspect()
  // An image that others are built on goes with the last of them.
  t.teardown(async () => {
    await ignoreCode([404], docker.getImage(name).remove({ force: true }))
    await ignoreCode([404, 409], docker.getImage(Id).remove({ force: true }))
  })
}

async function ignoreCode(codes: readonly number[], promise: Promise<unknown>): Promise<void> {
  try {
    await promise
  } catch (error) {
    if (!codes.includes((error as { statusCode?: number }).statusCode ?? 0)) throw error
  }
}

async function removeOwnNodeImages(): Promise<void> {
  const images = await docker.listImages({ filters: JSON.stringify({ reference: ['redis-cluster:own-*'] }) })
  const mine = images.filter(({ Labels }) => Labels?.['redis-chaos.base']?.startsWith('cat-'))
  for (const { Id } of mine) await ignoreCode([404], docker.getImage(Id).remove({ force: true }))
}

t.test('images of servers', async (t) => {
  if (!(await requireEngine(t))) return
  t.match((await prepare(DEFAULT_SERVER)).words, /^redis 7\.0\.\d+$/)
  t.teardown(removeOwnNodeImages)

  await t.test('`latest` is the default server', async (t) => {
    const latest = await docker.getImage('redis-cluster:latest').inspect()
    t.ok(latest.RepoTags?.includes('redis-cluster:redis-7.0'))
  })

  await t.test('a build from a branch is judged by the settings that it knows', async (t) => {
    const says = "echo 'Redis server v=255.255.255 sha=00000000:0'"
    const server = `#!/bin/sh\n[ "$1" = --version ] && { ${says}; exit; }\nexec /usr/bin/redis-server "$@"\n`
    const dockerfile = 'FROM redis-cluster:redis-7.0\nCOPY redis-server /branch/redis-server\nENV PATH=/branch:$PATH\n'
    await imageOf(t, 'cat-branch:here', { 'redis-server': server }, dockerfile)
    t.equal((await prepare('image:cat-branch:here')).words, 'redis 7.0 (calls itself 255.255.255)')
  })

  await t.test('an image of one’s own: its version is found by running it, and it is built once', async (t) => {
    await imageOf(t, 'cat-own:here', {}, 'FROM redis-cluster:redis-7.0\nENTRYPOINT ["/nothing"]\n')
    const first = await prepare('image:cat-own:here')
    t.match(first.words, /^redis 7\.0\.\d+$/)
    t.match(first.said.join('\n'), /base image: cat-own:here, as asked for\nbuilding redis-cluster:own-/)
    t.same(await prepare('image:cat-own:here'), { words: first.words, said: [] })
    const latest = await docker.getImage('redis-cluster:latest').inspect()
    t.ok(latest.RepoTags?.includes('redis-cluster:redis-7.0'), '`latest` stays where it was')
  })

  await t.test('an image of one’s own that was built again is another one', async (t) => {
    await imageOf(t, 'cat-changed:1', {}, 'FROM redis-cluster:redis-7.0\nENV CHANGED=1\n')
    await prepare('image:cat-changed:1')
    await imageOf(t, 'cat-changed:1', {}, 'FROM redis-cluster:redis-7.0\nENV CHANGED=2\n')
    t.match((await prepare('image:cat-changed:1')).said.join('\n'), /building redis-cluster:own-/)
  })

  await t.test('an image without a server', async (t) => {
    const empty = 'FROM redis-cluster:redis-7.0\nENV PATH=/nowhere\n'
    await imageOf(t, 'cat-empty:1', {}, empty)
    await t.rejects(prepare('image:cat-empty:1'), {
      name: 'PlatformError',
      message: 'image cat-empty:1 has no Redis or Valkey that can be run',
      hint: /`redis-server`, `valkey-server` or `redict-server` on its PATH/,
    })
  })

  await t.test('an image whose redis-server is none', async (t) => {
    const liar = 'FROM redis-cluster:redis-7.0\nCOPY redis-server /liar/redis-server\nENV PATH=/liar\n'
    await imageOf(t, 'cat-liar:1', { 'redis-server': '#!/bin/sh\necho "Gnu ed 1.19"\n' }, liar)
    await t.rejects(prepare('image:cat-liar:1'), { name: 'PlatformError', hint: /it said: redis-server Gnu ed 1\.19/ })
  })

  await t.test('an image that is too old for scenarios', async (t) => {
    const old = 'FROM redis-cluster:redis-7.0\nCOPY redis-server /old/redis-server\nENV PATH=/old\n'
    await imageOf(t, 'cat-old:1', { 'redis-server': '#!/bin/sh\necho "Redis server v=5.0.14 sha=0:0"\n' }, old)
    await t.rejects(prepare('image:cat-old:1'), { name: 'PlatformError', message: /redis 5\.0\.14 is too old/ })
  })

  await t.test('an image without a shell', async (t) => {
    await imageOf(t, 'cat-bare:1', { file: '' }, 'FROM scratch\nCOPY file /file\n')
    await t.rejects(prepare('image:cat-bare:1'), {
      name: 'PlatformError',
      message: /image cat-bare:1 cannot be run here: .*\/bin\/sh/,
      hint: /a POSIX shell/,
    })
  })

  await t.test('an image that is nowhere', async (t) => {
    await t.rejects(prepare('image:registry.invalid/no/such'), {
      name: 'PlatformError',
      message: /image registry\.invalid\/no\/such:latest is not on this engine and could not be pulled: /,
      hint: /docker build -t/,
    })
  })

  await t.test('what names no image, and a program of this machine', async (t) => {
    await t.rejects(prepare('image:'), { name: 'PlatformError', message: /`image:` names no image/ })
    await t.rejects(prepare('image:a b'), { name: 'PlatformError', message: /names no image/ })
    await t.rejects(prepare('path:/usr/bin/redis-server'), {
      name: 'PlatformError',
      message: /a program of this machine, which containers cannot run/,
      hint: /--platform process/,
    })
  })

  await t.test('containers that looked at images are gone', async (t) => {
    const filters = JSON.stringify({ label: ['redis-chaos.run'], name: [`redis-chaos-image-${process.pid}`] })
    t.same(await docker.listContainers({ all: true, filters }), [])
  })
})
