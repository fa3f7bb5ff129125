import t from 'tap'
import { parseFlags } from '../../runner/commands/flags.ts'
import { platformChoice, platformFlags } from '../../runner/commands/open-platform.ts'
import { serverNames } from '../../runner/platforms/catalogue.ts'

t.test('help names the first and the last server of each family', async (t) => {
  const names = await serverNames(new URL('../..', import.meta.url).pathname)
  const families = new Set(names.map((name) => name.split(':')[0]))
  for (const family of families) {
    const servers = names.filter((name) => name.startsWith(`${family}:`))
    const [first = '', last = ''] = [servers[0], servers.at(-1)]
    const told = first === last ? first : `${first} to ${last}`
    t.ok(platformFlags.server?.help.includes(told), told)
  }
})

t.test('a server that nobody knows is answered with the nearest', async (t) => {
  for (const [wrong, meant] of [
    ['redis:9.9', /did you mean redis:8\.6\?/],
    ['valky:9.1', /did you mean valkey:9\.1\?/],
    ['redis-7.0', /did you mean redis:7\.0\?/],
  ] as const) {
    const line = parseFlags(['--server', wrong], platformFlags, 'run')
    await t.rejects(platformChoice(line), { message: meant }, wrong)
  }
})
