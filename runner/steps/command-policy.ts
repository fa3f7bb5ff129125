import { visible } from '../base/text.ts'
import { type Allowed, howToAllow, NOTHING_ALLOWED } from '../platforms/allowed.ts'
import { BUS_OFFSET } from '../platforms/platform.ts'
import { settingRefusal } from '../platforms/setting-policy.ts'
import { HARMLESS_DEBUG } from './debug-commands.ts'

/** By what a command of a scenario is judged. */
export interface Policy {
  allowed: Allowed
  /** Whether these are the host and port of a node of the run. */
  isNode(host: string, port: number): boolean
  /** Whether a word still holds a name that is filled in later, and so cannot be judged yet. Default: none does. */
  isOpen?(word: string): boolean
}

/** As far as a text alone can tell: it does not know where the nodes will be, but that they are on this machine. */
export const TEXT_POLICY: Policy = {
  allowed: NOTHING_ALLOWED,
  isNode: (host) => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host),
}

interface Refused {
  /** The command, or the command and its subcommand. */
  names: readonly string[]
  /** Subcommands of it that only look. */
  except?: readonly string[]
  why: string
}

const REFUSED: readonly Refused[] = [
  { names: ['MODULE'], except: ['LIST', 'HELP'], why: 'it would make the server run foreign code' },
  {
    names: ['ACL'],
    except: ['WHOAMI', 'CAT', 'DRYRUN', 'HELP'],
    why: 'the runner gives every node its users and one password (`--password`)',
  },
  {
    names: ['REPLICAOF', 'SLAVEOF'],
    why: 'the nodes of a cluster follow its own masters only; CLUSTER REPLICATE names one of them',
  },
  { names: ['FAILOVER'], why: 'it hands the data to any address; the verb `failover` hands a shard to its replica' },
  {
    names: ['CLUSTER SYNCSLOTS'],
    why: 'nodes send it to each other; CLUSTER MIGRATESLOTS moves slots',
  },
]

/** Commands whose second word says what they do. */
const CONTAINERS: ReadonlySet<string> = new Set([
  ...['ACL', 'CLIENT', 'CLUSTER', 'COMMANDLOG', 'CONFIG', 'DEBUG', 'FUNCTION', 'LATENCY', 'MEMORY', 'MODULE', 'SCRIPT'],
  ...['SLOWLOG'],
])

/** What nodes tell their clients of themselves: nobody connects anywhere else by it than to the run's own nodes. */
const TOLD_TO_CLIENTS: ReadonlySet<string> = new Set([
  'cluster-announce-hostname',
  'cluster-announce-human-nodename',
  'cluster-preferred-endpoint-type',
  'replica-announced',
])

/** Why a scenario may not change a setting of a running server; undefined if it may. `name` is in lower case. */
export function changeRefusal(name: string, allowed: Allowed): string | undefined {
  return TOLD_TO_CLIENTS.has(name) ? undefined : settingRefusal(name, allowed)
}

/**
 * Why a scenario may not send a command, as one sentence; undefined if it may. A scenario reaches its own servers and
 * nothing else: no code of the machine, no file, no address, no user.
 */
export function refusalOf(words: readonly string[], policy: Policy): string | undefined {
  const isOpen = policy.isOpen ?? (() => false)
  const [command = '', subcommand = ''] = words.map((word) => word.toUpperCase())
  if (isOpen(command) || policy.allowed.has(command)) return undefined
  const isContainer = CONTAINERS.has(command)
  if (isContainer && isOpen(subcommand)) return undefined
  // Servers compare up to a zero byte: `SET\0x` is their SET.
  if (isContainer && !/^[A-Z0-9_-]*$/.test(subcommand)) return `${command} has no such subcommand`
  return (
    commandRefusal(command, subcommand) ??
    (command === 'DEBUG' ? debugRefusal(subcommand, words.slice(2)) : undefined) ??
    (`${command} ${subcommand}` === 'CONFIG SET'
      ? settingsRefusal(words.slice(2), policy.allowed, isOpen)
      : undefined) ??
    addressRefusal(words, policy, isOpen)
  )
}

