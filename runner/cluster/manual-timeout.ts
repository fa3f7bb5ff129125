import type { NodeClient } from './node-client.ts'

/** Valkey has it from 8.1 on. */
const SETTING = 'cluster-manual-failover-timeout'

/** CLUSTER_MF_TIMEOUT (cluster.h, Redis 6.0 to 8.0); what the setting is by default, too. */
const DEFAULT_MS = 5000

const ANSWER_WITHIN_MS = 1000

/** After how long a server gives up a manual failover, ms, by its settings. */
export function manualTimeoutMs(settings: ReadonlyMap<string, string>): number {
  return Number(settings.get(SETTING) ?? DEFAULT_MS)
}

/** The same, asked of the server; the default where it does not answer. */
export async function askManualTimeoutMs(client: NodeClient): Promise<number> {
  const reply = await client.callWithin(ANSWER_WITHIN_MS, 'CONFIG', 'GET', SETTING).catch(() => undefined)
  return manualTimeoutMs(settingsIn(reply))
}

/** The reply of CONFIG GET: names and values in turn. */
export function settingsIn(reply: unknown): Map<string, string> {
  const settings = new Map<string, string>()
  if (!Array.isArray(reply)) return settings
  for (let index = 0; index + 1 < reply.length; index += 2) settings.set(String(reply[index]), String(reply[index + 1]))
  return settings
}
