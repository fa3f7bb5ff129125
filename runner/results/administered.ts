/**
 * How a command of an administrator may lead to a failover that nobody asked for: `stands still`, the server that it is
 * sent to answers nobody for a time, or ends; `lost`, the others lose that server for good; `suspects`, nodes take
 * others to be failing sooner, or by fewer votes, whichever node it is sent to (where the step says which node it is
 * about: that one).
 */
export type FailoverReason = 'stands still' | 'lost' | 'suspects'

/**
 * Only these take a master from the others (debug.c, cluster.c and config.c of Redis 6.0 to 8.0 and Valkey); keys,
 * slots, epochs and all other settings may change while every node goes on answering.
 */
const REASONS: ReadonlyMap<string, FailoverReason> = new Map([
  // They end the server, or begin its program anew.
  ...named('stands still', ['SHUTDOWN', 'DEBUG SEGFAULT', 'DEBUG PANIC', 'DEBUG ASSERT', 'DEBUG OOM']),
  ...named('stands still', ['DEBUG RESTART', 'DEBUG CRASH-AND-RECOVER']),
  // The event loop, which also answers the cluster bus, waits until they are done.
  ...named('stands still', ['DEBUG SLEEP', 'DEBUG RELOAD', 'DEBUG LOADAOF', 'DEBUG POPULATE']),
  // It no longer hears the others.
  ...named('lost', ['DEBUG DROP-CLUSTER-PACKET-FILTER']),
  // The others no longer find the node that they know.
  ...named('lost', ['CLUSTER RESET', 'CONFIG SET bind', 'CONFIG SET port', 'CONFIG SET tls-port']),
  ...named('lost', ['CONFIG SET cluster-announce-ip', 'CONFIG SET cluster-announce-port']),
  ...named('lost', ['CONFIG SET cluster-announce-tls-port', 'CONFIG SET cluster-announce-bus-port']),
  // A node suspects the others after this time.
  ...named('suspects', ['CONFIG SET cluster-node-timeout']),
  // A master that is forgotten counts in no majority.
  ...named('suspects', ['CLUSTER FORGET']),
])

function named(reason: FailoverReason, commands: readonly string[]): [string, FailoverReason][] {
  return commands.map((command) => [command, reason])
}

/**
 * How a command may lead to a failover, undefined if it cannot: `DEBUG SLEEP`, `CONFIG SET port`, or `CONFIG SET` with
 * all settings that it sets.
 */
export function failoverReason(command: string): FailoverReason | undefined {
  const [first = '', second = '', ...settings] = command.split(' ')
  const found = [command, ...settings.map((name) => `${first} ${second} ${name}`)].flatMap(
    (one) => REASONS.get(one) ?? [],
  )
  return found[0]
}
