import { createHash, createHmac, randomBytes } from 'node:crypto'
import { quoted } from '../base/shell-words.ts'
import { type Allowed, NOTHING_ALLOWED } from './allowed.ts'
import type { Dialect } from './dialects.ts'
import { PlatformError } from './errors.ts'

/** How the runner itself logs in at the servers of a group. Nobody else is told. */
export interface RunnerUsers {
  /** The runner's own user, which may do everything. */
  username: string
  /** The user for commands of scenarios whose doing their text does not show. It has the same password. */
  scenarioUser: string
  /**
   * The user for the runner's own scripts, which can only read: on Redis 6.0, and on later versions that lack a mend, a
   * script can change what those after it call. It has the same password.
   */
  readerUser: string
  /** Of all three, by the name of the server: what one of them is told opens no other. */
  passwords: Readonly<Record<string, string>>
  /** How one server gives its keys to another. */
  mover: MoverUser
}

/**
 * The user by which a server that moves keys (MIGRATE) logs in at the one that gets them. The one that moves them is
 * told the password: it opens nothing but that.
 */
export interface MoverUser {
  username: string
  /** By the name of the server that gets the keys. */
  passwords: Readonly<Record<string, string>>
}

/** What the users of a server are made from. */
export interface UserSecrets {
  /** Of the user `default`: for people and workloads. */
  password: string
  /** Of the group: what the passwords of the runner's users and of replicas are made from. */
  secret: string
  /** The name of the server. */
  node: string
  /** Commands that scenarios may send beyond the policy. Default: none. */
  allowed?: Allowed | undefined
}

const SECRET_BYTES = 32

/** 64 hexadecimal digits that nobody can guess. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('hex')
}

/**
 * How replicas log in at their masters. It stands in clear in every server's configuration, and a server tells it to
 * whichever master it follows: it is neither the password of people nor the runner's secret, and opens replication alone
 * (where masters move slots by themselves, their data too).
 */
export function replicaUser(secret: string): { username: string; password: string } {
  return { username: 'redis-chaos-replica', password: derived(secret, 'replica') }
}

/**
 * The users for workloads, which have the password of people: where a script can change what those after it call, what
 * workloads send reaches no further than a scenario's own commands. Each workload has one, by which servers tell its
 * connections from all others. They are made with the servers, which know of them after any restart.
 */
const LOAD_USER = 'redis-chaos-load'

/** So many workloads of a scenario have a user of their own; those beyond share one. */
export const OWN_LOAD_USERS = 8

/** The user of the workload at a place of its scenario, from 0. */
export function loadUser(place: number): string {
  return place < OWN_LOAD_USERS ? `${LOAD_USER}-${place + 1}` : LOAD_USER
}

/** Whether what is seen of the user of a workload is that of no other. */
export function hasOwnLoadUser(place: number): boolean {
  return place < OWN_LOAD_USERS
}

const USERS = { username: 'redis-chaos', scenarioUser: 'redis-chaos-scenario', readerUser: 'redis-chaos-reader' }

const LOAD_USERS = [...Array.from({ length: OWN_LOAD_USERS }, (_, place) => loadUser(place)), LOAD_USER]

/** How the runner logs in at each of these servers: what one of them is told opens no other. */
export function runnerUsers(secret: string, nodes: readonly { name: string }[]): RunnerUsers {
  const byName = (passwordOf: (secret: string, node: string) => string) =>
    Object.fromEntries(nodes.map(({ name }) => [name, passwordOf(secret, name)]))
  return { ...USERS, passwords: byName(runnerPassword), mover: { username: MOVER, passwords: byName(moverPassword) } }
}

const MOVER = 'redis-chaos-mover'

function moverPassword(secret: string, node: string): string {
  return derived(secret, `mover to ${node}`)
}

function runnerPassword(secret: string, node: string): string {
  return derived(secret, `runner at ${node}`)
}

/** A shell command that prints the password of the runner's users at a server; `secretCommand` prints the secret. */
export function runnerPasswordCommand(secretCommand: string, node: string): string {
  const program = `process.stdout.write(require("crypto").createHmac("sha256", require("fs").readFileSync(0)).update("runner at ${node}").digest("hex"))`
  return `${secretCommand} | node -e ${quoted(program)}`
}

function derived(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(purpose).digest('hex')
}

/** Of a group whose secret is nowhere to be found. */
export function usersUnknown(runId: string): PlatformError {
  return new PlatformError(
    `run ${runId} was made by an earlier version of redis-chaos: its servers have no user for this one`,
    { hint: 'remove it and make it anew; stopping, starting and removing it still work' },
  )
}

