/** What a build from a branch calls itself (version.h of Redis unstable and Valkey unstable), however old it is. */
const BRANCH_VERSION = '255.255.255'

/** A setting that a version brought, with a value that it takes. */
interface Marker {
  version: string
  setting: string
  value: string
}

/** By family, the newest first (redis.conf and valkey.conf of these versions). */
const MARKERS: Readonly<Record<string, readonly Marker[]>> = {
  redis: [
    { version: '8.6', setting: 'stream-idmp-duration', value: '100' },
    { version: '8.4', setting: 'cluster-slot-migration-handoff-max-lag-bytes', value: '1mb' },
    { version: '8.2', setting: 'cluster-slot-stats-enabled', value: 'no' },
    { version: '8.0', setting: 'replica-full-sync-buffer-limit', value: '1mb' },
    { version: '7.2', setting: 'cluster-announce-human-nodename', value: 'x' },
    { version: '7.0', setting: 'cluster-announce-hostname', value: 'x' },
    { version: '6.2', setting: 'proc-title-template', value: '{title}' },
  ],
  valkey: [
    { version: '9.0', setting: 'slot-migration-max-failover-repl-bytes', value: '0' },
    { version: '8.1', setting: 'cluster-manual-failover-timeout', value: '5000' },
    { version: '8.0', setting: 'dual-channel-replication-enabled', value: 'no' },
  ],
}

/** The oldest of each family that scenarios are played against. */
const OLDEST: Readonly<Record<string, string>> = { redis: '6.0', valkey: '7.2' }

/**
 * How a server refuses a setting that it does not know (config.c, Redis 6.0 to 7.4, Valkey 8.1 to 9.1, Redict 7.3). From
 * Redis 8.0 on it takes it for one of a module (module.c).
 */
const UNKNOWN_SETTING = /Bad directive|Module Configuration detected without/

/**
 * A server in words by what it can do, where its version says nothing: `redis 7.0 (calls itself 255.255.255)` for a
 * build that knows what 7.0 brought and not what 7.2 did. One that knows all that is known here is newer than any, and
 * keeps its words; so does a server with a version. `start` starts it with these arguments, which end it at once, and
 * gives what it says.
 */
export async function serverByAbility(
  server: string,
  start: (args: readonly string[]) => Promise<string>,
): Promise<string> {
  const [family = '', version] = server.split(' ')
  const markers = MARKERS[family]
  if (version !== BRANCH_VERSION || !markers) return server
  for (const marker of markers) {
    if (!UNKNOWN_SETTING.test(await start(argumentsFor(marker)))) {
      return marker === markers[0] ? server : byAbility(family, marker.version)
    }
  }
  return byAbility(family, OLDEST[family] ?? '')
}

/** Without a port, a server reads its settings and ends. */
function argumentsFor({ setting, value }: Marker): string[] {
  return ['--port', '0', `--${setting}`, value]
}

function byAbility(family: string, version: string): string {
  return `${family} ${version} (calls itself ${BRANCH_VERSION})`
}
