import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { lastReport } from '../support/cli.ts'
import { requireEngine } from '../support/docker.ts'

const root = path.resolve(import.meta.dirname, '../..')
const IMAGE = 'redis-chaos-runner-test'
const SOCKET = '/var/run/docker.sock'

const SHORT = `title: Keys are there after a pause
steps:
  - write: { keys: 100, as: orders }
  - pause: replica of shard 1
    for: 500ms
  - verify: orders
`

function start(command: string, ...args: string[]): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: root }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, output: stdout + stderr }),
    )
  })
}

t.test('the runner in a container plays on the engine of its host', async (t) => {
  if (!(await requireEngine(t))) return
  const built = await start('npm', 'run', '--silent', 'runner-image', '--', IMAGE)
  t.equal(built.code, 0, built.output)
  t.teardown(() => start('docker', 'rmi', IMAGE))

  const project = mkdtempSync(path.join(tmpdir(), 'redis-chaos-test-'))
  t.teardown(() => rmSync(project, { recursive: true }))
  mkdirSync(path.join(project, 'mine'))
  writeFileSync(path.join(project, 'mine', 'short.yaml'), SHORT)
  const settings = 'scenarios: mine\nreports: out\nport-base: 8930\nname-prefix: in-runner-\n'
  writeFileSync(path.join(project, 'redis-chaos.yaml'), settings)
  const user = `${process.getuid?.()}:${statSync(SOCKET).gid}`
  const mounts = ['-v', `${SOCKET}:${SOCKET}`, '-v', `${project}:/work`]
  const inside = (...args: string[]) =>
    start('docker', 'run', '--rm', '--network', 'host', '--user', user, ...mounts, IMAGE, ...args)

  const played = await inside('run', 'short')
  t.equal(played.code, 0, played.output)
  t.match(played.output, /from redis-chaos\.yaml: .*--name-prefix in-runner-/)
  t.match(played.output, /run again +redis-chaos run short --seed \d+\n/)
  const report = lastReport(path.join(project, 'out'))
  t.match(report, { verdict: 'passed', scenarios: [{ platform: 'docker', file: 'mine/short.yaml' }] })
  const left = ['ps', 'network', 'volume'].map((kind) => {
    const list = kind === 'ps' ? ['ps', '--all'] : [kind, 'ls']
    return start('docker', ...list, '--quiet', '--filter', `label=redis-chaos.run=${report.runId}`)
  })
  t.same(
    await Promise.all(left),
    [0, 0, 0].map((code) => ({ code, output: '' })),
    'nothing is left',
  )

  writeFileSync(path.join(project, 'mine', 'short.yaml'), SHORT.replace('verify', 'verfy'))
  t.match(await inside('run', 'short'), { code: 2, output: /mine\/short\.yaml:6:5: / }, 'exit codes are handed on')
})
