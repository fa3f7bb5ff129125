import { PlatformError } from './errors.ts'

/**
 * What versions of Redis, Valkey and Redict differ in. All of it is here: elsewhere a dialect is asked, and no version
 * compared.
 */

type Family = 'redis' | 'valkey' | 'redict'

/** Major, minor, patch. */
export type Version = readonly [major: number, minor: number, patch: number]

/** Something that not every version can do. */
type Feature =
  /** Nodes announce hostnames, and MOVED and ASK carry them; without it they name addresses. */
  | 'hostnames'
  /** CLUSTER ADDSLOTSRANGE; without it, CLUSTER ADDSLOTS with each slot. */
  | 'addslotsrange'
  /** Log lines put a node's human name in brackets after its id. */
  | 'human-names'
  /** Users are granted channels; without it they have all. */
  | 'acl-channels'
  /** The command FAILOVER, of servers outside of a cluster. */
  | 'failover-command'
  /** Categories and rules of users tell the subcommands of a command apart. */
  | 'acl-subcommands'
  /** SSUBSCRIBE, and packets of the cluster bus for it. */
  | 'sharded-pubsub'
  /** Masters move slots among themselves as replication's user: CLUSTER SYNCSLOTS. */
  | 'syncslots'

/** Moments of a failover that a server logs. */
type FailoverMoment =
  /**
   * A node says who it is: at its start, or after a hard reset. Not of a failover itself, but other lines name nodes by
   * id.
   */
  | 'identity'
  | 'asked to end'
  | 'ended'
  /** PFAIL. Valkey logs it from 8.0 on (cluster_legacy.c); Redis does so at debug level only, where views show it. */
  | 'suspected'
  | 'marked failing'
  | 'told of failing'
  | 'election delayed'
  | 'rank changed'
  | 'election started'
  | 'vote granted'
  | 'vote refused'
  | 'cannot fail over'
  | 'votes counted'
  | 'election reset'
  | 'election won'
  | 'manual accepted'
  | 'force accepted'
  | 'taken over'
  /** Said by the old master, whose replica asks it to stop writes. */
  | 'handover asked'
  | 'offset received'
  | 'caught up'
  | 'manual given up'
  | 'cluster state'
  | 'reconfigured as replica'
  | 'full resync'
  | 'full resync done'
  | 'partial resync'
  | 'failing cleared'
  /** A master has closed the link to a replica, or a replica cannot go on from where it was. `reason` says why. */
  | 'replica dropped'
  /** Two masters had one epoch: this node took a new one. */
  | 'epoch collision'

/** When a replica starts its election once its master is marked failing, all in ms. */
interface ElectionTiming {
  /** The least it waits. */
  leastMs: number
  /** The most that a replica of rank 0 waits. */
  mostMs: number
  /** More for each replica of the shard that has more of the master's data. */
  perRankMs: number
  /** More for each failed shard that goes first. */
  perPrimaryRankMs: number
  /** After a lost election, the next one. */
  retryMs: number
}

export interface Dialect {
  /** In words, as a platform's `prepare` gives it: `redis 7.0.15`. */
  readonly server: string
  readonly family: Family
  readonly version: Version
  /** The server's own word for a master in its log. User-facing text says master. */
  readonly masterWord: 'master' | 'primary'
  /**
   * Whether this version is `wanted` (`7.2`) or later. Versions of families are not comparable: Valkey and Redict count
   * on from Redis 7.2.
   */
  isAtLeast(wanted: string): boolean
  can(feature: Feature): boolean
  /**
   * Whether the server takes this setting. Only for settings that the runner itself gives: others are taken to be
   * known.
   */
  knowsSetting(name: string): boolean
  /**
   * Matches the message of a log line that tells of this moment. Named groups, where the moment has them: `node` (the
   * id of the node spoken of), `by`, `delayMs`, `rank`, `primaryRank`, `offset`, `epoch`, `state` (`ok`, `fail`),
   * `reason`, `votes`, `needed`.
   */
  failoverLine(moment: FailoverMoment): RegExp
  /** How long elections wait, at this `cluster-node-timeout` in ms. */
  electionTiming(nodeTimeoutMs: number): ElectionTiming
}

/** The oldest version that scenarios are played against. */
const OLDEST: Version = [6, 0, 0]

/** Redis versions that brought each feature (their release notes). Valkey and Redict, which began as Redis 7.2, have them all. */
const FEATURE_SINCE: Readonly<Record<Feature, string | undefined>> = {
  hostnames: '7.0',
  addslotsrange: '7.0',
  'human-names': '7.2',
  'acl-channels': '6.2',
  'failover-command': '6.2',
  'acl-subcommands': '7.0',
  'sharded-pubsub': '7.0',
  // Redis has a user of its own for it, which no rule can name.
  syncslots: undefined,
}

