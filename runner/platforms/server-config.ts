import { type Allowed, NOTHING_ALLOWED } from './allowed.ts'
import { type Dialect, dialectOf } from './dialects.ts'
import type { GroupNeeds } from './faults.ts'
import { quoteWord, renderSettings } from './settings.ts'
import { replicaUser, type UserSecrets, userWords } from './users.ts'

export interface ServerConfigOptions {
  dialect: Dialect
  /** For clients; the cluster bus is 10000 above it. */
  port: number
  /** Addresses listened on, the one that other nodes use first: Redis 6 connects to them from it. */
  bind: readonly string[]
  /** The address that this node announces and connects from, where that is none of `bind`. */
  knownAs?: string
  password: string
  /** Of the group: see `UserSecrets`. */
  secret: string
  /** The name of the server. */
  node: string
  /** The node's own folder, which holds its data. */
  dir: string
  /** Settings of the run; they win over all that stand here. */
  settings: Readonly<Record<string, string>>
  /** What the settings may give beyond the policy, and commands that the server must take. Default: nothing. */
  allowed?: Allowed | undefined
  /** Default: the server's standard output. */
  logfile?: string
  /** What `ps` shows for the server, where the version can: see `versionSettings`. */
  procTitle?: string
  needs?: GroupNeeds | undefined
  /** Default: it announces a hostname where its version can. See `announceHostnames`. */
  hostnames?: boolean | undefined
}

/** What a server's configuration depends on beside its version and the settings of the run. */
export interface VersionOptions {
  procTitle?: string | undefined
  needs?: GroupNeeds | undefined
  allowed?: Allowed | undefined
  hostnames?: boolean | undefined
}

/**
 * Whether nodes of these servers announce hostnames: all of them or none. A packet with a hostname is longer than Redis
 * 6 thinks it may be, and is thrown away (clusterProcessPacket, cluster.c, 6.0); 7.0 sends its own to everybody.
 */
export function announceHostnames(servers: readonly string[]): boolean {
  return servers.every((server) => dialectOf(server).can('hostnames'))
}

/**
 * What every node has beside its port, addresses, password and folder, in every version. `docker/redis.conf` is the
 * same with placeholders for these, which a test keeps so.
 */
export const BASE_SETTINGS: Readonly<Record<string, string>> = {
  'protected-mode': 'yes',
  daemonize: 'no',
  'cluster-enabled': 'yes',
  'cluster-config-file': 'nodes.conf',
  'cluster-node-timeout': '5000',
  appendonly: 'yes',
  save: '',
  // The default of 5 s would dominate the time of every resynchronization.
  'repl-diskless-sync-delay': '0',
}

/** Settings that servers from 7.0 on let nobody change unless they were told to (config.c: PROTECTED_CONFIG). */
const PROTECTED = ['dir', 'dbfilename']

/**
 * What nodes have only in versions that know it: MOVED names `localhost:<port>`, which clients on this machine can
 * follow, while nodes use each other's addresses. Before Redis 7.0 it names the address.
 */
function versionSettings(
  dialect: Dialect,
  { procTitle, needs, allowed = NOTHING_ALLOWED, hostnames = true }: VersionOptions,
): Record<string, string> {
  const wanted: Record<string, string> = {
    ...(hostnames && {
      'cluster-announce-hostname': 'localhost',
      'cluster-preferred-endpoint-type': 'hostname',
    }),
    ...(procTitle === undefined ? {} : { 'proc-title-template': procTitle }),
    // Not `local`: clients of a container come from the gateway of its network.
    ...(needs?.debug || allowed.has('DEBUG') ? { 'enable-debug-command': 'yes' } : {}),
    ...(needs?.protectedSettings || PROTECTED.some((name) => allowed.has(name))
      ? { 'enable-protected-configs': 'yes' }
      : {}),
    ...(allowed.has('MODULE') ? { 'enable-module-command': 'yes' } : {}),
  }
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => dialect.knowsSetting(name)))
}

/** Lines that tell other nodes an address of this one, whatever they see it come from; in every version. */
export function renderAnnouncement(address: string): string {
  return renderLines(wordLists(announcement(address)))
}

/** Lines that make the users of a server, and that take the password in clear, which CONFIG GET would tell, away. */
export function renderUsers(dialect: Dialect, secrets: UserSecrets): string {
  const { username, password } = replicaUser(secrets.secret)
  const users = userWords(dialect, secrets).map((words) => `${['user', ...words.map(quoteWord)].join(' ')}\n`)
  return [renderLines(wordLists({ requirepass: '', masteruser: username, masterauth: password })), ...users].join('')
}

function announcement(address: string): Record<string, string> {
  return { 'cluster-announce-ip': address, 'replica-announce-ip': address }
}

function addressSettings(dialect: Dialect, address: string): Record<string, string> {
  return {
    ...announcement(address),
    // Before Redis 7.0 the first address of `bind` is what it speaks from.
    ...(dialect.knowsSetting('bind-source-addr') && { 'bind-source-addr': address }),
  }
}

/**
 * The configuration file of a node. Throws Error with the sentence of `settingProblem` for a setting that a run may not
 * give.
 */
export function renderServerConfig(options: ServerConfigOptions): string {
  const { dialect, port, bind, knownAs, password, secret, node, dir, settings, logfile = '' } = options
  const { procTitle, needs, allowed, hostnames } = options
  const lines = renderLines({
    port: [String(port)],
    bind,
    dir: [dir],
    logfile: [logfile],
    ...(knownAs === undefined ? {} : wordLists(addressSettings(dialect, knownAs))),
    ...wordLists(BASE_SETTINGS),
  })
  return (
    lines +
    renderUsers(dialect, { password, secret, node, allowed }) +
    renderRunSettings(dialect, settings, { procTitle, needs, allowed, hostnames })
  )
}

/**
 * The end of a node's configuration: what its version adds, then the settings of the run, which win. For platforms
 * whose servers bring the rest of it with them.
 */
export function renderRunSettings(
  dialect: Dialect,
  settings: Readonly<Record<string, string>>,
  options: VersionOptions = {},
): string {
  const { allowed = NOTHING_ALLOWED } = options
  return [
    renderLines(wordLists(versionSettings(dialect, options))),
    // What comes from a master is obeyed, whoever made it say so: from 7.0 on a server refuses modules by itself.
    dialect.knowsSetting('enable-module-command') || allowed.has('MODULE') ? '' : 'rename-command MODULE ""\n',
    renderSettings(settings, allowed),
  ].join('')
}

function wordLists(settings: Readonly<Record<string, string>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, [value]]))
}

function renderLines(settings: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(settings)
    .map(([name, words]) => `${[name, ...words.map(quoteWord)].join(' ')}\n`)
    .join('')
}
