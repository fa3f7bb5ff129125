import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { parseFlags } from '../../runner/commands/flags.ts'
import { nightly } from '../../runner/commands/nightly.ts'
import { run } from '../../runner/commands/run.ts'

const root = path.resolve(import.meta.dirname, '../..')

interface Step {
  id?: string
  uses?: string
  run?: string
  env?: Record<string, string>
}
interface Action {
  inputs: Record<string, { description: string; default: string }>
  outputs: Record<string, { value: string }>
  runs: { using: string; steps: Step[] }
}
const action: Action = parse(readFileSync(path.join(root, 'action.yml'), 'utf8'))
const [play = {}] = action.runs.steps

const project = realpathSync(mkdtempSync(path.join(tmpdir(), 'redis-chaos-test-')))
t.teardown(() => rmSync(project, { recursive: true }))
mkdirSync(path.join(project, 'node_modules/redis-chaos/bin'), { recursive: true })
mkdirSync(path.join(project, 'out'))
const PROGRAM = "require('fs').writeFileSync('argv.json', JSON.stringify(process.argv.slice(2))); process.exitCode = 3"
writeFileSync(path.join(project, 'node_modules/redis-chaos/bin/redis-chaos.js'), PROGRAM)

/** Plays the action's first step as GitHub does, in a project whose redis-chaos only notes what it is given. */
async function playWith(inputs: Record<string, string>) {
  for (const file of ['argv.json', 'output']) rmSync(path.join(project, file), { force: true })
  const values = Object.entries(action.inputs).map(([name, input]) => [name, inputs[name] ?? input.default])
  const given = Object.fromEntries(values)
  const own = Object.entries(play.env ?? {}).map(([name, text]) => {
    return [name, text.replace(/^\$\{\{ inputs\.([\w-]+) \}\}$/, (_, input) => given[input])]
  })
  const github = { GITHUB_ACTION_PATH: root, GITHUB_OUTPUT: path.join(project, 'output'), RUNNER_TEMP: project }
  const env = { ...process.env, ...Object.fromEntries(own), ...github }
  const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile('bash', ['-c', play.run ?? 'false'], { cwd: project, env }, (error, _, stderr) =>
      resolve({ code: error ? error.code : 0, stderr }),
    )
  })
  const argv = path.join(project, 'argv.json')
  return { ...ended, argv: existsSync(argv) ? (JSON.parse(readFileSync(argv, 'utf8')) as string[]) : undefined }
}

t.test('is composite, and pastes no input into what a shell reads', async (t) => {
  t.equal(action.runs.using, 'composite')
  for (const { run = '' } of action.runs.steps) t.notMatch(run, /\$\{\{/)
  const used = Object.values(play.env ?? {}).map((text) => /inputs\.([\w-]+)/.exec(text)?.[1])
  t.same(
    Object.keys(action.inputs).filter((name) => name !== 'artifact' && !used.includes(name)),
    [],
    'every input is used',
  )
  for (const { description } of Object.values(action.inputs)) t.ok(description)
})

t.test('inputs become words of a command that exists', async (t) => {
  const inputs = { scenarios: './mine\nfailover-basic\n', server: 'redis:7.0', platform: 'docker', reports: 'out' }
  const { code, argv = [], stderr } = await playWith({ ...inputs, args: '--repeat=2\n--tag=ha' })
  t.equal(code, 3, stderr)
  const [command, ...rest] = argv
  t.equal(command, 'run')
  const line = parseFlags(rest, run.flags, 'run')
  t.same(line.positionals, ['./mine', 'failover-basic'])
  t.same(
    ['server', 'platform', 'reports', 'reporter', 'repeat'].map((name) => line.text(name)),
    ['redis:7.0', 'docker', 'out', 'console,github', '2'],
  )
  t.equal(readFileSync(path.join(project, 'output'), 'utf8'), `exit-code=3\nreports=${path.join(project, 'out')}\n`)
  const night = await playWith({ command: 'nightly' })
  t.same(parseFlags(night.argv?.slice(1) ?? [], nightly.flags, 'nightly').positionals, [])
})

t.test('whatever an input holds, it runs nothing and is no flag where there is none', async (t) => {
  const evil = '$(touch hacked) `touch hacked`; touch hacked "\' && touch hacked'
  for (const name of ['scenarios', 'server', 'platform', 'reports']) {
    const { argv = [] } = await playWith({ [name]: evil })
    t.ok(
      argv.some((word) => word === evil || word === `--${name}=${evil}`),
      name,
    )
  }
  for (const name of ['command', 'version', 'args', 'working-directory']) {
    const { code, argv } = await playWith({ [name]: evil })
    t.not(code, 0, name)
    t.equal(argv, undefined, name)
  }
  for (const version of ['npm:evil@1', '../evil', 'https://evil/x.tgz', '--force', '1 2'])
    t.match(await playWith({ version }), { code: 2, argv: undefined, stderr: /a version or a tag of npm/ }, version)
  const { argv = [] } = await playWith({ scenarios: '--allow=MODULE' })
  t.same(parseFlags(argv.slice(1), run.flags, 'run').texts('allow'), [])
  t.notOk(existsSync(path.join(project, 'hacked')))
})
