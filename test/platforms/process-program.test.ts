import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { dialectOf } from '../../runner/platforms/dialects.ts'
import { chooseProgram } from '../../runner/platforms/process/server-program.ts'
import { newStateFolder, projectRoot } from './process-groups.ts'

/** A program that says this, whatever it is asked. */
function fake(folder: string, name: string, says: string): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\necho '${says}'\n`)
  chmodSync(file, 0o755)
  return file
}

t.test('a path', async (t) => {
  const folder = newStateFolder(t)
  const choose = (path: string) => chooseProgram(projectRoot, `path:${path}`, () => undefined)
  const valkey = fake(folder, 'my-build', 'Valkey server v=8.1.4 sha=00000000:0 malloc=jemalloc bits=64 build=1')
  t.match(await choose(valkey), { server: 'valkey 8.1.4', name: 'valkey-server', path: valkey, loader: [] })

  const redict = fake(folder, 'another', 'Redict server v=7.3.6 sha=00000000:0 malloc=jemalloc-5.3.1 bits=64')
  t.match(await choose(redict), { server: 'redict 7.3.6', name: 'redict-server' })

  await t.rejects(choose(join(folder, 'none')), { name: 'PlatformError', message: /cannot be run: there is no file/ })
  await t.rejects(choose(folder), { message: /is no file/, hint: /--server path:/ })
  const text = join(folder, 'text')
  writeFileSync(text, 'no program')
  await t.rejects(choose(text), { message: /this user may not execute/ })
  chmodSync(text, 0o755)
  await t.rejects(choose(text), { name: 'PlatformError', message: /text is no Redis or Valkey server/ })
  const other = fake(folder, 'redis-server', 'nginx version: nginx/1.22.1')
  await t.rejects(choose(other), {
    name: 'PlatformError',
    message: /redis-server is no Redis or Valkey server: asked for its version, it said `nginx version/,
  })
  const failing = fake(folder, 'failing', '')
  writeFileSync(failing, '#!/bin/sh\necho "unknown option --version" >&2\nexit 3\n')
  await t.rejects(choose(failing), { message: /no Redis or Valkey server: .*exit code 3: unknown option/ })
})

t.test('a build from a branch, whose version says nothing, is judged by the settings that it knows', async (t) => {
  const folder = newStateFolder(t)
  const build = (
    name: string,
    family: string,
    known: string[],
    says = 'Bad directive or wrong number of arguments',
  ) => {
    const path = fake(folder, name, '')
    const refusal = `echo "${says}" >&2; exit 1`
    const knows = known.map((setting) => `--${setting}`).join('|') || 'none'
    writeFileSync(
      path,
      `#!/bin/sh
[ "$1" = --version ] && { echo '${family} server v=255.255.255 sha=0'; exit; }
case "$3" in ${knows}) echo 'Configured to not listen anywhere, exiting.'; exit 1;; esac
${refusal}
`,
    )
    return chooseProgram(projectRoot, `path:${path}`, () => undefined).then(({ server }) => server)
  }
  const ofSeven = ['cluster-announce-hostname', 'proc-title-template']
  t.equal(await build('a', 'Redis', ofSeven), 'redis 7.0 (calls itself 255.255.255)')
  t.equal(await build('b', 'Redis', []), 'redis 6.0 (calls itself 255.255.255)')
  // Words of Redis 8.0.2 and 8.6.3.
  const ofModule = 'Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting'
  const eight = (name: string, known: string) => build(name, 'Redis', [known], ofModule)
  t.equal(await eight('c', 'replica-full-sync-buffer-limit'), 'redis 8.0 (calls itself 255.255.255)')
  t.equal(await eight('f', 'cluster-slot-stats-enabled'), 'redis 8.2 (calls itself 255.255.255)')
  t.equal(await eight('g', 'cluster-slot-migration-handoff-max-lag-bytes'), 'redis 8.4 (calls itself 255.255.255)')
  t.equal(await eight('h', 'stream-idmp-duration'), 'redis 255.255.255')
  t.equal(await build('i', 'Redict', []), 'redict 255.255.255')
  t.equal(await build('d', 'Valkey', ['cluster-manual-failover-timeout']), 'valkey 8.1 (calls itself 255.255.255)')
  t.equal(await build('e', 'Valkey', ['slot-migration-max-failover-repl-bytes']), 'valkey 255.255.255')
  const dialect = dialectOf('redis 6.2 (calls itself 255.255.255)')
  t.notOk(dialect.can('hostnames'))
  t.notOk(dialect.knowsSetting('cluster-announce-hostname'))
  t.ok(dialect.knowsSetting('proc-title-template'))
})

t.test('a name of the catalogue: the one on the PATH that fits', async (t) => {
  const folder = newStateFolder(t)
  const { PATH } = process.env
  t.teardown(() => {
    process.env.PATH = PATH
  })
  const newer = fake(join(folder, 'a'), 'redis-server', 'Redis server v=7.2.4 sha=00000000:0')
  fake(join(folder, 'b'), 'redis-server', 'Redis server v=7.0.15 sha=00000000:0')
  const said: string[] = []
  process.env.PATH = `${join(folder, 'a')}:${join(folder, 'b')}:${PATH}`
  const chosen = await chooseProgram(projectRoot, 'redis:7.0', (text) => said.push(text))
  t.match(chosen, { server: 'redis 7.0.15', path: join(folder, 'b', 'redis-server') })
  t.match(said, [/redis 7\.0\.15, .*\/b\/redis-server of this machine, which is what redis:7\.0 asks for/])

  await t.test('none fits, and Debian has none: those that it has are named', async (t) => {
    process.env.PATH = join(folder, 'a')
    await t.rejects(
      chooseProgram(projectRoot, 'redis:8.4', () => undefined),
      {
        name: 'PlatformError',
        exitCode: 3,
        message: `redis:8.4 cannot be had here: ${newer} is redis 7.2.4, and Debian has no package of it`,
        hint: /`--server` with redis:6\.0, .*redict:7\.3; .*--server path:.*redis-server.*--platform docker.*redis:8\.4/,
      },
    )
  })

  await t.test('one that Debian has not, on the PATH', async (t) => {
    process.env.PATH = join(folder, 'a')
    const found = await chooseProgram(projectRoot, 'redis:7.2', () => undefined)
    t.match(found, { server: 'redis 7.2.4', path: newer })
  })

  await t.test('none fits, and no Debian is here', async (t) => {
    process.env.PATH = join(folder, 'a')
    process.env.XDG_CACHE_HOME = join(folder, 'cache')
    t.teardown(() => {
      delete process.env.XDG_CACHE_HOME
    })
    await t.rejects(
      chooseProgram(projectRoot, 'redis:7.0', () => undefined),
      {
        name: 'PlatformError',
        message: `redis:7.0 is not on this machine (${newer} is redis 7.2.4)`,
        hint: /apt install redis-server.*brew install redis.*--server path:.*--platform docker/,
      },
    )
  })
})

t.test('a server that there is not, and an image', async (t) => {
  await t.rejects(
    chooseProgram(projectRoot, 'redis:1.0', () => undefined),
    { message: /there is no server `redis:1.0`/ },
  )
  await t.rejects(
    chooseProgram(projectRoot, 'image:my/redis:1', () => undefined),
    { message: /only the Docker platform/ },
  )
})
