import { execFile } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { timed } from '../support/cpu-time.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const root = path.resolve(import.meta.dirname, '../..')
const MOST_BYTES = 2_000_000
/** Processor time above that of `node -e 0`. */
const MOST_HELP_MS = 150

interface Ended {
  code: unknown
  stdout: string
  stderr: string
}

/** Runs a program to its end, with nothing of the npm that started this test around it. */
function start(cwd: string, command: string, ...args: string[]): Promise<Ended> {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|TAP|NODE_)/.test(name))
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env: { ...Object.fromEntries(own), FORCE_COLOR: '0' } }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    )
  })
}

function fastestMs(project: string, ...args: string[]): number {
  return Math.min(...Array.from({ length: 5 }, () => timed(process.execPath, args, project).cpuMs))
}

t.test('the packed program, installed in projects of its own', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-package-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const packed = await start(root, 'npm', 'pack', '--pack-destination', folder)
  t.equal(packed.code, 0, packed.stderr)
  const tarball = path.join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? 'none')
  t.ok(statSync(tarball).size < MOST_BYTES, `${statSync(tarball).size} bytes`)

  for (const [name, portBase] of [
    ['plain', 8736],
    ['with a space', 8742],
  ] as const) {
    await t.test(`in a folder ${name}`, async (t) => {
      const project = path.join(folder, name)
      mkdirSync(project)
      writeFileSync(path.join(project, 'package.json'), '{ "name": "mine", "private": true }')
      const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball]
      const installed = await start(project, 'npm', ...install)
      t.equal(installed.code, 0, installed.stderr)
      const redisChaos = (...args: string[]) => start(project, 'npx', 'redis-chaos', ...args)
      const at = path.join(project, 'node_modules', 'redis-chaos')
      t.same(
        readdirSync(at).filter((one) => /runner|test|scripts|bench/.test(one)),
        [],
        'only what a user needs',
      )

      await t.test('help, in little time', async (t) => {
        const help = await redisChaos('--help')
        t.equal(help.code, 0, help.stderr)
        t.match(help.stdout, 'npx redis-chaos run NAME…')
        t.notMatch(help.stdout + (await redisChaos('run', '--help')).stdout, 'npm run')
        const spentMs = fastestMs(project, path.join(at, 'bin', 'redis-chaos.js'), '--help')
        const bareMs = fastestMs(project, '-e', '0')
        t.ok(spentMs - bareMs <= MOST_HELP_MS, `${spentMs} ms of processor time, ${bareMs} ms of Node's own`)
      })

      await t.test('client: none is installed, and each says the command', async (t) => {
        const listed = await redisChaos('client')
        t.match(
          listed.stdout.replace(/\s+/g, ' '),
          'node-redis not installed; to install it: npx redis-chaos client node-redis',
        )
        t.match((await redisChaos('client', 'iovalky')).stderr, 'did you mean `iovalkey`?')
      })

      await t.test('init: a project with a scenario, which an editor completes by the package', async (t) => {
        const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
        t.equal((await redisChaos('--version')).stdout, `redis-chaos ${version}\n`)
        const init = await redisChaos('init', '--ci', 'github')
        t.match(init, { code: 0, stdout: /\n\nNow: npx redis-chaos run \.\/scenarios\n$/ })
        const [first = ''] = readFileSync(path.join(project, 'scenarios', 'first.yaml'), 'utf8').split('\n')
        t.ok(statSync(path.join(project, 'scenarios', first.split('=')[1] ?? '')).size > 10_000, first)
        t.match((await redisChaos('list', '--no-stock')).stdout, /^ {2}first +/m)
        const script = ['pkg', 'set', 'scripts.chaos=redis-chaos']
        t.equal((await start(project, 'npm', ...script)).code, 0)
        t.match(
          (await start(project, 'npm', 'run', 'chaos', '--', 'run')).stdout,
          'npm run chaos -- run NAME… [flags] plays',
        )
      })

      await t.test("validate one's own scenario", async (t) => {
        const text = readFileSync(path.join(root, 'scenarios', 'basic', 'failover-basic.yaml'), 'utf8')
        copyFileSync(path.join(root, 'scenarios', 'basic', 'failover-basic.yaml'), path.join(project, 'mine.yaml'))
        writeFileSync(path.join(project, 'wrong.yaml'), text.replace('write:', 'wriet:'))
        const { code, stdout, stderr } = await redisChaos('validate', 'mine.yaml')
        t.equal(code, 0, stderr)
        t.match(stdout, 'ok  mine.yaml')
        const wrong = await redisChaos('validate', 'wrong.yaml')
        t.equal(wrong.code, 2)
        t.match(wrong.stderr, /wrong\.yaml:\d+:\d+[\s\S]*write/)
      })

      await t.test('run on processes, with reports where one is', { skip: skipWithoutRedis() }, async (t) => {
        const where = [
          '--platform',
          'process',
          '--port-base',
          String(portBase),
          '--name-prefix',
          `package-${portBase}-`,
        ]
        const { code, stdout, stderr } = await redisChaos('run', './scenarios', ...where)
        t.equal(code, 0, stdout + stderr)
        const again = /run again +npx redis-chaos (run \.\/scenarios --seed \d+ .*)/.exec(stdout)?.[1] ?? ''
        t.match(again, `--port-base ${portBase}`)
        t.ok(statSync(path.join(project, 'reports', 'latest', 'report.html')).size > 10_000)
        const report = await redisChaos('report')
        t.equal(report.code, 0, report.stderr)
        t.match(report.stdout, 'PASSED')
      })
    })
  }
})
