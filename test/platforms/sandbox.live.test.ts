import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { GroupNeeds } from '../../runner/platforms/faults.ts'
import { groupSpec } from '../support/group-spec.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { loginAt } from '../support/login.ts'
import { askAs, newStateFolder, platformIn, processesOf } from './process-groups.ts'

const isRoot = userInfo().uid === 0
const NOBODY = 65_534
/** The arguments of this very program as it is run for an ordinary user, who has no trees of packages. */
const AS_ORDINARY_USER = 'as-ordinary-user'
const isOrdinary = process.argv.includes(AS_ORDINARY_USER)

/** What the kernel says of a process: `Uid`, `NoNewPrivs`, … */
function statusOf(pid: number, name: string): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? ''
}

/** What a program says that runs as a server does: as its user, and with its view of the file system. */
function runLike(pid: number, ...command: string[]): string {
  const user = isRoot ? [`--reuid=${statusOf(pid, 'Uid')}`, `--regid=${statusOf(pid, 'Gid')}`, '--clear-groups'] : []
  const namespaces = isRoot ? ['--mount'] : ['--user', '--preserve-credentials', '--mount']
  return execFileSync(
    'nsenter',
    [
      `--target=${pid}`,
      ...namespaces,
      '--root',
      '--wd=/',
      '--',
      'setpriv',
      ...user,
      '--bounding-set=-all',
      '--',
      ...command,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  )
}

const kinds: Record<string, { server: string; needs?: GroupNeeds }> = {
  'of this machine or a tree of Debian packages': { server: 'redis:7.0' },
  ...(isOrdinary ? {} : { 'with a loader of its own': { server: 'valkey:9.1' } }),
  'with small disks, links and clocks': { server: 'redis:7.0', needs: { disk: true, links: true, clock: true } },
}

t.test('servers live in a sandbox', { skip: skipWithoutRedis() }, async (t) => {
  const outside = mkdtempSync(join(tmpdir(), 'redis-chaos-outside-'))
  t.teardown(() => rmSync(outside, { recursive: true }))
  const secret = join(outside, 'secret')
  writeFileSync(secret, 'mine', { mode: 0o600 })

  for (const [name, { server, needs = {} }] of Object.entries(kinds)) {
    await t.test(name, async (t) => {
      const stateFolder = newStateFolder(t)
      const platform = platformIn(stateFolder, server)
      t.teardown(() => platform.close())
      const wanted = await groupSpec({ needs: { ...needs, protectedSettings: true } })
      t.teardown(() => platform.removeRun(wanted.runId))
      const said: string[] = []
      const group = await platform.create(wanted, (text) => said.push(text))
      const folder = join(stateFolder, wanted.runId, `${wanted.namePrefix}0`)
      const [pid = 0, other = 0] = Object.values(processesOf(stateFolder, wanted.runId).servers).map(({ pid }) => pid)
      const users = loginAt(await group.users())
      const admin = (...command: [string, ...string[]]) => askAs(users, wanted.portBase, ...command)
      const cannot = (...command: string[]) => t.throws(() => runLike(pid, ...command), command.join(' '))

      t.match(group.sandbox, /no new privileges, of the file system only programs and its own folder$/)
      t.equal(said.at(-1), `starting 2 processes; each has ${group.sandbox}`)
      for (const each of [pid, other]) {
        t.equal(statusOf(each, 'NoNewPrivs'), '1')
        for (const set of ['CapPrm', 'CapEff', 'CapBnd']) t.match(statusOf(each, set), /^0+$/, set)
        if (isRoot) t.ok(Number(statusOf(each, 'Uid')) > 1_000_000_000)
      }
      if (isRoot) t.not(statusOf(pid, 'Uid'), statusOf(other, 'Uid'))

      await t.test('it sees nothing of the runner, of others or of secrets', async (t) => {
        for (const path of [
          secret,
          '/etc/shadow',
          '/etc/passwd',
          '/home',
          '/run',
          join(stateFolder, wanted.runId, 'run.json'),
        ]) {
          t.notOk(existsSync(`/proc/${pid}/root${path}`), path)
        }
        t.notOk(existsSync(`/proc/${pid}/root${stateFolder}/${wanted.runId}/${wanted.namePrefix}1`))
        const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
        t.same(
          variables.filter(
            (one) => one !== '' && !/^(PATH|TZ|LC_ALL|OPENSSL_CONF|LD_PRELOAD|REDIS_CHAOS_CLOCK|PWD|OLDPWD)=/.test(one),
          ),
          [],
        )
        cannot('cat', `/proc/${process.pid}/environ`)
        cannot('ls', `/proc/${process.pid}/root/`)
        cannot('ls', `/proc/${other}/root/`)
      })

      await t.test('its administrator can have it write in its folder only', async (t) => {
        for (const dir of [outside, stateFolder, '/tmp', '/usr/lib', folder]) {
          await t.rejects(
            admin('CONFIG', 'SET', 'dir', dir).then(() => admin('SAVE')),
            dir,
          )
        }
        cannot('touch', '/x')
        cannot('touch', join(folder, 'server.conf'))
        await admin('CONFIG', 'SET', 'dir', join(folder, 'data'))
        t.equal(await admin('SAVE'), 'OK')
      })

      await t.test('what it writes cannot be run', async () => {
        const copy = join(folder, 'data', 'copy')
        runLike(pid, 'cp', '/usr/bin/true', copy)
        cannot(copy)
      })

      await group.remove()
      t.notOk(existsSync(folder))
    })
  }
})

t.test('so do those of an ordinary user', { skip: skipWithoutRedis() || !isRoot }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'redis-chaos-user-'))
  t.teardown(() => rmSync(home, { recursive: true }))
  chownSync(home, NOBODY, NOBODY)
  const program = fileURLToPath(import.meta.url)
  const user = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
  // Nothing of the test's own environment: what tap puts there would have it write where only root may.
  const variables = [`PATH=${process.env.PATH}`, `HOME=${home}`, `TMPDIR=${home}`]
  const child = spawn(
    'env',
    ['-i', ...variables, ...user, process.execPath, '--import', 'tsx', program, AS_ORDINARY_USER],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text))
  const [code] = await once(child, 'close')
  t.equal(code, 0, said.join(''))
})
