import { z } from 'zod'
import { parseInfo } from '../cluster/node-report.ts'
import { memory as kind, MAXMEMORY_SETTINGS, type MemorySpec } from '../faults/memory.ts'
import { formatBytes } from '../faults/server-resources.ts'
import { bytesOf, size } from './amounts.ts'
import { faultVerb } from './fault-verb.ts'
import { assertSettingsFree } from './preconditions.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'
import { type StepContext, StepFailure } from './verb.ts'

/** maxmemory-policy, redis.conf 7.0. */
const POLICIES = [
  'noeviction',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
]

const arg = z
  .strictObject({
    node: targets.describe('Servers that get little memory'),
    limit: size
      .optional()
      .describe('An amount of memory: 64mb, beyond which the system ends the server, as when its machine has no more'),
    maxmemory: size
      .optional()
      .describe('An amount of memory: 64mb, beyond which the server itself refuses writes, or forgets keys'),
    policy: z
      .enum(POLICIES)
      .optional()
      .describe('With maxmemory: what the server does beyond it; noeviction (refuses writes) if not given'),
  })
  .superRefine(({ limit, maxmemory, policy }, refinement) => {
    const say = (message: string) => refinement.addIssue({ code: 'custom', message })
    if (limit === undefined && maxmemory === undefined) say('it does not say how little memory: limit or maxmemory')
    if (limit !== undefined && maxmemory !== undefined)
      say('`limit` and `maxmemory` are two faults: give each a step of its own')
    if (policy !== undefined && maxmemory === undefined) say('`policy` goes with `maxmemory`')
  })
  .meta({
    allOf: [{ oneOf: [{ required: ['limit'] }, { required: ['maxmemory'] }] }],
    dependencies: { policy: ['maxmemory'] },
  })

type Arg = z.infer<typeof arg>

export const memory = faultVerb({
  name: 'memory',
  summary: 'Gives servers little memory: the system ends them beyond it, or they refuse writes (maxmemory).',
  example: ['- memory: { node: master of shard 1, maxmemory: 64mb, policy: allkeys-lru }', '  for: 20s'],
  proof: 'The system has the limit; with `maxmemory`, the server tells it and refuses writes that would go beyond it.',
  arg,
  kind,
  sentence: (value) => describe(value, describeTargets(value.node)),
  async plan(value, context) {
    const nodes = await resolveTargets(value.node, context, ['node'])
    return { spec: await specOf(value, nodes, context), nodes, sentence: describe(value, nodes.join(', ')) }
  },
})

async function specOf({ limit, maxmemory, policy }: Arg, nodes: string[], context: StepContext): Promise<MemorySpec> {
  if (maxmemory !== undefined) {
    assertSettingsFree(nodes, MAXMEMORY_SETTINGS, context)
    return { nodes, maxmemory: { bytes: bytesOf(maxmemory), policy: policy ?? 'noeviction' } }
  }
  const memoryBytes = bytesOf(limit ?? '')
  await assertRoomFor(nodes, memoryBytes, context)
  return { nodes, resources: { memoryBytes } }
}

/** A limit below what a server uses already would end it at once: that is what `kill` is for. */
async function assertRoomFor(
  nodes: readonly string[],
  limitBytes: number,
  { cluster, servers }: StepContext,
): Promise<void> {
  for (const node of nodes) {
    // A node that is down is told as such.
    if ((await servers.state(node)).status !== 'running') continue
    const info = parseInfo(String(await cluster.node(node).client.call('INFO', 'memory')))
    const usedBytes = Number(info.get('used_memory_rss') ?? 0)
    if (usedBytes < limitBytes) continue
    throw new StepFailure({
      message: `${node} has ${formatBytes(usedBytes)} of memory now, and a limit of ${formatBytes(limitBytes)} would end it at once`,
      hint: 'Give it more than that, or use `kill`.',
    })
  }
}

function describe({ limit, maxmemory, policy }: Arg, nodes: string): string {
  if (limit !== undefined) return `limit the memory of ${nodes} to ${limit}`
  return `set maxmemory of ${nodes} to ${maxmemory}${policy === undefined ? '' : `, ${policy}`}`
}
