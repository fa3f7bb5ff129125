import { z } from 'zod'
import { parseInfo } from '../cluster/node-report.ts'
import { ReplyError } from '../cluster/reply-errors.ts'
import { type FaultStage, NotProven } from './fault.ts'
import { probeKeyIn } from './probe-key.ts'
import { ask, wordsOf } from './reach.ts'
import { bytesInWords } from './server-resources.ts'
import { changeSettings, rememberSettings, type SettingsMemo } from './server-settings.ts'

/** The server's own limit of its memory. */
export const maxmemorySpec = z.object({
  bytes: z.number(),
  /** What it does beyond it: `noeviction` (refuses writes), `allkeys-lru`, … */
  policy: z.string(),
})

type MaxmemorySpec = z.infer<typeof maxmemorySpec>

export const MAXMEMORY_SETTINGS: readonly string[] = ['maxmemory', 'maxmemory-policy']

export async function rememberMaxmemory(nodes: readonly string[], stage: FaultStage): Promise<SettingsMemo> {
  return { before: await rememberSettings(stage, nodes, MAXMEMORY_SETTINGS) }
}

export async function setMaxmemory(node: string, { bytes, policy }: MaxmemorySpec, stage: FaultStage): Promise<void> {
  await changeSettings(stage, node, { 'maxmemory-policy': policy, maxmemory: String(bytes) })
}

/** Where it is used up and nothing may be forgotten, a write is refused: that is tried, with one that would change nothing. */
export async function proveMaxmemory(node: string, spec: MaxmemorySpec, stage: FaultStage): Promise<string> {
  const info = parseInfo(String(await ask(stage, node, 'INFO', 'memory')))
  const [used, limit, policy] = [
    Number(info.get('used_memory')),
    Number(info.get('maxmemory')),
    info.get('maxmemory_policy'),
  ]
  const words = `it says that it may use ${bytesInWords(limit)} (${policy}), and uses ${bytesInWords(used)}`
  if (limit !== spec.bytes || policy !== spec.policy) {
    throw new NotProven(`${node} should use ${bytesInWords(spec.bytes)} (${spec.policy}) at most, but ${words}`)
  }
  if (spec.policy !== 'noeviction' || used <= limit) return words
  const { report } = await stage.cluster.lookAt(node)
  const slots = report.view.nodes.find(({ id }) => id === report.view.myId)?.slots ?? []
  if (slots.length === 0) return `${words}; it serves no keys itself`
  const reply = await pushToNothing(node, probeKeyIn(slots), stage)
  if (reply === undefined) throw new NotProven(`${words}, but it did not refuse a write`)
  return `${words}; it refuses a write: ${reply}`
}

/** LPUSHX writes only to a list that is there; the server looks at its memory first. The error that it gave, if it did. */
async function pushToNothing(node: string, key: string, stage: FaultStage): Promise<string | undefined> {
  try {
    await stage.cluster.node(node).client.call('LPUSHX', key, 'x')
    return undefined
  } catch (error) {
    if (!(error instanceof ReplyError)) throw new NotProven(`${node} did not answer LPUSHX: ${wordsOf(error)}`)
    return error.message
  }
}