/** Valkey versions that brought what Redis 7.2 did not have (their release notes). */
const VALKEY_FEATURE_SINCE: Readonly<Partial<Record<Feature, string>>> = { syncslots: '9.0' }

/** Redis versions that brought each setting (redis.conf of each minor version). Valkey and Redict have them all. */
const SETTING_SINCE: Readonly<Record<string, string>> = {
  'proc-title-template': '6.2',
  'replica-announced': '6.2',
  'cluster-allow-replica-migration': '6.2',
  appenddirname: '7.0',
  'bind-source-addr': '7.0',
  'cluster-announce-hostname': '7.0',
  'cluster-port': '7.0',
  'cluster-preferred-endpoint-type': '7.0',
  'enable-debug-command': '7.0',
  'enable-module-command': '7.0',
  'enable-protected-configs': '7.0',
  'repl-diskless-sync-max-replicas': '7.0',
  'shutdown-on-sigint': '7.0',
  'shutdown-on-sigterm': '7.0',
  'shutdown-timeout': '7.0',
  'cluster-announce-human-nodename': '7.2',
}

/** The first Valkey that says `primary` in its log: 7.2 was still as Redis had left it. */
const VALKEY_SAYS_PRIMARY_SINCE = '8.0'

/**
 * The dialect of a server in words (`redis 6.0.16`, `valkey 9.1.0`). Throws PlatformError if it is none of the families
 * with a version, or a Redis older than 6.0.
 */
export function dialectOf(server: string): Dialect {
  const match = /^(redis|valkey|redict) (\d+(?:\.\d+){0,2})/.exec(server)
  const family = match?.[1] as Family | undefined
  if (!family) {
    throw new PlatformError(
      `\`${server}\` is no server that is known: expected \`redis\`, \`valkey\` or \`redict\` with a version`,
    )
  }
  const version = parseVersion(match?.[2] ?? '')
  if (compareVersions(version, OLDEST) < 0) {
    throw new PlatformError(
      `${server} is too old: scenarios need Redis ${OLDEST[0]}.${OLDEST[1]} or later, Valkey or Redict`,
    )
  }
  const isAtLeast = (wanted: string) => compareVersions(version, parseVersion(wanted)) >= 0
  const hasSince = (since: string) => family !== 'redis' || isAtLeast(since)
  const masterWord = family === 'valkey' && isAtLeast(VALKEY_SAYS_PRIMARY_SINCE) ? 'primary' : 'master'
  return {
    server,
    family,
    version,
    masterWord,
    isAtLeast,
    can: (feature) => {
      const since = family === 'redis' ? FEATURE_SINCE[feature] : (VALKEY_FEATURE_SINCE[feature] ?? '0')
      return since !== undefined && isAtLeast(since)
    },
    knowsSetting: (name) => hasSince(SETTING_SINCE[name] ?? '0'),
    failoverLine: (moment) => failoverLine(moment, masterWord),
    electionTiming: (nodeTimeoutMs) => electionTiming(nodeTimeoutMs, family === 'valkey' ? version : undefined),
  }
}

/**
 * The server in words (`redis 7.0.15`) from what it prints for `--version`
 * (`Redis server v=7.0.15 sha=…`, `Valkey server v=8.1.1 …`); undefined if no server that is known printed that.
 */
export function serverOfVersionText(text: string): string | undefined {
  const match = /^(Redis|Valkey|Redict) server v=(\d+\.\d+\.\d+)/m.exec(text)
  return match ? `${match[1]?.toLowerCase()} ${match[2]}` : undefined
}

/** Negative if `a` is older than `b`, 0 if they are the same, positive if it is newer. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

function parseVersion(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number)
  return [major, minor, patch]
}

const ID = '[0-9a-f]{40}'
/** What stands after a node's id from Redis 7.2 on, and in every Valkey. */
const HUMAN_NAME = '(?: \\([^)]*\\))?'

/** A replica cannot load what its master sent; the line before says why (replication.c, Redis 6.0 to 8.6, Valkey 9.1). */
export const COPY_REFUSED = /Failed trying to load the (?:MASTER|PRIMARY) synchronization DB/

/**
 * Whether a server throws away all that another one sends over the bus (clusterProcessPacket, cluster.c, Redis 6.0):
 * Redis 7.2 and Redict put shard ids into every packet, later ones spare nodes that read none (clusterSendPing).
 */
export function isDeafTo(listener: Dialect, { family, isAtLeast }: Dialect): boolean {
  const tellsAll = family === 'redict' || (family === 'redis' && isAtLeast('7.2') && !isAtLeast('8.0'))
  return tellsAll && !listener.can('hostnames')
}

/** Why a replica and its master lose each other, besides a fault (networking.c, replication.c, Redis 7.0, Valkey 8.1). */
const DROPPED: readonly string[] = [
  'scheduled to be closed ASAP for overcoming of output buffer limits',
  'Unable to partial resync with replica .* for lack of backlog',
  'Disconnecting timedout replica',
  'Timeout receiving bulk data from MASTER',
  'MASTER timeout: no data nor PING received',
  COPY_REFUSED.source,
]

