import type { z } from 'zod'
import { parseTarget } from '../cluster/targets.ts'
import { nodeCount, type Topology } from '../cluster/topology.ts'
import { nodeName } from '../platforms/platform.ts'
import type { AuditPardonFor } from '../record/audit-outcome.ts'
import { fillInKnown, type Names } from '../steps/names.ts'
import { auditSchema, type pardons } from './audit-schema.ts'
import type { CheckContext } from './check-value.ts'
import { checkNames } from './scope.ts'
import { readKey } from './top-level.ts'
import { type Entry, entryOf, type MapTree, scalarsIn } from './tree.ts'

/** A pardon as written: `nodes` are names of nodes, or `$names` that the steps give. */
export interface WrittenPardon {
  nodes?: string[]
  pardon: 'allowed' | 'expected'
}

/** Pardons with their `$names` filled in. A name that the steps did not come to give stays, and stands for no node. */
export function resolvePardons(
  written: Readonly<Record<string, readonly WrittenPardon[]>>,
  names: Names,
): Record<string, AuditPardonFor[]> {
  const nodesOf = (phrase: string) => [fillInKnown(phrase, names)].flat().map(String)
  const resolved = ({ nodes, pardon }: WrittenPardon): AuditPardonFor =>
    nodes === undefined ? { pardon } : { pardon, nodes: nodes.flatMap(nodesOf) }
  return Object.fromEntries(Object.entries(written).map(([rule, pardons]) => [rule, pardons.map(resolved)]))
}

/** The scenario's pardons, by rule. What is wrong is reported, and left out. */
export function readAudit(map: MapTree, topology: Topology, context: CheckContext): Record<string, WrittenPardon[]> {
  const entry = entryOf(map, 'audit')
  if (entry) {
    checkNames(entry.value, context.scope, context.source, context.problems)
    const nodeNames = Array.from({ length: nodeCount(topology) }, (_, index) => nodeName(index))
    checkNodes(entry, nodeNames, context)
  }
  const section = readKey(map, 'audit', auditSchema, context) ?? {}
  return Object.fromEntries(
    Object.entries(section).map(([rule, written]) => [rule, written === undefined ? [] : listOf(written)]),
  )
}

/** A pardon of a node that there is not would stand for nothing. */
function checkNodes({ value }: Entry, nodeNames: readonly string[], { source, problems, scope }: CheckContext): void {
  for (const { scalar, path } of scalarsIn(value)) {
    if (!path.includes('node') && !path.includes('nodes')) continue
    const name = scope.fill(scalar.value)
    if (typeof name !== 'string' || scope.openNames(name).length > 0) continue
    const known = parseTarget(name)
    // Whatever is no name of a node is told otherwise.
    if (!('target' in known) || known.target.kind !== 'node') continue
    const parsed = parseTarget(name, { nodeNames })
    if (!('error' in parsed)) continue
    const suggestion = parsed.suggestion && `did you mean \`${parsed.suggestion}\`?`
    problems.add(source, scalar.span, parsed.error, { suggestion })
  }
}

function listOf(written: z.infer<typeof pardons>): WrittenPardon[] {
  if (typeof written === 'string') return [{ pardon: written }]
  const list = Array.isArray(written) ? written : [written]
  return list.map(({ node: one, nodes, expected }) => {
    const named = nodes ?? (one === undefined ? undefined : [one])
    return { pardon: expected === true ? 'expected' : 'allowed', ...(named === undefined ? {} : { nodes: named }) }
  })
}
