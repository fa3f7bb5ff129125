import { type AtomicWay, fieldsOf, type MoveJob, rangeWords } from './atomic-way.ts'
import { MoveError, type MoveStage } from './move.ts'
import { countKeys } from './settled.ts'

/** States of both ends, in the order in which they come (cluster_asm.c, Redis 8.4 to 8.6). */
const STAGES: Readonly<Record<string, MoveStage>> = {
  // The source.
  'wait-rdbchannel': 'importing',
  'wait-bgsave-start': 'importing',
  'send-bulk-and-stream': 'importing',
  'send-stream': 'half',
  'handoff-prep': 'handoff',
  handoff: 'handoff',
  'stream-eof': 'handoff',
  // The target.
  'rdbchannel-transfer': 'importing',
  'accumulate-buffer': 'importing',
  'ready-to-stream': 'half',
  'streaming-buffer': 'half',
  'wait-stream-eof': 'half',
  takeover: 'handoff',
}

const ENDS: Readonly<Record<string, MoveJob['end']>> = { completed: 'done', failed: 'failed', canceled: 'cancelled' }

/** A setting for tests: how long the child that writes a snapshot sleeps after each key, µs. */
const SNAPSHOT_DELAY = 'rdb-key-save-delay'
const HELD_US = 2_000_000

/** CLUSTER MIGRATION, which the target is asked for. */
export const redisMigration: AtomicWay = {
  command: 'cluster|migration',
  words: 'CLUSTER MIGRATION (Redis, from 8.4 on)',
  hidesForeignKeys: true,
  async begin(cluster, move) {
    return String(await cluster.node(move.to).client.call('CLUSTER', 'MIGRATION', 'IMPORT', ...rangeWords(move)))
  },
  // A target tries each second again what failed, from whoever owns the slots then (asmCron, cluster_asm.c, Redis 8.4).
  async jobs(cluster, node) {
    const reply = await cluster.node(node).client.call('CLUSTER', 'MIGRATION', 'STATUS', 'ALL')
    return (Array.isArray(reply) ? reply : []).map((task) => {
      const fields = fieldsOf(task)
      const state = fields.get('state') ?? ''
      const [stage, end] = [STAGES[state], ENDS[state]]
      const id = fields.get('id') ?? ''
      const reason = fields.get('last_error') ?? ''
      const isTriedAgain =
        end === 'failed' && fields.get('operation') === 'import' && Number(fields.get('end_time')) <= 0
      return { id, state, reason, ...(stage && { stage }), ...(end && { end }), ...(isTriedAgain && { isTriedAgain }) }
    })
  },
  async cancel(cluster, node) {
    await cluster.node(node).client.call('CLUSTER', 'MIGRATION', 'CANCEL', 'ALL')
  },
  async hold(cluster, move, stage) {
    if (stage !== 'importing') {
      throw new MoveError(`Redis keeps a move nowhere but in its snapshot, which is \`importing\``, { moved: [] })
    }
    if ((await countKeys(cluster, [move], 'from')) === 0) {
      throw new MoveError('Redis keeps a move only while it writes keys, and there are none in these slots', {
        moved: [],
      })
    }
    await cluster.node(move.from).client.call('CONFIG', 'SET', SNAPSHOT_DELAY, String(HELD_US))
  },
  async letGo(cluster, node) {
    await cluster.node(node).client.call('CONFIG', 'SET', SNAPSHOT_DELAY, '0')
  },
}