/**
 * From cluster.c of Redis 6.0 to 8.6 (cluster_legacy.c since 7.4), of Valkey 8.1 to 9.1 and of Redict 7.3,
 * replication.c and server.c of all. Redis 8.0 to 8.6 and Redict forget the brackets around one human name ("auth
 * denied to … %s: can't vote").
 */
function failoverLine(moment: FailoverMoment, master: Dialect['masterWord']): RegExp {
  const node = `(?<node>${ID})${HUMAN_NAME}`
  const sync = `${master.toUpperCase()} <-> REPLICA sync`
  const lines: Readonly<Record<FailoverMoment, string>> = {
    identity: `(?:No cluster configuration found, I'm|Node configuration loaded, I'm|Node hard reset, now I'm) (?<node>${ID})`,
    'asked to end': 'User requested shutdown',
    ended: '(?:Redis|Valkey|Redict) is now ready to exit, bye bye',
    suspected: `NODE ${node} possibly failing`,
    'marked failing': `Marking node ${node} as failing \\(quorum reached\\)`,
    'told of failing': `FAIL message received from (?<by>${ID})${HUMAN_NAME} about ${node}`,
    // Valkey puts `primary rank #…` between the rank and the offset.
    'election delayed': `Start of election delayed for (?<delayMs>\\d+) milliseconds \\(rank #(?<rank>\\d+),(?: primary rank #(?<primaryRank>\\d+),)? offset (?<offset>\\d+)\\)`,
    'rank changed': 'Replica rank updated to #(?<rank>\\d+), added (?<delayMs>-?\\d+) milliseconds of delay',
    'election started': 'Starting a failover election for epoch (?<epoch>\\d+)',
    'vote granted': `Failover auth granted to ${node} for epoch (?<epoch>\\d+)`,
    'vote refused': `Failover auth denied to (?<node>${ID})(?: \\([^)]*\\)| [^:]*)?(?: for epoch (?<epoch>\\d+))?: (?<reason>.*[^.])`,
    'cannot fail over': 'Currently unable to failover: (?<reason>.*[^.])',
    'votes counted': 'Needed quorum: (?<needed>\\d+)\\. Number of votes received so far: (?<votes>\\d+)',
    'election reset':
      'Failover election in progress for epoch (?<epoch>\\d+), but (?<reason>received a .*?)\\. Resetting',
    'election won': `Failover election won: I'm the new ${master}`,
    'manual accepted': 'Manual failover user request accepted',
    // Valkey 9.1: a master that shuts down may ask for it too.
    'force accepted': `Forced failover (?:user|${master}) request accepted`,
    'taken over': `Taking over the ${master} \\(user request`,
    'handover asked': `Manual failover requested by replica ${node}`,
    'offset received': `Received replication offset for paused ${master} manual failover: (?<offset>\\d+)`,
    'caught up': `All ${master} replication stream processed, manual failover can start`,
    'manual given up': 'Manual failover timed out',
    'cluster state': 'Cluster state changed: (?<state>\\w+)',
    // Valkey says `of node …`.
    'reconfigured as replica': `Reconfiguring myself as a replica of (?:node |grandmaster )?${node}`,
    // Where Redis 8 gets the snapshot through a channel of its own, it says so instead.
    'full resync': `Full resync from ${master}|PSYNC is not possible, initialize RDB channel`,
    'full resync done': `${sync}: Finished with success`,
    'partial resync': `Successful partial resynchronization with ${master}`,
    'failing cleared': `Clear FAIL state for node ${node}`,
    'replica dropped': `(?<reason>${DROPPED.join('|')})`,
    'epoch collision': 'configEpoch collision with node',
  }
  return new RegExp(lines[moment])
}

/**
 * From clusterHandleSlaveFailover (cluster.c, Redis 6.0 to 8.6, Redict 7.3) and clusterHandleReplicaFailover
 * (cluster_legacy.c):
 * Valkey 8.1 adds 500 ms for each failed shard that goes first; Valkey 9.0 scales all of it with the node timeout; 9.1
 * lets the only or best replica begin at once.
 */
function electionTiming(nodeTimeoutMs: number, valkey: Version | undefined): ElectionTiming {
  const retryMs = 2 * Math.max(2 * nodeTimeoutMs, 2000)
  if (valkey === undefined || valkey[0] < 9) {
    return { leastMs: 500, mostMs: 1000, perRankMs: 1000, perPrimaryRankMs: valkey ? 500 : 0, retryMs }
  }
  const unitMs = Math.min(Math.floor(nodeTimeoutMs / 30), 500)
  return { leastMs: 0, mostMs: 2 * unitMs, perRankMs: 2 * unitMs, perPrimaryRankMs: unitMs, retryMs }
}