function commandRefusal(command: string, subcommand: string): string | undefined {
  const names = [command, `${command} ${subcommand}`]
  const refused = REFUSED.find((each) => each.names.some((name) => names.includes(name)))
  if (refused === undefined || refused.except?.includes(subcommand)) return undefined
  const name = refused.names.includes(command) ? command : `${command} ${subcommand}`
  return `${name} cannot be sent: ${refused.why}; ${howToAllow(command)}`
}

function debugRefusal(subcommand: string, words: readonly string[]): string | undefined {
  if (subcommand === 'LOG' && words.some((word) => visible(word) !== word)) {
    return "DEBUG LOG writes one line of text: control characters in it would make others that look like the server's own"
  }
  if (HARMLESS_DEBUG.has(subcommand)) return undefined
  const why = 'it is none of the DEBUG commands that are known to touch nothing but the server itself'
  return `DEBUG ${subcommand} cannot be sent: ${why}; ${howToAllow('DEBUG')}`
}

function settingsRefusal(
  pairs: readonly string[],
  allowed: Allowed,
  isOpen: (word: string) => boolean,
): string | undefined {
  for (let place = 0; place < pairs.length; place += 2) {
    const written = pairs[place] ?? ''
    const name = written.toLowerCase()
    if (isOpen(written)) continue
    if (!/^[a-z0-9_-]+$/.test(name)) return 'CONFIG SET: the name of a setting has letters, digits and hyphens only'
    const problem = changeRefusal(name, allowed)
    if (problem !== undefined) return `CONFIG SET: ${problem}`
  }
  return undefined
}

/** An address to which a command makes its server connect must be one of the run's own nodes. */
function addressRefusal(
  words: readonly string[],
  policy: Policy,
  isOpen: (word: string) => boolean,
): string | undefined {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase())
  const command = first === 'MIGRATE' ? first : `${first} ${second}`
  if (command !== 'MIGRATE' && command !== 'CLUSTER MEET') return undefined
  const [host, port, bus] = words.slice(command.split(' ').length)
  if (host === undefined || port === undefined || isOpen(host) || isOpen(port)) return undefined
  const refusal = (address: string) =>
    `${command} may name only nodes of this run, and ${address} is none of them; ${howToAllow(first)}`
  if (!policy.isNode(host, decimal(port))) return refusal(`${host}:${port}`)
  if (command !== 'CLUSTER MEET' || bus === undefined || isOpen(bus)) return undefined
  return decimal(bus) === decimal(port) + BUS_OFFSET ? undefined : refusal(`${host} with its bus at ${bus}`)
}

/** As servers read it: nothing but digits. */
function decimal(text: string): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
}

/**
 * Commands whose text shows all that they do, and which `refusalOf` has looked at: they are sent with the rights of the
 * runner. All others are sent by a user who may do nothing that `refusalOf` refuses, for a script hides what it does.
 */
const OF_ADMINISTRATORS: ReadonlySet<string> = new Set([
  ...['ACL', 'BGREWRITEAOF', 'BGSAVE', 'CLUSTER', 'COMMANDLOG', 'CONFIG', 'DEBUG', 'LATENCY', 'MIGRATE', 'MODULE'],
  ...['SAVE', 'SHUTDOWN', 'SLOWLOG'],
])

/** What `--allow` may name, beside settings. */
export const ALLOWABLE_COMMANDS: readonly string[] = [
  ...new Set([...REFUSED.flatMap(({ names }) => names.map((name) => name.split(' ')[0] ?? '')), 'DEBUG', 'MIGRATE']),
]

export function isOfAdministrators([command = '']: readonly string[], allowed: Allowed): boolean {
  const name = command.toUpperCase()
  return OF_ADMINISTRATORS.has(name) || allowed.has(name)
}

/** Whether a server refused a command, or one that a script sent, because its user may not send it. */
export function isRefusedByServer(message: string): boolean {
  return /^NOPERM|NOPERM |ACL failure in script|can't run this command or subcommand/.test(message)
}

/** Why servers refuse it, for whoever reads such a reply. */
export const REFUSED_BY_SERVER =
  "Scripts of a scenario may change data and look at the cluster; what reaches beyond the run's servers, or changes the cluster and its settings, their user may not send."
