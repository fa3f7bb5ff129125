import { formatDuration } from '../base/duration.ts'
import { listed } from '../base/text.ts'
import { settingsIn } from '../cluster/manual-timeout.ts'
import { parseInfo } from '../cluster/node-report.ts'
import type { Lost } from '../platforms/faults.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import { nodeVerb } from './node-verb.ts'
import { proveSilent, proveState } from './prove-state.ts'
import { startAction } from './start.ts'
import { type StepContext, StepInconclusive } from './verb.ts'

const NOTHING = 'everything was synced, and nothing is lost from its disk'
/** Of the append-only file, in one file or several. */
const AOF = /appendonly/

export const powerCut = nodeVerb({
  name: 'power-cut',
  summary:
    'Ends nodes at one moment, and what they had not synced to disk is lost. With for, they are started again after that time.',
  example: ['- power-cut: [master of shard 1, replica of shard 1]', '  for: 3s'],
  proof: 'The process has ended, the node no longer answers, and what its files lost is told by file and bytes.',
  from: ['running', 'paused'],
  needs: { powerCut: true },
  async act(servers, node) {
    await servers.cutPower([node])
  },
  actAtOnce: cutPower,
  before: whyLossIsDue,
  async prove(context, node, due, done) {
    if (due !== undefined && due !== '' && done !== undefined && !AOF.test(done)) {
      throw new StepInconclusive({
        message: `${node} lost nothing of its append-only file (${done}), although ${due}`,
        hint: 'The fault did not bite, so nothing after it can be judged.',
      })
    }
    const state = await proveState(context, node, 'stopped')
    return `${state}, ${await proveSilent(context, node)}; ${done}`
  },
  undo: startAction,
})

async function cutPower(servers: ServerGroup, nodes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { lost, withinMs } = await servers.cutPower(nodes)
  const together = nodes.length === 1 ? '' : ` (all ${nodes.length} within ${formatDuration(withinMs)})`
  return new Map(nodes.map((node) => [node, `${describe(lost.get(node) ?? [])}${together}`]))
}

/**
 * Why something must be lost, in words; empty where it need not be. With `appendfsync no` a server never syncs what it
 * appends (redis.conf, Redis 7.0); a server that does not answer is not expected to lose anything.
 */
async function whyLossIsDue(context: StepContext, node: string): Promise<string> {
  try {
    const { client } = context.cluster.node(node)
    const [setting, info] = await Promise.all([
      client.callWithin(1000, 'CONFIG', 'GET', 'appendfsync'),
      client.callWithin(1000, 'INFO', 'persistence'),
    ])
    const facts = parseInfo(String(info))
    const grown = Number(facts.get('aof_current_size')) - Number(facts.get('aof_base_size'))
    if (settingsIn(setting).get('appendfsync') !== 'no' || facts.get('aof_enabled') !== '1' || !(grown > 0)) return ''
    return `appendfsync is no, and the file has grown by ${grown} bytes since it was begun`
  } catch {
    return ''
  }
}

function describe(lost: readonly Lost[]): string {
  return lost.length === 0 ? NOTHING : `lost from its disk: ${listed(lost.map(describeFile), 8)}`
}

function describeFile({ file, cutBytes, oldBytes, undone }: Lost): string {
  if (undone === 'made') return `${file}, which was not there yet`
  if (undone === 'replaced') return `the new ${file}, in whose place is the old one`
  if (undone === 'removed') return `the removal of ${file}`
  const parts = [
    ...(cutBytes === undefined ? [] : [`the last ${cutBytes} bytes`]),
    ...(oldBytes === undefined ? [] : [`what was written over ${oldBytes} bytes`]),
  ]
  return `${parts.join(' and ')} of ${file}`
}
