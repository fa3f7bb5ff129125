import type { Command } from '../node-client.ts'
import { parseInfo, parseReplication } from '../node-report.ts'
import { formatSlotRanges } from '../slots.ts'
import type { SlotRange } from '../view.ts'
import type { DataNode, Scope } from './data-node.ts'

/** What a server holds and what it can tell, before any key is looked at. */
export interface Overview {
  /** PEXPIRETIME, and replicas that are told absolute times: since Redis 7.0, as are the counters of streams. */
  tellsExpiry: boolean
  /** HPEXPIRETIME: since Redis 7.4 and Valkey 9.0. */
  tellsFieldExpiry: boolean
  /** FUNCTION LIST: since Redis 7.0. */
  hasFunctions: boolean
  /** The memory that keys and values take, as the server counts it. */
  datasetBytes: number
  /** Of its own replication, in bytes. */
  offset: number
  databases: Map<number, DatabaseOverview>
}

interface DatabaseOverview {
  /** Some keys expire. */
  expires: boolean
  /** Fields of some hashes expire, as far as the server knows: one that does not count them may have such. */
  fieldsExpire: boolean
  /** Keys of each slot that has any, expired ones included that are not yet removed. */
  keysBySlot: Map<number, number>
  /** Keys of slots that it does not serve: a server that moves slots by itself counts them, and lists none (Redis 8.4). */
  hiddenKeys: number
}

const QUESTIONS: readonly Command[] = [
  ['COMMAND', 'INFO', 'pexpiretime', 'hpexpiretime', 'function', 'eval_ro'],
  ['INFO', 'keyspace'],
  ['INFO', 'memory'],
  ['INFO', 'replication'],
]

const EVERY_SERVER: Scope = { database: 0, flags: '' }

/** `own`: the slots that its shard owns, asked about first. Throws Incomplete. */
export async function takeOverview(node: DataNode, own: readonly SlotRange[]): Promise<Overview> {
  const [commands, keyspace, memory, replication] = await node.ask(...QUESTIONS)
  const [exact, fields, functions, readOnly] = Array.isArray(commands) ? commands.map((one) => one !== null) : []
  if (readOnly) node.useReadOnlyScripts()
  const slots = formatSlotRanges(own)
  const databases = new Map<number, DatabaseOverview>()
  for (const [name, text] of parseInfo(String(keyspace))) {
    const database = Number(/^db(\d+)$/.exec(name)?.[1])
    const [counts] = await node.run('overview', { ...EVERY_SERVER, database }, slots)
    databases.set(database, { ...parseKeyspace(text), ...parseCounts(String(counts)) })
  }
  return {
    tellsExpiry: exact === true,
    tellsFieldExpiry: fields === true,
    hasFunctions: functions === true,
    datasetBytes: Number(parseInfo(String(memory)).get('used_memory_dataset') ?? Number.POSITIVE_INFINITY),
    offset: parseReplication(String(replication)).offset,
    databases,
  }
}

/** `keys=3,expires=1,avg_ttl=9,subexpiry=0`; Valkey has `keys_with_volatile_items` for the last. */
function parseKeyspace(text: string): Pick<DatabaseOverview, 'expires' | 'fieldsExpire'> {
  const fields = new Map(text.split(',').map((part) => [part.split('=')[0], part.split('=')[1]]))
  const hashes = fields.get('subexpiry') ?? fields.get('keys_with_volatile_items')
  return { expires: fields.get('expires') !== '0', fieldsExpire: hashes !== '0' }
}

/** `12:3 77:1 hidden:2`. */
function parseCounts(text: string): Pick<DatabaseOverview, 'keysBySlot' | 'hiddenKeys'> {
  const keysBySlot = new Map<number, number>()
  let hiddenKeys = 0
  for (const part of text.split(' ')) {
    const [slot, keys] = part.split(':')
    if (slot === 'hidden') hiddenKeys = Number(keys)
    else if (keys !== undefined) keysBySlot.set(Number(slot), Number(keys))
  }
  return { keysBySlot, hiddenKeys }
}

/**
 * Up to this size of the data every value can be read without measuring it first: none can be so huge that it harms.
 */
const UNMEASURED_BYTES = 128 * 1024 * 1024

/** What scripts are to tell of a database, so that the answers of all these servers can be compared. */
export function scopeOf(database: number, overviews: readonly Overview[]): Scope {
  const all = (has: (overview: Overview) => boolean) => overviews.every(has)
  const some = (has: (one: DatabaseOverview) => boolean) =>
    overviews.some(({ databases }) => [databases.get(database)].some((one) => one !== undefined && has(one)))
  const exact = all(({ tellsExpiry }) => tellsExpiry)
  const flags = [
    some(({ expires }) => expires) ? (exact ? 'e' : 't') : '',
    some(({ fieldsExpire }) => fieldsExpire) && all(({ tellsFieldExpiry }) => tellsFieldExpiry) ? 'f' : '',
    exact ? 'c' : '',
    all(({ datasetBytes }) => datasetBytes <= UNMEASURED_BYTES) ? '' : 'm',
  ]
  return { database, flags: flags.join('') }
}
