import type { LiveCluster } from '../live-cluster.ts'
import { Unreachable } from '../reply-errors.ts'
import { type AtomicWay, fieldsOf, type MoveJob, rangeWords } from './atomic-way.ts'
import { MoveError, type MoveStage } from './move.ts'

/** States of both ends, in the order in which they come (cluster_migrateslots.c, Valkey 9.0 and 9.1). */
const STAGES: Readonly<Record<string, MoveStage>> = {
  // The source, which exports.
  'waiting-to-snapshot': 'importing',
  snapshotting: 'importing',
  replicating: 'half',
  'waiting-to-pause': 'half',
  'failover-paused': 'handoff',
  'failover-granted': 'handoff',
  // The target, which imports.
  'receiving-snapshot': 'importing',
  'waiting-for-paused': 'half',
  'failover-requested': 'handoff',
}

const ENDS: Readonly<Record<string, MoveJob['end']>> = { success: 'done', failed: 'failed', cancelled: 'cancelled' }

/** CLUSTER MIGRATESLOTS, which the source is asked for. */
export const valkeyMigration: AtomicWay = {
  command: 'cluster|migrateslots',
  words: 'CLUSTER MIGRATESLOTS (Valkey, from 9.0 on)',
  hidesForeignKeys: false,
  async begin(cluster, move) {
    const source = cluster.node(move.from).client
    const targetId = String(await cluster.node(move.to).client.call('CLUSTER', 'MYID'))
    const known = new Set((await this.jobs(cluster, move.from)).map(({ id }) => id))
    await source.call('CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', ...rangeWords(move), 'NODE', targetId)
    const begun = (await exportsOf(cluster, move.from)).find(
      (fields) => fields.get('target_node') === targetId && !known.has(fields.get('name') ?? ''),
    )
    const id = begun?.get('name')
    if (id !== undefined) return id
    throw new MoveError(`${move.from} took CLUSTER MIGRATESLOTS, but its GETSLOTMIGRATIONS does not tell of it`, {
      moved: [],
    })
  },
  async jobs(cluster, node) {
    return (await listOf(cluster, node)).map((fields) => {
      const state = fields.get('state') ?? ''
      const [stage, end] = [STAGES[state], ENDS[state]]
      const id = fields.get('name') ?? ''
      return { id, state, reason: fields.get('message') ?? '', ...(stage && { stage }), ...(end && { end }) }
    })
  },
  async cancel(cluster, node) {
    // It takes no id: a source cancels all its exports, a target has no say.
    const isExporting = (await exportsOf(cluster, node)).some((fields) => !((fields.get('state') ?? '') in ENDS))
    if (isExporting) await cluster.node(node).client.call('CLUSTER', 'CANCELSLOTMIGRATIONS')
  },
  async hold(cluster, { from, to }, stage) {
    if (stage === 'handoff') await cluster.node(to).client.call('DEBUG', 'SLOTMIGRATION', 'PREVENT-FAILOVER', '1')
    else await cluster.node(from).client.call('DEBUG', 'SLOTMIGRATION', 'PREVENT-PAUSE', '1')
  },
  async letGo(cluster, node) {
    // Where DEBUG is not allowed, nobody has kept anything either.
    const replies = await cluster.node(node).client.pipeline([
      ['DEBUG', 'SLOTMIGRATION', 'PREVENT-FAILOVER', '0'],
      ['DEBUG', 'SLOTMIGRATION', 'PREVENT-PAUSE', '0'],
    ])
    for (const reply of replies) if (reply instanceof Unreachable) throw reply
  },
}

async function exportsOf(cluster: LiveCluster, node: string): Promise<Map<string, string>[]> {
  return (await listOf(cluster, node)).filter((fields) => fields.get('operation') === 'EXPORT')
}

async function listOf(cluster: LiveCluster, node: string): Promise<Map<string, string>[]> {
  const reply = await cluster.node(node).client.call('CLUSTER', 'GETSLOTMIGRATIONS')
  return Array.isArray(reply) ? reply.map(fieldsOf) : []
}
