import type { NodeClient } from './node-client.ts'
import type { ClusterView } from './view.ts'

/** A replica as its master lists it. */
interface ListedReplica {
  host: string
  port: number
  /** `online` once a full sync is over; `wait_bgsave` and `send_bulk` before. */
  state: string
  offset: number
  /** Seconds since its last acknowledgement. */
  lag: number
}

export interface ReplicationReport {
  role: 'master' | 'replica'
  /** Of a replica only. */
  masterLink?: 'up' | 'down'
  masterHost?: string
  masterPort?: number
  /** The node's own replication offset, in bytes. */
  offset: number
  connectedReplicas: number
  /** A full sync from the master is under way. */
  syncInProgress: boolean
  /** Of a master only. */
  replicas: ListedReplica[]
}

/** What one node says of itself and of the cluster. */
export interface NodeReport {
  name: string
  view: ClusterView
  info: { state: 'ok' | 'fail'; slotsAssigned: number; knownNodes: number; size: number; currentEpoch: number }
  replication: ReplicationReport
}

/**
 * INFO and CLUSTER INFO of a node, as text. Rejects if INFO was not told in time (ms); CLUSTER INFO is left out if it
 * was not, or was refused.
 */
export async function allInfoOf(client: Pick<NodeClient, 'callWithin'>, timeoutMs: number): Promise<string> {
  const [info, cluster] = await Promise.all([
    client.callWithin(timeoutMs, 'INFO', 'all'),
    client.callWithin(timeoutMs, 'CLUSTER', 'INFO').catch(() => ''),
  ])
  return `${info}\r\n${cluster}`
}

/** `name:value` lines, as CLUSTER INFO and INFO give them. */
export function parseInfo(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  return fields
}

export function parseClusterInfo(text: string): NodeReport['info'] {
  const fields = parseInfo(text)
  const number = (name: string) => Number(fields.get(name) ?? 0)
  return {
    state: fields.get('cluster_state') === 'ok' ? 'ok' : 'fail',
    slotsAssigned: number('cluster_slots_assigned'),
    knownNodes: number('cluster_known_nodes'),
    size: number('cluster_size'),
    currentEpoch: number('cluster_current_epoch'),
  }
}

/** Parses INFO replication. */
export function parseReplication(text: string): ReplicationReport {
  const fields = parseInfo(text)
  const isReplica = fields.get('role') === 'slave'
  const master = fields.get('master_host')
  return {
    role: isReplica ? 'replica' : 'master',
    ...(isReplica ? { masterLink: fields.get('master_link_status') === 'up' ? 'up' : 'down' } : {}),
    ...(isReplica && master !== undefined
      ? { masterHost: master, masterPort: Number(fields.get('master_port') ?? 0) }
      : {}),
    offset: Number((isReplica && fields.get('slave_repl_offset')) || (fields.get('master_repl_offset') ?? 0)),
    connectedReplicas: Number(fields.get('connected_slaves') ?? 0),
    syncInProgress: fields.get('master_sync_in_progress') === '1',
    replicas: [...fields].filter(([name]) => /^slave\d+$/.test(name)).map(([, value]) => parseListedReplica(value)),
  }
}

/** `ip=127.0.0.1,port=7011,state=online,offset=14,lag=0`. */
function parseListedReplica(text: string): ListedReplica {
  const parts = new Map(
    text.split(',').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  )
  return {
    host: parts.get('ip') ?? '',
    port: Number(parts.get('port') ?? 0),
    state: parts.get('state') ?? '',
    offset: Number(parts.get('offset') ?? 0),
    lag: Number(parts.get('lag') ?? 0),
  }
}

/** How many replicas this master feeds that are in step with it. */
export function onlineReplicas({ replication }: Pick<NodeReport, 'replication'>): number {
  return replication.replicas.filter(({ state }) => state === 'online').length
}