/** Commands of administrators that reach no file, address, code or user of somebody else, in every version. */
const HARMLESS = ['bgrewriteaof', 'bgsave', 'client', 'lastsave', 'latency', 'role', 'save', 'slowlog']

/**
 * What others than the runner may do: run no code (MODULE), touch no file (CONFIG SET, DEBUG), make no user (ACL) and
 * follow nobody (REPLICAOF). `-@admin` takes away all of these, and whatever later versions add to them.
 */
const WITHOUT_ADMIN = [
  '+@all',
  '-@admin',
  ...['+acl|whoami', '+acl|cat', '+config|get', '+config|resetstat'],
  ...HARMLESS.map((command) => `+${command}`),
]

/** People form and mend clusters. */
const DEFAULT_RULES = [...WITHOUT_ADMIN, ...['cluster', 'monitor', 'shutdown'].map(plus)]

/** What a replica sends until the stream of its master begins (syncWithMaster, replication.c, Redis 6.0 to 8.0). */
const REPLICA_RULES = ['-@all', ...['ping', 'psync', 'replconf', 'sync'].map(plus)]

/**
 * What a master sends to another to move slots: their keys as commands that make them, and then what is written to them
 * meanwhile (cluster_migrateslots.c, Valkey 9.0). The other holds all of it against the rights of its user.
 */
const SLOT_RULES = ['+@write', '-migrate', ...['cluster|syncslots', 'exec', 'multi', 'select'].map(plus)]

function replicaRules(dialect: Dialect): string[] {
  return [...REPLICA_RULES, ...(dialect.can('syncslots') ? SLOT_RULES : [])]
}

/** What MIGRATE sends to the server that gets the keys (migrateCommand, cluster.c, Redis 6.0 to 8.0). */
const MOVER_RULES = ['-@all', ...['ping', 'restore', 'restore-asking', 'select'].map(plus)]

/** Before Redis 7.0 a subcommand is no command of its own, and CLUSTER one of administrators as a whole. */
const LOOKS_AT_CLUSTER = [
  ...['info', 'nodes', 'slots', 'myid', 'replicas', 'slaves', 'keyslot', 'countkeysinslot', 'getkeysinslot'],
  ...['count-failure-reports', 'help'],
].map((subcommand) => `+cluster|${subcommand}`)

/** Reading data by scripts, and beginning with new ones. Commands that not every version has are left to it. */
function readerRules(dialect: Dialect): string[] {
  const later = dialect.can('acl-subcommands') ? ['eval_ro', 'function|list'] : []
  const commands = ['command', 'eval', 'info', 'ping', 'readonly', 'script|flush', 'select', 'time', ...later]
  return ['-@all', '+@read', ...commands.map(plus), ...LOOKS_AT_KEYS]
}

function scenarioRules(dialect: Dialect, allowed: Allowed): string[] {
  const isKnown = (command: string) => command !== 'FAILOVER' || dialect.can('failover-command')
  const commands = [...allowed].filter((name) => name === name.toUpperCase() && isKnown(name))
  return [
    ...WITHOUT_ADMIN,
    '-migrate',
    ...(dialect.can('acl-subcommands') ? [] : LOOKS_AT_CLUSTER),
    ...commands.map((command) => plus(command.toLowerCase())),
  ]
}

const LOOKS_AT_KEYS = ['keyslot', 'countkeysinslot', 'getkeysinslot'].map((subcommand) => `+cluster|${subcommand}`)

function plus(command: string): string {
  return `+${command}`
}

/**
 * The users of a server, each as the words of a `user` line. Passwords stand there as hashes: nothing that a server
 * tells or writes has the runner's secret in it.
 */
export function userWords(
  dialect: Dialect,
  { password, secret, node, allowed = NOTHING_ALLOWED }: UserSecrets,
): string[][] {
  const { username, scenarioUser, readerUser } = USERS
  const own = runnerPassword(secret, node)
  const replica = replicaUser(secret)
  const line = (name: string, withPassword: string, rules: readonly string[]) => [
    ...[name, 'on', `#${createHash('sha256').update(withPassword).digest('hex')}`, '~*'],
    ...(dialect.can('acl-channels') ? ['&*'] : []),
    ...rules,
  ]
  return [
    line('default', password, DEFAULT_RULES),
    line(username, own, ['+@all']),
    line(replica.username, replica.password, replicaRules(dialect)),
    line(MOVER, moverPassword(secret, node), MOVER_RULES),
    line(scenarioUser, own, scenarioRules(dialect, allowed)),
    line(readerUser, own, readerRules(dialect)),
    ...LOAD_USERS.map((user) => line(user, password, scenarioRules(dialect, NOTHING_ALLOWED))),
  ]
}
