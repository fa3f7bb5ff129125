import type { z } from 'zod'
import { messageOf } from '../base/errors.ts'
import { plannedTargets } from '../cluster/planned-targets.ts'
import { checkLayout, evenSplit, parseShardSlots, parseSlotRanges } from '../cluster/slots.ts'
import { evenIfSame, nodeCount, planNodes, type Topology } from '../cluster/topology.ts'
import type { SlotRange } from '../cluster/view.ts'
import type { Allowed } from '../platforms/allowed.ts'
import { settingProblem } from '../platforms/settings.ts'
import { type ClusterShape, describeShape } from '../record/cluster-shape.ts'
import { type CheckContext, checkValue } from './check-value.ts'
import type { Scenario } from './model.ts'
import { clusterKeys, scenarioKeys } from './scenario-schema.ts'
import type { Span } from './source.ts'
import { type Entry, entryOf, find, isBroken, type MapTree, toPlain } from './tree.ts'

/** The seed's cluster: 3 shards of one master and one replica. */
const DEFAULT_SHARDS = 3
const DEFAULT_REPLICAS = 1

/** A node's bus port is its port + 10000 (cluster.h, CLUSTER_PORT_INCR), and ports end at 65535. */
const LAST_PORT = 65_535 - 10_000

/** The scenario's `cluster`, with the defaults for what it leaves out. */
export function readCluster(map: MapTree, context: CheckContext, allowed: Allowed): Scenario['cluster'] {
  const entry = entryOf(map, 'cluster')
  if (entry) checkValue(scenarioKeys.cluster, entry, context)
  const shards = readKey(entry, clusterKeys.shards, 'shards', context)
  const texts = readKey(entry, clusterKeys.slots, 'slots', context)
  const wrongShards = shards === undefined && entryOf(entry?.value, 'shards') !== undefined
  const number = shards ?? (wrongShards && texts ? texts.length : DEFAULT_SHARDS)
  const slots = (entry && readSlots(entry, texts, number, context)) ?? evenSplit(number)
  const replicas = (entry && readReplicas(entry, number, context)) ?? DEFAULT_REPLICAS
  const topology = { shards: number, replicas, slots }
  return {
    topology,
    config: entry ? readConfig(entry, context, allowed) : {},
    servers: entry ? readServers(entry, topology, context) : {},
  }
}

/** A key's value, if it is right; what is wrong has been reported. */
function readKey<T>(
  cluster: Entry | undefined,
  schema: z.ZodType<T>,
  key: string,
  { scope }: CheckContext,
): T | undefined {
  const value = entryOf(cluster?.value, key)?.value
  if (!value || isBroken(value)) return undefined
  const result = schema.safeParse(scope.fill(toPlain(value)))
  return result.success ? result.data : undefined
}

/** One number for all shards, or one for each; the same ones are one for all. */
function readReplicas(cluster: Entry, shards: number, context: CheckContext): number | number[] | undefined {
  const given = readKey(cluster, clusterKeys.replicas, 'replicas', context)
  const entry = entryOf(cluster.value, 'replicas')
  if (given === undefined || typeof given === 'number' || !entry) return given
  if (given.length === shards) return evenIfSame(given)
  const { source, problems } = context
  const hint = 'Write one number for each shard, in order, or one number for all.'
  problems.add(source, entry.keySpan, `\`replicas\` has ${given.length} of ${shards} shards`, { hint })
  return undefined
}

type SlotTexts = readonly (string | number | (string | number)[])[]

