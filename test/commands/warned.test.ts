import path from 'node:path'
import t from 'tap'
import type { CommandContext } from '../../runner/commands/command.ts'
import { parseFlags } from '../../runner/commands/flags.ts'
import { run } from '../../runner/commands/run.ts'
import { validate } from '../../runner/commands/validate.ts'

const GOOD = 'title: Good\nsteps: [{ wait: 1s }]\n'
const WARNED = `title: Warned
params: { password_of_it: none }
steps:
  - restart: redis-node1
  - expect: { cluster: healthy }
`
const ALLOWED = WARNED.replace('healthy }', 'healthy } # allow: asked-once (as it is meant)')

function played(library: string) {
  const printed: string[] = []
  const told: string[] = []
  const context: CommandContext = {
    out: {
      print: (text) => void printed.push(text),
      progress: (text) => void told.push(text),
      color: false,
      failures: () => [],
    },
    signal: new AbortController().signal,
    onLeaving: () => {},
    debug: false,
    library: [library],
    defaults: [],
  }
  return { printed, told, context }
}

const asked = (...args: string[]) => parseFlags(args, validate.flags, 'validate')

t.test('validate warns, and passes', async (t) => {
  const library = t.testdir({ 'good.yaml': GOOD, 'warned.yaml': WARNED })
  const { printed, context } = played(library)
  t.equal(await validate.run(asked('warned', 'good'), context), 0)
  const text = printed.join('\n')
  t.match(text, /^ok {2}.*warned\.yaml: Warned\nok {2}.*good\.yaml: Good\n\n/)
  t.match(text, /warned\.yaml:5:24: warning: this asks once, right after the `restart` of line 4/)
  t.match(text, /\n1 warning; what is meant so is allowed by a comment on its line: # allow: asked-once \(why\)$/)
})

t.test('--strict takes warnings for errors; an allowed one is none', async (t) => {
  const library = t.testdir({ 'warned.yaml': WARNED, 'allowed.yaml': ALLOWED })
  const { printed, context } = played(library)
  await t.rejects(validate.run(asked('warned', '--strict'), context), {
    name: 'UsageError',
    exitCode: 2,
    message: /warned\.yaml:5:24: warning: [\s\S]*1 warning, which --strict takes for errors$/,
  })
  t.equal(await validate.run(asked('allowed', '--strict'), context), 0)
  t.match(printed.at(-1), /^ok .*allowed\.yaml/)
})

t.test('run --strict refuses before anything is touched', async (t) => {
  const library = t.testdir({ 'warned.yaml': WARNED })
  const { told, context } = played(library)
  const line = parseFlags(['warned', '--strict', '--platform', 'process'], run.flags, 'run')
  await t.rejects(run.run(line, context), { name: 'UsageError', message: /which --strict takes for errors$/ })
  t.strictSame(told, [])
})

t.test('a run tells its warnings in a line each, by the settings that it is played with', async (t) => {
  const library = t.testdir({
    'late.yaml': `title: Late
steps:
  - kill: redis-node0
  - expect: { node: redis-node1, role: master }
    within: 4s
`,
  })
  const { told, context } = played(library)
  // What is told is told before the folder of reports is found to be a file.
  const nowhere = path.join(library, 'late.yaml')
  const flags = ['late', '--platform', 'process', '--reports', nowhere]
  await t.rejects(run.run(parseFlags(flags, run.flags, 'run'), context))
  t.match(
    told.join('\n'),
    /late\.yaml:5:13: warning: `within` gives it 4 s.* \(limit-too-short\)\n`.*validate late` says what mends it\./,
  )
  const short = played(library)
  const config = ['--config', 'cluster-node-timeout=500']
  await t.rejects(run.run(parseFlags([...flags, ...config], run.flags, 'run'), short.context))
  t.notMatch(short.told.join('\n'), /warning/)
})
