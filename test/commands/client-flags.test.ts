import t from 'tap'
import { clientsOf, tellClients } from '../../runner/commands/client-flags.ts'
import { parseFlags } from '../../runner/commands/flags.ts'
import { run } from '../../runner/commands/run.ts'
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
  refused(/expected number/, '--client', 'ioredis', '--client-options', 'ioredis.maxRedirections=many')
  refused(/direct has no options/, '--client', 'direct', '--client-options', 'direct.x=1')
})

t.test('it is told where a workload is added, and where no client has anything to do', async (t) => {
  const told = (text: string) => {
    const lines: string[] = []
    const scenario = loadText(text, { client: { name: 'glide', options: {} } })
    tellClients([scenario, scenario], { progress: (line) => lines.push(line) })
    return lines
  }
  t.match(told('title: T\nsteps:\n  - wait: 1s\n'), [
    /^x has no workload, so it is given one for the clients: register, 8 clients at 200\/s/,
  ])
  t.match(told('title: T\nworkloads: { a: { type: register, client: ioredis } }\nsteps:\n  - wait: 1s\n'), [
    /^x goes through no client of --client/,
  ])
  t.same(told('title: T\nworkloads: { a: { type: register } }\nsteps:\n  - wait: 1s\n'), [])
})