function readSlots(
  cluster: Entry,
  texts: SlotTexts | undefined,
  shards: number,
  context: CheckContext,
): SlotRange[][] | undefined {
  const entry = entryOf(cluster.value, 'slots')
  if (!entry || !texts) return undefined
  const { source, problems } = context
  if (texts.length !== shards) {
    const hint = 'Write one line for each shard, in order.'
    problems.add(source, entry.keySpan, `\`slots\` has ${texts.length} of ${shards} shards`, { hint })
    return undefined
  }
  const layout = texts.map((text, shard) =>
    [text].flat().flatMap((part, i) => {
      const place = find(entry.value, Array.isArray(text) ? [shard, i] : [shard])?.value.span ?? entry.keySpan
      return readRanges(String(part), place, Array.isArray(text), context)
    }),
  )
  if (layout.flat().some((range) => range === undefined)) return undefined
  const whole = layout as SlotRange[][]
  const wrong = checkLayout(whole)
  for (const problem of wrong)
    problems.add(source, entry.keySpan, problem, { hint: 'Every slot from 0 to 16383 has exactly one owner.' })
  return wrong.length === 0 ? whole : undefined
}

function readRanges(
  text: string,
  span: Span,
  isPart: boolean,
  { source, problems }: CheckContext,
): (SlotRange | undefined)[] {
  try {
    return isPart ? parseSlotRanges(text) : parseShardSlots(text)
  } catch (error) {
    problems.add(source, span, messageOf(error))
    return [undefined]
  }
}

function readConfig(cluster: Entry, context: CheckContext, allowed: Allowed): Record<string, string> {
  const { source, problems, scope } = context
  const result: Record<string, string> = {}
  const config = entryOf(cluster.value, 'config')?.value
  for (const { key, keySpan, value: tree } of config?.kind === 'map' ? config.entries : []) {
    const value = scope.fill(toPlain(tree))
    if (tree.broken || value === null || typeof value === 'object') continue
    if (typeof value === 'boolean') {
      const word = value ? 'yes' : 'no'
      problems.add(source, tree.span, `Redis writes yes and no, not ${value}`, {
        suggestion: `did you mean \`${word}\`?`,
      })
      continue
    }
    result[key] = String(value)
    const problem = settingProblem(key, String(value), allowed)
    if (problem) problems.add(source, keySpan, problem)
  }
  return result
}

/** By node. */
function readServers(cluster: Entry, topology: Topology, context: CheckContext): Record<string, string> {
  const { source, problems, scope } = context
  const planned = planNodes(topology, 'redis-node')
  const result: Record<string, string> = {}
  const saidBy = new Map<string, string>()
  const servers = entryOf(cluster.value, 'servers')?.value
  for (const { key, keySpan, value: tree } of servers?.kind === 'map' ? servers.entries : []) {
    const found = plannedTargets(key, planned)
    if ('error' in found) {
      const { suggestion } = found
      problems.add(
        source,
        keySpan,
        found.error,
        suggestion === undefined ? {} : { suggestion: `did you mean \`${suggestion}\`?` },
      )
      continue
    }
    const server = String(scope.fill(toPlain(tree)))
    for (const node of found.nodes) {
      const other = saidBy.get(node)
      if (other !== undefined) problems.add(source, keySpan, `${node} has its server already, by \`${other}\``)
      saidBy.set(node, key)
      result[node] = server
    }
  }
  return result
}

/**
 * Why a cluster, with so many nodes that are added to it, has no room in the ports from `portBase` (1–65535) on, in a
 * sentence; undefined if it has.
 */
export function portProblem(topology: ClusterShape, portBase: number, added = 0): string | undefined {
  const { shards, replicas } = topology
  const shape = typeof replicas === 'number' ? `${shards} × ${1 + replicas}` : describeShape(topology)
  const nodes = nodeCount(topology) + added
  const last = portBase + nodes - 1
  if (last <= LAST_PORT) return undefined
  const most = Math.max(0, LAST_PORT - portBase + 1)
  return (
    `${nodes} nodes (${shape}${added === 0 ? '' : `, and ${added} that steps add`}) from port ${portBase} on would need ports up to ${last}; ` +
    `each node also uses its port + 10000, so the last possible one is ${LAST_PORT}: room for ${most} nodes`
  )
}
