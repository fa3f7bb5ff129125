import t from 'tap'
import { clusterFlags, clusterSettings } from '../../runner/commands/cluster-flags.ts'
import { parseFlags } from '../../runner/commands/flags.ts'

function settings(...args: string[]): ReturnType<typeof clusterSettings> {
  return clusterSettings(parseFlags(args, clusterFlags, 'run'))
}

t.test('--allow takes what is refused otherwise, in any case', async (t) => {
  t.same(settings().allowed, new Set())
  t.same(settings('--allow', 'module', '--allow', 'Dir', '--allow=ACL').allowed, new Set(['MODULE', 'dir', 'ACL']))
  for (const [name, near] of [
    ['modul', 'MODULE'],
    ['dirr', 'dir'],
    ['db-filename', 'dbfilename'],
  ]) {
    t.throws(() => settings('--allow', String(name)), {
      message: new RegExp(`\`${name}\` is none; did you mean \`${near}\``),
    })
  }
  for (const name of ['maxmemory', 'GET', '', 'port', 'requirepass', '*', '$name']) {
    t.throws(() => settings('--allow', name), { name: 'UsageError', message: /takes a setting or command/ }, name)
  }
})

t.test('--config is under the same policy', async (t) => {
  t.throws(() => settings('--config', 'dir=/x'), { message: /--config dir: `dir` cannot be set: .*--allow dir/ })
  t.same(settings('--config', 'dir=/x', '--allow', 'dir').config, { dir: '/x' })
})

t.test('a password is never on the command line', async (t) => {
  const [one, other] = [settings('--password', 'random'), settings('--password', 'random')]
  t.match(one.password, /^[0-9a-f]{64}$/)
  t.not(one.password, other.password)
  t.throws(() => settings('--password', 'hunter2'), { message: /takes the word `random`.*REDIS_CHAOS_PASSWORD/ })
  t.notMatch(String(t.throws(() => settings('--password', 'hunter2'))), /hunter2/)
})
