/** Planted faults of one kind, and the twins of the library that stand for them. */
export interface TwinKind {
  name: string
  says: string
  /** Twins that plant these lies (`how` of the verb `lie`). */
  lies?: readonly string[]
  /** Scenarios that make the claim: all of their twins, or one of them as `name#2`. */
  of?: readonly string[]
}

/** The kinds of bug that a server can have and that the library must find, in the order of docs/twin-table.md. */
export const TWIN_KINDS: readonly TwinKind[] = [
  {
    name: 'Replication: writes skipped',
    says: 'A write does not reach the replica.',
    lies: ['skip'],
    of: ['heir-had-everything', 'there-and-back', 'there-and-back-at-once', 'sets-through-failovers'],
  },
  {
    name: 'Replication: writes doubled',
    says: 'A write reaches the replica twice.',
    lies: ['double'],
    of: ['every-write-once-and-in-order#1'],
  },
  {
    name: 'Replication: writes reordered',
    says: 'Two writes of a key reach the replica in the other order.',
    lies: ['reorder'],
    of: ['every-write-once-and-in-order#2'],
  },
  {
    name: 'Replication: stale writes',
    says: 'An older write comes in the place of a newer one, or what is read is older than it may be.',
    lies: ['stale'],
    of: ['replica-readers-through-failovers', 'replica-reads-stay-fresh#1'],
  },
  {
    name: 'Replication: time to live dropped',
    says: 'A key reaches the replica without its time to live.',
    lies: ['no-expiry'],
    of: ['expiry-through-failovers', 'hash-fields-end'],
  },
  {
    name: 'Replication: tail of a transaction',
    says: 'The end of a transaction does not reach the replica.',
    lies: ['no-tail'],
    of: ['transactions-through-failovers'],
  },
  {
    name: 'Full resync',
    says: 'The copy that a replica takes lacks keys.',
    lies: ['empty-sync'],
    of: ['full-resync', 'full-resync-then-failover', 'replica-moved-to-another-master'],
  },
  {
    name: 'Partial resync',
    says: 'A replica goes on in a history that is not its own, or takes everything anew where it need not.',
    of: [
      'partial-resync-then-failover',
      'ahead-of-the-winner',
      'slept-through-the-election',
      'diverged-history-is-dropped',
    ],
  },
  {
    name: 'WAIT and WAITAOF',
    says: 'They are answered before the replica or the disk has the write.',
    lies: ['early-ack'],
    of: [
      'kill-with-wait',
      'replica-reads-stay-fresh#2',
      'wait-says-what-is-so',
      'waitaof-without-fsync',
      'power-cut-with-waitaof',
      'whole-shard-killed-with-waitaof',
    ],
  },
  {
    name: 'Append-only file',
    says: 'What was acknowledged is not in the file, or comes back wrong from it.',
    of: [
      'restart-from-aof',
      'aof-rewritten-under-load',
      'aof-turned-on-at-run-time',
      'power-cut-always',
      'power-cut-everysec',
      'damaged-aof-tail',
      'damaged-aof-refused',
    ],
  },
  {
    name: 'Elections: rank',
    says: 'A replica that is behind stands for election as early as one that is not.',
    of: ['fresher-of-two', 'fresher-of-three', 'rank-makes-the-stale-wait'],
  },
  {
    name: 'Elections: votes',
    says: 'A vote is given, counted or asked for where it must not be.',
    of: [
      'lost-votes',
      'votes-lost-on-their-way',
      'exactly-a-majority',
      'voters-need-slots',
      'alone-in-its-opinion',
      'old-request-is-refused',
      'vote-outlives-a-crash',
      'voter-comes-back-and-refuses',
      'heir-out-of-reach-of-voters',
    ],
  },
  {
    name: 'Elections: epochs',
    says: 'An epoch is lost, or two nodes keep the same one.',
    of: ['epoch-of-the-winner-lasts', 'same-epoch-for-two', 'takeovers-collide', 'claim-with-a-higher-epoch'],
  },
  {
    name: 'Elections: delay',
    says: 'A replica is elected too early, or stands for election though its data is too old.',
    of: ['not-before-its-time', 'too-long-cut-off', 'no-failover-replica'],
  },
  {
    name: 'Elections: the old master',
    says: 'A master that comes back goes on as one, or does not take over what its heir has.',
    of: [
      'returned-master-unheard',
      'told-once-that-it-lost-them',
      'stale-pings',
      'returned-master-promoted-again',
      'old-master-returns-while-heir-is-down',
    ],
  },
  {
    name: 'Manual failover: no pause',
    says: 'The master takes writes while its replica takes over.',
    of: [
      'planned-failover#1',
      'planned-failover-behind-a-slow-link',
      'manual-failover-of-two-replicas',
      'manual-failovers-at-once',
    ],
  },
  {
    name: 'Manual failover: pause not lifted',
    says: 'Writes are held back when the failover is over, or one that cannot be done is not given up.',
    of: [
      'handed-back-and-written-to',
      'manual-failover-of-frozen-master',
      'manual-failover-without-replication',
      'manual-failover-without-votes',
      'dropped-packets',
    ],
  },
  {
    name: 'Reads where there should be none',
    says: 'A node answers reads that it must refuse.',
    of: [
      'reads-when-down',
      'stale-replica-reads',
      'replica-refuses-what-it-must',
      'shard-gone-and-coverage',
      'without-full-coverage',
    ],
  },
  {
    name: 'A minority that goes on',
    says: 'Nodes without a majority take writes or elect somebody.',
    of: [
      'minority-stops-in-time',
      'partition-minority',
      'partition-halves',
      'isolated-master',
      'partition-isolated-master',
      'config-min-replicas',
      'quorum-lost-and-regained',
      'two-shards-lose-quorum',
      'halves-without-majority',
      'one-master-cannot-mark-a-failure',
      'two-of-five-cannot-mark-a-failure',
      'back-from-the-minority',
    ],
  },
  {
    name: 'Client libraries',
    says: 'A client waits where it must ask again, or does not come back when its servers do.',
    of: [
      'app-planned-failover#1',
      'app-master-killed#1',
      'app-master-stopped#1',
      'app-master-silent#1',
      'app-master-isolated#1',
      'app-slots-moved#1',
      'app-node-replaced#1',
      'app-cluster-restarted#1',
    ],
  },
]
