import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { renderFindings, renderJson } from '../../runner/commands/doctor/render.ts'
import { doctor } from '../../runner/commands/doctor.ts'
import { parseFlags } from '../../runner/commands/flags.ts'
import { type Finding, findingsOf } from '../../runner/doctor/finding.ts'

const FINDINGS: Finding[] = [
  findingsOf('Docker').ok('engine', 'Docker 20.10.24 answers'),
  findingsOf('Docker').degraded('a subject that is long', 'another one stands in', 'apt-get install it'),
  findingsOf('faults').ok(
    'kill',
    'some words\u001b[2J that a server said, and more of them than go on a line of sixty',
  ),
]
const MISSING = findingsOf('main job').missing('failover-basic', 'there is nothing to run', 'start Docker')

/** Runs the command in this process, with the environment changed. */
async function run(t: Test, args: string[], env: Record<string, string> = {}) {
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]))
  t.teardown(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  Object.assign(process.env, env)
  const printed: string[] = []
  const out = {
    print: (text: string) => void printed.push(text),
    progress: () => undefined,
    failures: () => [],
    color: false,
  }
  const context = {
    out,
    signal: new AbortController().signal,
    onLeaving: () => undefined,
    library: [],
    defaults: [],
    debug: false,
  }
  const code = await doctor.run(parseFlags(args, doctor.flags, 'doctor'), context)
  return { code, text: printed.join('\n') }
}

t.test('findings stand in aligned groups, and the counts come last', async (t) => {
  const lines = renderFindings(FINDINGS, { color: false, width: 70 }).split('\n')
  t.same(lines.slice(0, 6), [
    'Docker',
    '  ✔ ok        engine                Docker 20.10.24 answers',
    '  ! degraded  a subject that is long',
    '                                    another one stands in',
    '                                    → apt-get install it',
    '',
  ])
  t.equal(lines.at(-1), 'Scenarios can be played here: 2 ok, 1 degraded, 0 missing')
  for (const line of lines) t.ok(line.length <= 70, line)
  t.notMatch(lines.join('\n'), '\u001b', 'neither colors nor what a program said steer the terminal')
})

t.test('colors only where they are wanted', async (t) => {
  t.match(renderFindings(FINDINGS, { color: true, width: 100 }), '\u001b[32m✔ ok')
})

t.test('something missing is said at the end too', async (t) => {
  const text = renderFindings([MISSING, ...FINDINGS], { color: false, width: 100 })
  t.match(text, /✖ missing {3}failover-basic +there is nothing to run\n +→ start Docker/)
  t.match(text, /Something is missing that nothing stands in for: 2 ok, 1 degraded, 1 missing$/)
})

t.test('JSON: degraded is fit, missing is not', async (t) => {
  t.same(JSON.parse(renderJson(FINDINGS)), { ok: true, findings: FINDINGS })
  t.equal(JSON.parse(renderJson([MISSING])).ok, false)
})

t.test('a name is a wrong command line', async (t) => {
  await t.rejects(run(t, ['engine']), { name: 'UsageError' })
})

t.test('on a machine with nothing but Node: exit 3, and what to do', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'redis-chaos-doctor-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await symlink(process.execPath, path.join(folder, 'node'))
  const env = { PATH: folder, XDG_CACHE_HOME: folder, DOCKER_HOST: 'unix:///nonexistent/docker.sock' }
  const { code, text } = await run(t, [], env)
  t.equal(code, 3)
  t.match(text, /✖ missing {3}failover-basic +there is no engine/)
  t.match(text, /→ start Docker/)
  t.notMatch(text, /\n\s+at /, 'no stack trace')
})

t.test('on this machine, as JSON: the exit code says what `ok` says', async (t) => {
  const { code, text } = await run(t, ['--json'])
  const { ok, findings } = JSON.parse(text) as { ok: boolean; findings: Finding[] }
  t.equal(code, ok ? 0 : 3)
  t.equal(
    ok,
    findings.every(({ state }) => state !== 'missing'),
  )
  t.equal(findings[0]?.area, 'main job')
})
