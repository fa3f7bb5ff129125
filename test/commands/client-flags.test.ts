import t, { type Test } from 'tap'
import { assertClientsHere, clientsOf, playedThrough, tellClients } from '../../runner/commands/client-flags.ts'
import type { Command, CommandContext } from '../../runner/commands/command.ts'
import { explain } from '../../runner/commands/explain.ts'
import { parseFlags } from '../../runner/commands/flags.ts'
import { run } from '../../runner/commands/run.ts'
import { validate } from '../../runner/commands/validate.ts'
import type { ClientChoice } from '../../runner/scenario/client-choice.ts'
import { loadText } from '../scenario/load-text.ts'

const clients = (...args: string[]) => clientsOf(parseFlags(['failover-basic', ...args], run.flags, 'run'))

t.test('--client names several, each with its own options', async (t) => {
  t.equal(clients(), undefined)
  t.same(
    clients(
      '--client',
      'ioredis, glide,glide',
      '--client-options',
      'glide.requestTimeout=1000',
      '--client-options',
      'glide.periodicChecks={"duration_in_sec":5}',
      '--client-options',
      'ioredis.maxRedirections=64',
    ),
    [
      { name: 'ioredis', options: { maxRedirections: 64 } },
      { name: 'glide', options: { requestTimeout: 1000, periodicChecks: { duration_in_sec: 5 } } },
    ],
  )
})

t.test('what is wrong with them is said before anything is played', async (t) => {
  const refused = (message: RegExp, ...args: string[]) =>
    t.throws(() => clients(...args), { name: 'UsageError', message }, args.join(' '))
  refused(/there is no client `iovalky`; did you mean `iovalkey`\?/, '--client', 'ioredis,iovalky')
  refused(/there is no client ``/, '--client', 'ioredis,')
  refused(/goes with --client/, '--client-options', 'glide.requestTimeout=1')
  refused(/iovalkey is none of --client glide/, '--client', 'glide', '--client-options', 'iovalkey.maxRedirections=1')
  refused(/NAME\.OPTION=VALUE/, '--client', 'glide', '--client-options', 'requestTimeout=1')
  refused(
    /glide has no option `requestTimeou`; did you mean `requestTimeout`\?/,
    ...['--client', 'glide', '--client-options', 'glide.requestTimeou=1'],
  )
  refused(/should be a number/, '--client', 'glide', '--client-options', 'glide.requestTimeout=soon')
  refused(
    /`maxRedirections` of ioredis should be a whole number from 0 to 1000, not the text `many`/,
    '--client',
    'ioredis',
    '--client-options',
    'ioredis.maxRedirections=many',
  )
  refused(
    /ioredis has no option `comandTimeout`; did you mean `commandTimeout`\?/,
    ...['--client', 'ioredis', '--client-options', 'ioredis.comandTimeout=5'],
  )
  refused(
    /`commandTimeout` of ioredis should be a whole number from 1 to 600000, not a group/,
    ...['--client', 'ioredis', '--client-options', 'ioredis.commandTimeout={"a":1}'],
  )
  refused(
    /ioredis has no option `xyzzyplugh`; Its options are: maxRedirections, /,
    ...['--client', 'ioredis', '--client-options', 'ioredis.xyzzyplugh=5'],
  )
  refused(/glide has no option `toString`/, ...['--client', 'glide', '--client-options', 'glide.toString=5'])
  refused(/ioredis has no option `toString`/, '--client', 'ioredis', '--client-options', 'ioredis.toString=5')
  refused(/direct has no options/, '--client', 'direct', '--client-options', 'direct.x=1')
})

const glide = { name: 'glide', options: {} }

