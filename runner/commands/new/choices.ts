/** One answer to a question of `new`, and the value of a flag. */
export interface Choice {
  word: string
  /** Beside the word, where one chooses. */
  says: string
}

/**
 * What a fault does to a node: `silences` it until it is undone, `restarts` it, makes its network bad (`impairs`), lets it
 * refuse writes (`fills`), or moves its shard as planned (`moves`).
 */
type Effect = 'silences' | 'restarts' | 'impairs' | 'fills' | 'moves'

export interface Fault extends Choice {
  effect: Effect
  /** Of one node, and of several: `is killed`, `are killed`. */
  happens: readonly [string, string]
  /** The step that makes it, with the nodes under a name. */
  step: string
  /** The step that takes it away. */
  undo?: string
  /** What not every machine can produce. */
  needs?: string
}

export const FAULTS: readonly Fault[] = [
  {
    word: 'kill',
    says: 'a server dies at once (kill -9)',
    effect: 'silences',
    happens: ['is killed', 'are killed'],
    step: 'kill: $victim',
    undo: 'start: $victim',
  },
  {
    word: 'stop',
    says: 'a server is stopped in good order (SIGTERM)',
    effect: 'silences',
    happens: ['is stopped', 'are stopped'],
    step: 'stop: $victim',
    undo: 'start: $victim',
  },
  {
    word: 'pause',
    says: 'a server freezes: it is there, and answers nobody',
    effect: 'silences',
    happens: ['freezes', 'freeze'],
    step: 'pause: $victim',
    undo: 'unpause: $victim',
  },
  {
    word: 'partition',
    says: 'a server runs on, cut off from all other servers',
    effect: 'silences',
    happens: ['is cut off from the others', 'are cut off from the others'],
    step: 'partition: { isolate: $victim }',
    undo: 'heal: partition',
    needs: 'partition',
  },
  {
    word: 'restart',
    says: 'a server is restarted, and is back at once',
    effect: 'restarts',
    happens: ['is restarted', 'are restarted'],
    step: 'restart: $victim',
  },
  {
    word: 'delay',
    says: 'the network between a server and the others gets slow',
    effect: 'impairs',
    happens: ['has a slow network', 'have a slow network'],
    step: 'network: { node: $victim, delay: 100ms, traffic: all }',
    undo: 'heal: network',
    needs: 'delay',
  },
  {
    word: 'loss',
    says: 'the network between a server and the others loses packets',
    effect: 'impairs',
    happens: ['has a lossy network', 'have a lossy network'],
    step: 'network: { node: $victim, loss: 2%, traffic: all }',
    undo: 'heal: network',
    needs: 'loss',
  },
  {
    word: 'disk-full',
    says: 'the disk of a master is full',
    effect: 'fills',
    happens: ['has a full disk', 'have full disks'],
    step: 'disk: { node: $victim, state: full }',
    undo: 'heal: disk',
    needs: 'disk-full',
  },
  {
    word: 'failover',
    says: 'nothing fails: a master hands over to its replica, as planned',
    effect: 'moves',
    happens: ['hands over to its replica', 'hand over to their replicas'],
    step: 'failover: $heir',
  },
]

export interface Load extends Choice {
  /** What holds if no acknowledged write is lost, as checks; absent where the load keeps nothing. */
  kept?: string
}

export const LOADS: readonly Load[] = [
  { word: 'register', says: 'plain keys are set and read', kept: 'lost_writes: 0' },
  { word: 'counter', says: 'counters are incremented and read', kept: 'lost_writes: 0, counter: true' },
  { word: 'list', says: 'lists grow and are read', kept: 'lost_writes: 0, duplicates: 0, list_order: true' },
  { word: 'set', says: 'sets grow and are read', kept: 'lost_writes: 0, set: true' },
  {
    word: 'transaction',
    says: 'several keys are written and read at once (MULTI)',
    kept: 'lost_writes: 0, isolation: true',
  },
  { word: 'cas', says: 'keys are changed only if nobody else has (compare and set)', kept: 'lost_writes: 0' },
  { word: 'expiry', says: 'keys that expire are set and read', kept: 'lost_writes: 0, expiry: true' },
  { word: 'pubsub', says: 'messages are published and received' },
  { word: 'none', says: 'no load: only keys that are written before' },
]

/** What must survive; what makes sense depends on the load. */
export const SURVIVORS = [
  { word: 'writes', says: 'what the load wrote: no acknowledged write is lost' },
  { word: 'data', says: 'what was written before: 1000 keys are read back at the end' },
  { word: 'service', says: 'the service: clients are out for seconds at most' },
] as const satisfies readonly Choice[]

export type Survivor = (typeof SURVIVORS)[number]['word']

/** Targets to choose from; any other phrase for masters or replicas will do as well. */
export const TARGETS: readonly Choice[] = [
  { word: 'master of shard 1', says: 'one master' },
  { word: 'random master', says: 'one master, drawn anew in each run' },
  { word: 'replica of shard 1', says: 'one replica' },
  { word: 'random replica', says: 'one replica, drawn anew in each run' },
  { word: 'all replicas', says: 'every replica at once' },
  { word: 'majority of masters', says: '2 of 3 masters: without a majority, no replica can take over' },
  { word: 'all masters', says: 'every master at once' },
]
