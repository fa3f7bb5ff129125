import { parseInfo } from '../node-report.ts'
import { type DataNode, Incomplete } from './data-node.ts'

/** Where in the stream of writes two servers stood when they were compared, as their own offsets. */
export interface ReplicationPoint {
  masterOffset: number
  replicaOffset: number
}

const POLL_EVERY_MS = 5

/**
 * Waits until the replica has applied all that its master had written when this was called, and says where both stand.
 * Pings move the master's offset on all the time: it need not be still. Throws Incomplete with the reason when that is
 * not so within `withinMs`.
 */
export async function awaitReplication(
  master: DataNode,
  replica: DataNode,
  withinMs: number,
): Promise<ReplicationPoint> {
  const { clock, signal } = replica
  const startMs = clock.ranMs()
  let goal: number | undefined
  for (;;) {
    const [ofMaster, ofReplica] = await Promise.all([ask(master), ask(replica)])
    const masterOffset = Number(ofMaster.get('master_repl_offset'))
    const replicaOffset = Number(ofReplica.get('slave_repl_offset'))
    const reason = whyApart(master, replica, ofMaster, ofReplica)
    if (reason === undefined) {
      goal ??= masterOffset
      if (replicaOffset >= goal) return { masterOffset, replicaOffset }
    }
    if (clock.ranMs() - startMs >= withinMs) {
      const behind = `${replica.name} is ${(goal ?? 0) - replicaOffset} bytes behind its master ${master.name}`
      throw new Incomplete(`${reason ?? behind} and did not catch up within ${withinMs} ms`)
    }
    await clock.sleep(POLL_EVERY_MS, signal)
  }
}

async function ask(node: DataNode): Promise<Map<string, string>> {
  const [replication, persistence] = await node.ask(['INFO', 'replication'], ['INFO', 'persistence'])
  return new Map([...parseInfo(String(persistence)), ...parseInfo(String(replication))])
}

type Info = Map<string, string>

function whyApart(master: DataNode, replica: DataNode, ofMaster: Info, ofReplica: Info): string | undefined {
  if (ofMaster.get('role') !== 'master') return `${master.name} is no master`
  if (ofReplica.get('role') !== 'slave') return `${replica.name} is no replica`
  const loading = [
    [master, ofMaster],
    [replica, ofReplica],
  ] as const
  for (const [node, info] of loading) if (info.get('loading') === '1') return `${node.name} is still loading its data`
  if (ofReplica.get('master_sync_in_progress') === '1') {
    return `a full sync of ${replica.name} from its master ${master.name} is under way`
  }
  if (ofReplica.get('master_link_status') !== 'up') {
    return `the link of ${replica.name} to its master ${master.name} is down`
  }
  if (ofReplica.get('master_replid') !== ofMaster.get('master_replid')) {
    return `${replica.name} follows another history of writes than ${master.name} has`
  }
  return undefined
}