t.test('a scenario with no workload for a client is played once, without one', async (t) => {
  const load = (workload: string) => async (client: ClientChoice | undefined) => [
    loadText(`title: T\nworkloads: { a: ${workload} }\nsteps:\n  - wait: 1s\n`, { client }),
  ]
  const played = async (workload: string, clients: ClientChoice[] | undefined) =>
    (await playedThrough(clients, load(workload))).map(({ client }) => client)
  const both = [glide, { name: 'ioredis', options: {} }]
  t.same(await played('{ type: register }', both), ['glide', 'ioredis'])
  t.same(await played('{ type: register, client: ioredis }', both), [undefined])
  t.same(await played('{ type: register, client: glide }', both), [undefined])
  t.same(await played('{ type: pubsub }', both), [undefined])
  t.same(
    await played('{ type: register, wait: { replicas: 1 } }', both),
    ['glide', 'ioredis'],
    'it says why it is skipped',
  )
  t.same(await played('{ type: register }', undefined), [undefined])
})

t.test('it is told where a workload is added, and where no client has anything to do', async (t) => {
  const told = (text: string) => {
    const lines: string[] = []
    const scenario = loadText(text, { client: glide })
    tellClients([scenario, scenario], [glide], { progress: (line) => lines.push(line) })
    return lines
  }
  t.match(told('title: T\nsteps:\n  - wait: 1s\n'), [
    /^x has no workload, so it is given one for the clients: register, 8 clients at 200\/s/,
  ])
  t.match(told('title: T\nworkloads: { a: { type: register, client: ioredis } }\nsteps:\n  - wait: 1s\n'), [
    /^x goes through no client of --client.*; it is played once, as it stands/,
  ])
  t.same(told('title: T\nworkloads: { a: { type: transaction } }\nsteps:\n  - wait: 1s\n'), [])
  t.same(told('title: T\nworkloads: { a: { type: register } }\nsteps:\n  - wait: 1s\n'), [])
})

/** What commands print and tell goes to `lines`. */
function contextWith(lines: string[]): CommandContext {
  const tell = (text: string) => lines.push(text)
  return {
    out: { print: tell, progress: tell, color: false, failures: () => [] },
    signal: new AbortController().signal,
    onLeaving: () => undefined,
    library: [],
    defaults: [],
    debug: false,
  }
}

/** Where no program is found, neither is a client that is one. */
function withoutPrograms(t: Test): void {
  const { PATH } = process.env
  process.env.PATH = '/nowhere'
  t.teardown(() => {
    process.env.PATH = PATH
  })
}

t.test('explain and validate read a scenario as it is played through clients', async (t) => {
  const folder = t.testdir({
    'mine.yaml': 'title: Mine\nworkloads: { a: { type: register } }\nsteps:\n  - wait: 1s\n',
    'waits.yaml': 'title: Waits\nworkloads: { a: { type: register, wait: { replicas: 1 } } }\nsteps:\n  - wait: 1s\n',
  })
  const lines: string[] = []
  const context = contextWith(lines)
  const told = async (command: Command, ...words: string[]) => {
    lines.length = 0
    t.equal(await command.run(parseFlags(words, command.flags, 'x'), context), 0)
    return lines.join('\n')
  }
  const [mine, waits] = [`${folder}/mine.yaml`, `${folder}/waits.yaml`]
  const explained = await told(explain, mine, '--client', 'glide,ioredis')
  t.match(explained, /^Mine \(client glide\)\n.*through the client driver glide.*^Mine \(client ioredis\)\n/ms)
  t.match(await told(explain, waits, '--client', 'glide'), /^waits would be skipped: --client glide cannot play it/)
  const withOptions = [
    '--client-options',
    'glide.requestTimeout=1000',
    '--client-options',
    'ioredis.slotsRefreshTimeout=2000',
  ]
  const tuned = await told(explain, mine, '--client', 'glide,ioredis', ...withOptions)
  t.match(tuned, /; options of glide: requestTimeout 1000$.*; options of ioredis: slotsRefreshTimeout 2000$/ms)
  t.notMatch(explained, 'options of')
  t.match(await told(explain, mine), /^Mine\n/)
  const validated = await told(validate, mine, waits, '--client', 'glide,direct')
  t.match(validated, /would be skipped: .*mine\.yaml: Mine \(client glide\).*waits\.yaml: Waits \(client direct\)/s)
  const unknown = parseFlags([mine, '--client', 'glde'], validate.flags, 'validate')
  await t.rejects(async () => validate.run(unknown, context), { message: /did you mean `glide`/ })
})

