import { messageOf, PlayError } from '../base/errors.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import { type MemberName, membersUsedIn, type Names } from './names.ts'

/** Thrown for what is asked of a node by its name and cannot be told. */
class UnknownMember extends PlayError {
  override name = 'UnknownMember'
}

/**
 * Reads what a step asks of nodes by name, as `$victim.port`: as it is now, so each time anew. Never rejects: what cannot
 * be told is thrown where it is filled in.
 */
export async function readMembers(value: unknown, names: Names, cluster: LiveCluster): Promise<void> {
  for (const { name, member } of membersUsedIn(value)) {
    if (!names.has(name)) continue
    const node = nodeOf(names.get(name), cluster)
    // A text that is no node's name has no members: what follows it is more text.
    const found = node === undefined ? undefined : await memberOf(node, `$${name}.${member}`, member, cluster)
    names.setMember(name, member, found)
  }
}

function nodeOf(value: unknown, cluster: LiveCluster): string | readonly string[] | undefined {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? value : undefined
  return typeof value === 'string' && cluster.has(value) ? value : undefined
}

async function memberOf(
  node: string | readonly string[],
  written: string,
  member: MemberName,
  cluster: LiveCluster,
): Promise<string | number | PlayError> {
  if (typeof node !== 'string') {
    return new UnknownMember(`${written} is of one node, and its name stands for ${node.length}: ${node.join(', ')}`)
  }
  switch (member) {
    case 'address':
      return cluster.node(node).peerHost
    case 'port':
      return cluster.node(node).peerPort
    case 'id':
      return await idOf(node, written, cluster)
    case 'shard': {
      const shard = (await cluster.look()).agreed.shardOf(node)
      return shard?.number ?? new UnknownMember(`${written} is not known: ${node} is in no shard now`)
    }
  }
}

/** Of a node that does not answer, what it last said. */
async function idOf(node: string, written: string, cluster: LiveCluster): Promise<string | PlayError> {
  try {
    return (await cluster.lookAt(node)).report.view.myId
  } catch (error) {
    return cluster.lastIdOf(node) ?? new UnknownMember(`${written} is not known: ${messageOf(error)}`)
  }
}
