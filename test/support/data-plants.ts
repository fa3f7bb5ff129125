import type { DataDifference } from '../../runner/cluster/data/difference.ts'
import type { Command } from '../../runner/cluster/node-client.ts'

const HOUR_MS = 3_600_000

/** Something that only the master does: what is written before, and what it makes different. */
export interface Plant {
  name: string
  before: Command[]
  alone: Command
  kind: DataDifference['kind']
  /** With the names of the nodes replaced. */
  detail: RegExp
  /** The server must have the first command. */
  needs?: string
}

/** One of each kind. `now`: ms since 1970. */
export function plants(now: number): Plant[] {
  const later = now + HOUR_MS
  const at = (ms: number) => new Date(ms).toISOString().replace('.', '\\.')
  return [
    {
      name: 'a string',
      before: [['SET', 'p:string', 'old']],
      alone: ['SET', 'p:string', 'new'],
      kind: 'value differs',
      detail: /^"new" on MASTER, "old" on REPLICA$/,
    },
    {
      name: 'a longer string',
      before: [['SET', 'p:long', `${'x'.repeat(3000)}old`]],
      alone: ['SET', 'p:long', `${'x'.repeat(3000)}new\x01`],
      kind: 'value differs',
      detail: /^from byte 3000 on: "new\\x01" on MASTER, "old" on REPLICA$/,
    },
    {
      name: 'a key that was never replicated',
      before: [],
      alone: ['SET', 'p:missing', 'here'],
      kind: 'missing on replica',
      detail: /^a string: "here"$/,
    },
    {
      name: 'a hash that was never replicated',
      before: [],
      alone: ['HSET', 'p:missing-hash', 'a', '1', 'b', '2'],
      kind: 'missing on replica',
      detail: /^a hash: field "a": "1" and 1 more$/,
    },
    {
      name: 'a deletion that was never replicated',
      before: [['RPUSH', 'p:only', 'one']],
      alone: ['DEL', 'p:only'],
      kind: 'only on replica',
      detail: /^a list: element 0: "one"$/,
    },
    {
      name: 'another type',
      before: [['SET', 'p:type', '1']],
      alone: ['EVAL', "redis.call('DEL', KEYS[1]) return redis.call('SADD', KEYS[1], 1)", 1, 'p:type'],
      kind: 'value differs',
      detail: /^a set on MASTER, a string on REPLICA$/,
    },
    {
      name: 'a list',
      before: [['RPUSH', 'p:list', 'a', 'b', 'c']],
      alone: ['LSET', 'p:list', 1, 'x'],
      kind: 'value differs',
      detail: /^element 1: "x" on MASTER, "b" on REPLICA$/,
    },
    {
      name: 'a set',
      before: [['SADD', 'p:set', 'a', 'b']],
      alone: ['SADD', 'p:set', 'c'],
      kind: 'value differs',
      detail: /^member "c" is only on MASTER$/,
    },
    {
      name: 'a set of numbers',
      before: [['SADD', 'p:intset', 1, 2, 3]],
      alone: ['SREM', 'p:intset', 2],
      kind: 'value differs',
      detail: /^member "2" is only on REPLICA$/,
    },
    {
      name: 'a hash',
      before: [['HSET', 'p:hash', 'a', '1', 'b', '2']],
      alone: ['HSET', 'p:hash', 'a', '7', 'c', '3'],
      kind: 'value differs',
      detail: /^field "a": "7" on MASTER, "1" on REPLICA; 1 more part differs$/,
    },
    {
      name: 'a sorted set',
      before: [['ZADD', 'p:zset', '1.1', 'a', '-inf', 'b']],
      alone: ['ZADD', 'p:zset', '1.25', 'a'],
      kind: 'value differs',
      detail: /^member "a": score 1\.25 on MASTER, score 1\.1\d* on REPLICA$/,
    },
    {
      name: 'a stream',
      before: [['XADD', 'p:stream', '1-1', 'f', 'v']],
      alone: ['XADD', 'p:stream', '2-1', 'f', 'w'],
      kind: 'value differs',
      detail: /^entry 2-1 is only on MASTER: "f" "w"; \d more parts? differs?$/,
    },
    {
      name: "a group's last id",
      before: [
        ['XADD', 'p:group', '1-1', 'f', 'v'],
        ['XGROUP', 'CREATE', 'p:group', 'workers', '0'],
      ],
      alone: ['XGROUP', 'SETID', 'p:group', 'workers', '1-1'],
      kind: 'value differs',
      detail: /^group "workers": last delivered 1-1 on MASTER, last delivered 0-0 on REPLICA$/,
    },
    {
      name: 'an entry that a group has not acknowledged',
      before: [
        ['XADD', 'p:pending', '1-1', 'f', 'v'],
        ['XGROUP', 'CREATE', 'p:pending', 'workers', '0'],
        ['XREADGROUP', 'GROUP', 'workers', 'ann', 'COUNT', 1, 'STREAMS', 'p:pending', '>'],
      ],
      alone: ['XACK', 'p:pending', 'workers', '1-1'],
      kind: 'value differs',
      detail: /^entry 1-1 that group "workers" has not acknowledged is only on REPLICA: given to "ann", 1 time$/,
    },
    {
      name: 'a key that no longer expires',
      before: [['SET', 'p:persist', 'v', 'PX', HOUR_MS]],
      alone: ['PERSIST', 'p:persist'],
      kind: 'TTL differs',
      detail: /^never expires on MASTER, expires( at .*)? on REPLICA$/,
    },
    {
      name: 'a key that expires at another time',
      before: [
        ['SET', 'p:ttl', 'v'],
        ['PEXPIREAT', 'p:ttl', later],
      ],
      alone: ['PEXPIREAT', 'p:ttl', later + 1],
      kind: 'TTL differs',
      detail: new RegExp(`^expires at ${at(later + 1)} on MASTER, expires at ${at(later)} on REPLICA$`),
      needs: 'pexpiretime',
    },
    {
      name: 'a field that expires at another time',
      before: [
        ['HSET', 'p:fields', 'a', '1', 'b', '2'],
        ['HPEXPIREAT', 'p:fields', later, 'FIELDS', 1, 'b'],
      ],
      alone: ['HPEXPIREAT', 'p:fields', later + 5, 'FIELDS', 1, 'b'],
      kind: 'hash-field TTL differs',
      detail: new RegExp(`^field "b": expires at ${at(later + 5)} on MASTER, expires at ${at(later)} on REPLICA$`),
      needs: 'hpexpiretime',
    },
    {
      name: 'a field that no longer expires',
      before: [
        ['HSET', 'p:field-persist', 'a', '1'],
        ['HPEXPIREAT', 'p:field-persist', later, 'FIELDS', 1, 'a'],
      ],
      alone: ['HPERSIST', 'p:field-persist', 'FIELDS', 1, 'a'],
      kind: 'hash-field TTL differs',
      detail: new RegExp(`^field "a" is only on REPLICA: expires at ${at(later)}$`),
      needs: 'hpexpiretime',
    },
    {
      name: 'a name that is no text',
      before: [],
      alone: ['EVAL', "return redis.call('SET', 'p:\\0\\255\\n{p:binary}', '\\128')", 1, 'p:binary'],
      kind: 'missing on replica',
      detail: /^a string: "\\x80"$/,
    },
  ]
}

/** What people read for the key of the last. */
export const BINARY_NAME = 'p:\\x00\\xff\\x0a{p:binary}'
