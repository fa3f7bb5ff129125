/**
 * The DEBUG commands that touch nothing but the server itself, its own data folder and its links to the run's nodes
 * (debug.c of Redis 6.0 to 8.0, Valkey 8.1 to 9.1). Not among them: `REPLICATE`, whose words every replica obeys;
 * `MALLCTL` and `MALLCTL-STR`, which may name files; `LUA-ALWAYS-REPLICATE-COMMANDS`, without which a replica of 6.0
 * runs scripts with all rights; `SET-SKIP-CHECKSUM-VALIDATION`; `INTERNAL_SECRET`, `MARK-INTERNAL-CLIENT` and
 * `PROMOTE-CONN-INTERNAL`, which take a connection out of the rules for users.
 */
export const HARMLESS_DEBUG: ReadonlySet<string> = new Set([
  ...['', 'HELP', 'OBJECT', 'SDSLEN', 'ZIPLIST', 'LISTPACK', 'QUICKLIST', 'HTSTATS', 'HTSTATS-KEY', 'STRUCTSIZE'],
  ...['DIGEST', 'DIGEST-VALUE', 'STRINGMATCH-TEST', 'POPULATE', 'PROTOCOL', 'ERROR', 'LOG', 'LEAK', 'SCRIPT', 'SLEEP'],
  ...['RELOAD', 'LOADAOF', 'CHANGE-REPL-ID', 'SET-ACTIVE-EXPIRE', 'QUICKLIST-PACKED-THRESHOLD', 'AOF-FLUSH-SLEEP'],
  ...['SEGFAULT', 'PANIC', 'ASSERT', 'OOM', 'RESTART', 'CRASH-AND-RECOVER', 'CONFIG-REWRITE-FORCE-ALL', 'PAUSE-CRON'],
  ...['DROP-CLUSTER-PACKET-FILTER', 'CLOSE-CLUSTER-LINK-ON-PACKET-DROP', 'DISABLE-CLUSTER-RANDOM-PING', 'CLUSTERLINK'],
  ...['DISABLE-CLUSTER-RECONNECTION', 'CLIENT-EVICTION', 'CLIENT-ENFORCE-REPLY-LIST', 'REPLYBUFFER', 'REPL-PAUSE'],
  ...['DICT-RESIZING', 'HASHTABLE-CAN-ABORT-SHRINK', 'PAUSE-AFTER-FORK', 'DELAY-RDB-CLIENT-FREE-SECOND'],
  ...['SLOTMIGRATION', 'FORCE-FREE-PRIMARY-ASYNC', 'PROTECT-CLIENT'],
])
