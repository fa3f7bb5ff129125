import { z } from 'zod'
import type { GroupNeeds } from '../platforms/faults.ts'
import type { StartChanges } from '../platforms/platform.ts'
import { type StepContext, StepInconclusive } from './verb.ts'

/** What a verb that starts servers can be told to make another about them. */
export const startChanges = {
  address: z
    .literal('new')
    .optional()
    .describe(
      'new: the others find it at another address, as a pod that comes back; they must learn it by gossip. Clients find it where it was',
    ),
  identity: z
    .enum(['kept', 'lost'])
    .optional()
    .describe('lost: its nodes.conf is gone and its data kept; it comes back as a node that nobody knows'),
}

/** An argument that may have them. */
export interface ChangesArg {
  address?: 'new' | undefined
  identity?: 'kept' | 'lost' | undefined
}

/** What is to be another; undefined if nothing is. */
export function changesOf({ address, identity }: ChangesArg): StartChanges | undefined {
  if (address === undefined && identity !== 'lost') return undefined
  return { ...(address && { address }), ...(identity === 'lost' && { identity }) }
}

/** What servers must be made with for a step with this argument. */
export function needsOfChanges({ address }: { address?: unknown }): GroupNeeds {
  return address === undefined ? {} : { addresses: true }
}

/** For the end of a sentence. */
export function describeChanges({ address, identity }: StartChanges = {}): string {
  return `${address ? ' at a new address' : ''}${identity ? `${address ? ' and' : ''} without its identity` : ''}`
}

/** Who a node was before it was changed. */
export interface NodeBefore {
  address: string
  /** Its id in the cluster, as it said last; undefined if it never did. */
  id: string | undefined
}

export function beforeChanges(node: string, { cluster }: StepContext): NodeBefore {
  return { address: cluster.node(node).peerHost, id: cluster.lastIdOf(node) }
}

/** In words, what shows that the changes came about; throws StepInconclusive if one did not. */
export async function proveChanges(
  node: string,
  changes: StartChanges,
  before: NodeBefore,
  { cluster }: StepContext,
): Promise<string> {
  const proofs: string[] = []
  const { peerHost, client } = cluster.node(node)
  if (changes.address) {
    if (peerHost === before.address) {
      throw new StepInconclusive({ message: `${node} was to have another address, but is still at ${peerHost}` })
    }
    proofs.push(`now at ${peerHost}, before at ${before.address}`)
  }
  const id = String(await client.callWithin(2000, 'CLUSTER', 'MYID'))
  const isKnown = before.id === id
  if (before.id !== undefined && isKnown === (changes.identity === 'lost')) {
    throw new StepInconclusive({
      message: `${node} was to be ${isKnown ? 'another node' : 'the same node'} of the cluster, but its id is ${short(id)}${isKnown ? ' as before' : `, and was ${short(before.id)}`}`,
    })
  }
  if (changes.identity === 'lost') proofs.push(`its id is ${short(id)}, and was ${short(before.id)}`)
  return proofs.join(', ')
}

function short(id = 'never seen'): string {
  return id.slice(0, 8)
}
