import { settingProblem } from '../platforms/settings.ts'

/** An address that a command tells its server to talk to. */
export interface Address {
  command: string
  host: string
  port: number
}

const READ_ONLY: ReadonlySet<string> = new Set(['MODULE LIST', 'ACL WHOAMI', 'ACL CAT', 'ACL DRYRUN'])

/**
 * Why a scenario may not send a command, as one sentence; undefined if it may. A scenario reaches its own servers and
 * nothing else: no code of the machine, no file, no address, no user. Where its address is only known once the
 * cluster is there: see `addressIn`.
 */
export function refusalOf(words: readonly string[]): string | undefined {
  const [command = '', subcommand = ''] = words.map((word) => word.toUpperCase())
  const both = `${command} ${subcommand}`
  if (command === 'MODULE' && !READ_ONLY.has(both)) return refused(command, 'it would make the server run foreign code')
  if (command === 'ACL' && !READ_ONLY.has(both)) {
    return refused(command, 'the runner gives every node one user with one password (`--password`)')
  }
  if (command === 'REPLICAOF' || command === 'SLAVEOF') {
    return refused(command, 'the nodes of a cluster follow its own masters only; CLUSTER REPLICATE names one of them')
  }
  return both === 'CONFIG SET' ? settingRefusal(words.slice(2)) : undefined
}

function settingRefusal(pairs: readonly string[]): string | undefined {
  for (let place = 0; place < pairs.length; place += 2) {
    const name = (pairs[place] ?? '').toLowerCase()
    const problem = isSettable(name) ? undefined : settingProblem(name, '')
    if (problem !== undefined) return `CONFIG SET: ${problem}`
  }
  return undefined
}

/** What nodes tell their clients of themselves: nobody connects anywhere else by it than to the run's own nodes. */
const TOLD_TO_CLIENTS: ReadonlySet<string> = new Set([
  'cluster-announce-hostname',
  'cluster-announce-human-nodename',
  'cluster-preferred-endpoint-type',
  'replica-announced',
])

/** A name with a $name in it is checked once that is filled in; what is no name at all is refused by the server. */
function isSettable(name: string): boolean {
  return TOLD_TO_CLIENTS.has(name) || !/^[a-z0-9-]+$/.test(name)
}

function refused(command: string, why: string): string {
  return `${command} cannot be sent: ${why}`
}

/**
 * Commands whose text shows all that they do, and which `refusalOf` has looked at: they are sent with the rights of the
 * runner. All others are sent by a user who may do nothing that `refusalOf` refuses, for a script hides what it does.
 */
const OF_ADMINISTRATORS: ReadonlySet<string> = new Set([
  ...['ACL', 'BGREWRITEAOF', 'BGSAVE', 'CLUSTER', 'COMMANDLOG', 'CONFIG', 'DEBUG', 'LATENCY', 'MIGRATE', 'MODULE'],
  ...['SAVE', 'SHUTDOWN', 'SLOWLOG'],
])

export function isOfAdministrators([command = '']: readonly string[]): boolean {
  return OF_ADMINISTRATORS.has(command.toUpperCase())
}

/** The address to which a command makes its server connect, which must be one of the run's own nodes. */
export function addressIn(words: readonly string[]): Address | undefined {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase())
  const command = first === 'MIGRATE' ? first : `${first} ${second}`
  if (command !== 'MIGRATE' && command !== 'CLUSTER MEET') return undefined
  const [host, port] = words.slice(command.split(' ').length)
  return host === undefined || port === undefined ? undefined : { command, host, port: Number(port) }
}
