import type { LiveCluster } from './live-cluster.ts'

/** A replica that is online answers in some ms; one that does not acknowledges by itself within a second. */
const ASKED_WITHIN_MS = 1000

/**
 * Makes a replica acknowledge what it has. After a diskless full resync its master sends nothing before that, and the
 * replica does it once a second, though its link is up and its master lists it as online: what is written meanwhile
 * is lost with the master (replicationCron and repl_start_cmd_stream_on_ack, replication.c, Redis 7.0). Never rejects:
 * it only spares the wait.
 */
export async function startStream(cluster: LiveCluster, replica: string): Promise<void> {
  const client = cluster.connect(replica)
  // GETACK itself is not answered: the reply to the command that follows comes in its place, and there is none to that.
  const asked = client.callWithin(ASKED_WITHIN_MS, 'REPLCONF', 'GETACK', '*')
  const unanswered = client.callWithin(ASKED_WITHIN_MS, 'PING').catch(() => undefined)
  await asked.catch(() => undefined)
  client.close()
  await unanswered
}
