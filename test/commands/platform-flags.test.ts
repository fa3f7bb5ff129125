import t from 'tap'
import { platformFlags } from '../../runner/commands/open-platform.ts'
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
