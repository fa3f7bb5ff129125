import type { Clock } from '../base/clock.ts'
import { ChaosError } from '../base/errors.ts'
import { type FormOptions, formCluster } from '../cluster/form.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { Topology } from '../cluster/topology.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import { endedServers } from './ended-servers.ts'

/** How often servers that are being formed are looked at, ms. */
const LOOK_EVERY_MS = 500

/** A server that ended by itself before there was a cluster. */
export class EndedWhileForming extends ChaosError {
  override name = 'EndedWhileForming'
}

/**
 * Forms a cluster of servers. Throws what `formCluster` throws; EndedWhileForming, at once and with its last words, if a
 * server ends meanwhile: forming would only wait for it.
 */
export async function formServers(
  cluster: LiveCluster,
  servers: ServerGroup,
  topology: Topology,
  options: FormOptions,
): Promise<void> {
  const formed = new AbortController()
  const giveUp = new AbortController()
  const signals = [giveUp.signal, ...(options.signal ? [options.signal] : [])]
  void watchForEnds(servers, options.clock, formed.signal, giveUp)
  try {
    await formCluster(cluster, topology, { ...options, signal: AbortSignal.any(signals) })
  } catch (error) {
    throw (options.signal?.aborted ? undefined : await endedError(servers)) ?? error
  } finally {
    formed.abort()
  }
}

/** Goes on until `formed`, or until a server has ended. */
async function watchForEnds(servers: ServerGroup, clock: Clock, formed: AbortSignal, giveUp: AbortController) {
  while (!formed.aborted && !giveUp.signal.aborted) {
    const error = await endedError(servers)
    if (error !== undefined) giveUp.abort(error)
    await clock.sleep(LOOK_EVERY_MS, formed).catch(() => undefined)
  }
}

/** Undefined if no server has ended by itself. */
async function endedError(servers: ServerGroup): Promise<EndedWhileForming | undefined> {
  const ended = await endedServers(servers)
  const sentences = ended.map((text) => text.replace(' ended: ', ' ended while the cluster was being formed: '))
  return ended.length === 0 ? undefined : new EndedWhileForming(sentences.join('; '))
}
