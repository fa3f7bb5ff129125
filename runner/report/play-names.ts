import type { RunReport } from '../results/report-model.ts'

/**
 * A name for each scenario of a run, in their order, which no other has: its id, and what tells it from others of that
 * id, as `failover-basic on redis:7_0, repeat 2`. The same in every run of the same plays, so that readers which follow
 * a test over time know it again. A dot would be the end of a package's name to Jenkins.
 */
export function playNames({ scenarios }: Pick<RunReport, 'scenarios'>): string[] {
  const places = new Map<string, { servers: Set<string>; platforms: Set<string>; clients: Set<string> }>()
  for (const { id, asked, server, platform, client = '' } of scenarios) {
    const own = places.get(id) ?? { servers: new Set(), platforms: new Set(), clients: new Set() }
    places.set(id, own)
    own.servers.add(asked ?? server)
    own.platforms.add(platform)
    own.clients.add(client)
  }
  const taken = new Set<string>()
  return scenarios.map(({ id, asked, server, platform, repeat, client = '' }) => {
    const { servers, platforms, clients } = places.get(id) ?? {}
    const on = [
      ...(servers && servers.size > 1 ? [(asked ?? server).replaceAll('.', '_')] : []),
      ...(platforms && platforms.size > 1 ? [platform] : []),
    ]
    const through = clients && clients.size > 1 && client !== '' ? `${id} through ${client}` : id
    const where = on.length === 0 ? through : `${through} on ${on.join(', ')}`
    const name = repeat === undefined ? where : `${where}, repeat ${repeat.number}`
    return free(name, taken)
  })
}

function free(name: string, taken: Set<string>): string {
  let found = name
  for (let number = 2; taken.has(found); number += 1) found = `${name} (${number})`
  taken.add(found)
  return found
}
