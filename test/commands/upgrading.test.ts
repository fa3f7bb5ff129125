import t from 'tap'
import { parseFlags } from '../../runner/commands/flags.ts'
import { NO_PARAMS } from '../../runner/commands/param-flags.ts'
import { run } from '../../runner/commands/run.ts'
import { serversNamed, withFromAndTo } from '../../runner/commands/upgrading.ts'

const lineOf = (...args: string[]) => parseFlags(['rolling-upgrade', ...args], run.flags, 'run')

t.test('--from is the server that is played on, and both are params', async (t) => {
  const { line, params } = withFromAndTo(lineOf('--from', 'redis:7.0', '--to', 'redis:8.6'), NO_PARAMS)
  t.equal(line.text('server'), 'redis:7.0')
  t.same(params.set, { from: 'redis:7.0', to: 'redis:8.6' })
  t.same(line.positionals, ['rolling-upgrade'])
  t.equal(withFromAndTo(lineOf('--server', 'redis:8.0'), NO_PARAMS).line.text('server'), 'redis:8.0')
})

t.test('what does not go together is refused', async (t) => {
  const refused = (args: string[], set: Record<string, string> = {}) =>
    t.throws(() => withFromAndTo(lineOf(...args), { ...NO_PARAMS, set }), { name: 'UsageError' }, args.join(' '))
  refused(['--from', 'redis:7.0', '--server', 'redis:8.0'])
  refused(['--upgrade', 'all', '--to', 'redis:8.0'])
  refused(['--to', 'redis:8.0'], { to: 'redis:8.6' })
})

t.test('--upgrade takes all, or two servers and more, each once', async (t) => {
  t.same(serversNamed('redis:7.0, valkey:9.1'), ['redis:7.0', 'valkey:9.1'])
  t.same(serversNamed('all'), ['all'])
  t.throws(() => serversNamed('redis:7.0'), { name: 'UsageError', message: /not `redis:7\.0` alone/ })
  t.throws(() => serversNamed('redis:7.0,redis:8.0,redis:7.0'), { message: '--upgrade is given redis:7.0 twice' })
  t.throws(() => serversNamed('redis:7.0,'), { name: 'UsageError', message: /a comma between them/ })
})
