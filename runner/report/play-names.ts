import type { RunReport, ScenarioReport } from '../results/report-model.ts'

type Plays = readonly ScenarioReport[]

/** What tells a play from others of its scenario in a run; nothing that they all have. */
interface Told {
  /** The client. */
  through?: string
  /** The server as it was asked for, and the platform, of several. */
  on: string[]
  /** `repeat 2`. */
  repeat?: string
}

interface NameStyle {
  serverText?: (server: string) => string
  /** The client is told of where all have the same one, too. */
  everyClient?: boolean
}

/**
 * A name for each scenario of a run, in their order, which no other has: its id, and what tells it from others of that
 * id, as `failover-basic on redis:7_0, repeat 2`. The same in every run of the same plays, so that readers which follow
 * a test over time know it again. A dot would be the end of a package's name to Jenkins.
 */
export function playNames({ scenarios }: Pick<RunReport, 'scenarios'>): string[] {
  return namesOf(scenarios, { serverText: (server) => server.replaceAll('.', '_') })
}

/**
 * The same for people: its id with its client, and what tells it from others, as
 * `failover-basic through ioredis on redis:7.0, repeat 2`.
 */
export function toldNames({ scenarios }: Pick<RunReport, 'scenarios'>): string[] {
  return namesOf(scenarios, { everyClient: true })
}

function namesOf(scenarios: Plays, style: NameStyle): string[] {
  const taken = new Set<string>()
  return toldOf(scenarios, style).map(({ through, on, repeat }, place) => {
    const id = scenarios[place]?.id ?? ''
    const by = through === undefined ? id : `${id} through ${through}`
    const where = on.length === 0 ? by : `${by} on ${on.join(', ')}`
    return free(repeat === undefined ? where : `${where}, ${repeat}`, taken)
  })
}

/** What tells each play of a run, in their order, from others of its scenario: `['redis:7.0', 'repeat 2']`. */
export function apartFrom(scenarios: Plays): string[][] {
  return toldOf(scenarios).map(({ on, repeat }) => (repeat === undefined ? on : [...on, repeat]))
}

function toldOf(scenarios: Plays, { serverText = (server) => server, everyClient = false }: NameStyle = {}): Told[] {
  const places = new Map<string, { servers: Set<string>; platforms: Set<string>; clients: Set<string> }>()
  for (const { id, asked, server, platform, client = '' } of scenarios) {
    const own = places.get(id) ?? { servers: new Set(), platforms: new Set(), clients: new Set() }
    places.set(id, own)
    own.servers.add(asked ?? server)
    own.platforms.add(platform)
    own.clients.add(client)
  }
  return scenarios.map(({ id, asked, server, platform, repeat, client = '' }) => {
    const { servers, platforms, clients } = places.get(id) ?? {}
    const on = [
      ...(servers && servers.size > 1 ? [serverText(asked ?? server)] : []),
      ...(platforms && platforms.size > 1 ? [platform] : []),
    ]
    return {
      on,
      ...(client !== '' && (everyClient || (clients && clients.size > 1)) && { through: client }),
      ...(repeat !== undefined && { repeat: `repeat ${repeat.number}` }),
    }
  })
}

function free(name: string, taken: Set<string>): string {
  let found = name
  for (let number = 2; taken.has(found); number += 1) found = `${name} (${number})`
  taken.add(found)
  return found
}
