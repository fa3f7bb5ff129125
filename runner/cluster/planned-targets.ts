import { parseTarget } from './target-phrase.ts'
import type { PlannedNode } from './topology.ts'

/** Nodes that a phrase stands for in a cluster that is yet to be formed, or why it stands for none. */
export type PlannedTargets = { nodes: string[] } | { error: string; suggestion?: string }

/**
 * Reads a phrase by what nodes are to become: a node's name, `master of shard 1`, `replicas of shard 1`, `all replicas`.
 * What only a formed cluster knows (keys, chance) is an error.
 */
export function plannedTargets(text: string, planned: readonly PlannedNode[]): PlannedTargets {
  const parsed = parseTarget(text, { nodeNames: planned.map(({ name }) => name) })
  if ('error' in parsed) return parsed
  const { target } = parsed
  if (target.kind === 'node') return { nodes: [target.node] }
  if (target.kind === 'related' && target.anchor.by === 'shard') {
    const { shard } = target.anchor
    const role = target.role === 'master' ? 'master' : 'replica'
    const all = namesOf(planned.filter((node) => node.shard === shard && node.role === role))
    const nodes = target.role === 'replica' ? all.slice(0, 1) : all
    return nodes.length > 0 ? { nodes } : { error: `this cluster has no ${role} of shard ${shard}` }
  }
  if (target.kind === 'all' && target.of === undefined && target.except === undefined) {
    const { role } = target
    const nodes = namesOf(planned.filter((node) => role === 'node' || node.role === role))
    return nodes.length > 0 ? { nodes } : { error: `this cluster has no ${role}` }
  }
  return {
    error: `"${text}" is not known before there is a cluster; name a node, \`replica of shard 1\` or \`all nodes\``,
  }
}

function namesOf(nodes: readonly PlannedNode[]): string[] {
  return nodes.map(({ name }) => name)
}
