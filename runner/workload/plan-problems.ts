import { listed, plural } from '../base/text.ts'
import { shardsWithSlots, type Topology } from '../cluster/topology.ts'
import { replicasOf } from '../record/cluster-shape.ts'
import { directOptions, needsOf } from './client-needs.ts'
import { CAPABILITY_TEXTS } from './drivers/protocol.ts'
import { clientNames, manifestOf } from './drivers/registry.ts'
import type { LoadOptions } from './options.ts'
import type { PlanProblem } from './plan-problem.ts'

/** What is wrong with a workload's options on a cluster of this shape. */
export function planProblems(options: LoadOptions, topology: Topology): PlanProblem[] {
  return [
    ...clientProblems(options),
    ...driverProblems(options),
    ...shardProblems(options, topology),
    ...replicaProblems(options, topology),
    ...timeoutProblems(options),
    ...hotProblems(options),
  ]
}

function clientProblems(options: LoadOptions): PlanProblem[] {
  const { client, ioredis, own } = options
  if (client !== 'ioredis' && Object.keys(ioredis).length > 0) {
    const hint = 'Add `client: ioredis`, or remove them.'
    return [
      {
        path: ['ioredis'],
        message: `\`ioredis\` are options of that client, and this workload ${client === 'direct' ? 'is `client: direct`' : 'goes through another'}`,
        hint,
      },
    ]
  }
  if (client === 'direct') {
    if (own.options === undefined) return []
    const hint = 'Name the `client` that they belong to, or remove them.'
    return [
      { path: ['options'], message: '`options` are those of a client, and this workload is `client: direct`', hint },
    ]
  }
  if (own.ioredis !== undefined && own.options !== undefined) {
    return [{ path: ['options'], message: '`options` and `ioredis` are the same here', hint: 'Keep one of them.' }]
  }
  const hint = 'A cluster client does not say on which connection a command goes.'
  return directOptions(options).map((option) => ({
    path: [option],
    message: `\`${option}\` needs \`client: direct\``,
    hint,
  }))
}

const NEEDED_BY = { transaction: 'type', 'replica-reads': 'read_from', pool: 'client' } as const

/** What a client that comes with redis-chaos cannot do. That of others is known once they have said hello. */
function driverProblems(options: LoadOptions): PlanProblem[] {
  const name = options.driver?.name
  if (name === undefined) return []
  const { can } = manifestOf(name)
  const missing = needsOf(options).filter((need) => !can.includes(need))
  return missing.map((need) => {
    const able = clientNames().filter((one) => manifestOf(one).can.includes(need))
    const message = `this needs ${CAPABILITY_TEXTS[need]}, which the driver of \`${name}\` cannot do`
    return { path: [NEEDED_BY[need]], message, hint: `These can: ${listed(['direct', 'ioredis', ...able], 10)}.` }
  })
}

function shardProblems({ shards = [] }: LoadOptions, topology: Topology): PlanProblem[] {
  const missing = shards.find((shard) => shard >= topology.shards)
  if (missing !== undefined) {
    const count = topology.shards === 1 ? 'one shard' : `${topology.shards} shards`
    return [{ path: ['shards'], message: `there is no shard ${missing + 1}: the cluster has ${count}` }]
  }
  const owners = shardsWithSlots(topology)
  const empty = shards.find((shard) => !owners.includes(shard + 1))
  if (empty === undefined) return []
  return [{ path: ['shards'], message: `shard ${empty + 1} is formed without slots, so it has no keys` }]
}

function replicaProblems({ wait, durability, readFrom, shards }: LoadOptions, topology: Topology): PlanProblem[] {
  const loaded = shards?.map((shard) => shard + 1) ?? shardsWithSlots(topology)
  const counts = loaded.map((shard) => replicasOf(topology, shard))
  const replicas = Math.min(...counts)
  const has =
    typeof topology.replicas === 'number'
      ? `the cluster has ${replicas === 0 ? 'no replicas' : `${plural(replicas, 'replica')} in each shard`}`
      : `shard ${loaded[counts.indexOf(replicas)]} has ${replicas === 0 ? 'none' : replicas}`
  const asked: [path: string[], count: number][] = [
    [['wait', 'replicas'], wait?.replicas ?? 0],
    [['durability', 'replicas'], durability?.replicas ?? 0],
    [['read_from'], readFrom === 'replica' ? 1 : 0],
  ]
  return asked
    .filter(([, count]) => count > replicas)
    .map(([path, count]) => ({
      path,
      message: `this asks for ${plural(count, 'replica')}, and ${has}`,
    }))
}

/** Who waits for replicas longer than an operation may take never learns that they did not come. */
function timeoutProblems({ wait, durability, timeoutMs }: LoadOptions): PlanProblem[] {
  const waits = [
    ['wait', wait?.timeoutMs ?? 0],
    ['durability', durability?.timeoutMs ?? 0],
  ] as const
  return waits
    .filter(([, waitMs]) => waitMs >= timeoutMs)
    .map(([option, waitMs]) => ({
      path: [option, 'timeout'],
      message: `\`${option}\` may wait ${waitMs} ms, and a whole operation may take ${timeoutMs} ms`,
      hint: 'Let the `timeout` of the workload be longer.',
    }))
}

function hotProblems({ distribution, keys }: LoadOptions): PlanProblem[] {
  if (distribution.kind !== 'hot' || distribution.keys < keys || keys === 1) return []
  return [
    { path: ['distribution'], message: `all ${keys} keys would be hot`, hint: 'Let fewer be hot, or use more keys.' },
  ]
}