t.test('a client that is not on this machine is told before anything is played', async (t) => {
  withoutPrograms(t)
  const scenario = (workload: string, name?: string, requires = '') =>
    loadText(`title: T\n${requires}workloads: { a: ${workload} }\nsteps:\n  - wait: 1s\n`, {
      client: name === undefined ? undefined : { name, options: {} },
    })
  const missing = { name: 'UsageError', exitCode: 2, message: /the client redis-cli is not installed/ }
  const onProcess = { kind: 'process' } as const
  const plain = '{ type: register }'
  await t.rejects(assertClientsHere([scenario(plain, 'ioredis'), scenario(plain, 'redis-cli')], onProcess), {
    ...missing,
    hint: /Install it with: /,
  })
  await t.rejects(assertClientsHere([scenario(plain, 'redis-cli', 'requires: { can: [pause] }\n')], onProcess), missing)
  const named = '{ type: register, client: redis-cli }'
  await t.rejects(assertClientsHere([scenario(named)], onProcess), missing)
  const two = [scenario(named), scenario('{ type: register, client: redis-py }')]
  await t.rejects(assertClientsHere(two, onProcess), {
    message: /redis-cli is not installed\n.*redis-py is not installed/,
  })

  await assertClientsHere([scenario(plain, 'ioredis'), scenario('{ type: register, client: direct }')], onProcess)
  await assertClientsHere([scenario('{ type: transaction }', 'redis-cli')], onProcess)
  await assertClientsHere([scenario(named, undefined, 'requires: { platform: docker }\n')], onProcess)
  await assertClientsHere([scenario(named, undefined, 'requires: { can: [pause] }\n')], { kind: 'auto' })
  t.pass('what is skipped needs no client')
})

t.test('a dry run refuses what a run would refuse; explain and validate say so', async (t) => {
  withoutPrograms(t)
  const folder = t.testdir({
    'mine.yaml': 'title: Mine\nworkloads: { a: { type: register } }\nsteps:\n  - wait: 1s\n',
    'own.yaml': 'title: Own\nworkloads: { a: { type: register, client: redis-py } }\nsteps:\n  - wait: 1s\n',
    'elsewhere.yaml':
      'title: Else\nrequires: { can: [pause] }\nworkloads: { a: { type: register, client: redis-py } }\nsteps:\n  - wait: 1s\n',
  })
  const lines: string[] = []
  const context = contextWith(lines)
  const [mine, own, elsewhere] = [`${folder}/mine.yaml`, `${folder}/own.yaml`, `${folder}/elsewhere.yaml`]
  const dry = parseFlags([mine, '--dry-run', '--client', 'redis-cli', '--platform', 'process'], run.flags, 'run')
  await t.rejects(run.run(dry, context), { name: 'UsageError', message: 'the client redis-cli is not installed' })
  for (const command of [validate, explain]) {
    lines.length = 0
    const words = [mine, own, elsewhere, '--client', 'redis-cli']
    t.equal(await command.run(parseFlags(words, command.flags, 'x'), context), 0)
    const refusals = lines.filter((line) => line.startsWith('a run here would be refused: '))
    t.match(refusals, [
      /: the client redis-cli is not installed\nInstall it with: /,
      /: the client redis-py is not installed\nInstall it with: /,
    ])
    t.equal(refusals.length, 2)
  }
  lines.length = 0
  t.equal(await validate.run(parseFlags([mine, elsewhere], validate.flags, 'validate'), context), 0)
  t.notMatch(lines.join('\n'), /refused/, 'what may be skipped needs no client')
})
