import { z } from 'zod'
import type { GroupNeeds } from '../platforms/faults.ts'
import type { StartChanges } from '../platforms/platform.ts'
import { fillInKnown, type Names } from './names.ts'
import { proveServer, serverName } from './server-of-node.ts'
import { type Step, type StepContext, StepFailure, StepInconclusive, type StepResult } from './verb.ts'

/** What a verb that starts servers can be told to make another about them. */
export const startChanges = {
  server: serverName
    .optional()
    .describe('Another server that it is started as, with the data that is there: redis:8.0'),
  data: z
    .enum(['kept', 'empty'])
    .optional()
    .describe('empty: it finds none of the data that was there, and is given all by its master; kept if not given'),
  refused: z
    .string()
    .min(1)
    .optional()
    .describe('The server is to refuse to start, and stays down, with this among its last words: RDB format version'),
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
  server?: string | undefined
  data?: 'kept' | 'empty' | undefined
  refused?: string | undefined
  address?: 'new' | undefined
  identity?: 'kept' | 'lost' | undefined
}

/** What is to be another; undefined if nothing is. */
export function changesOf({ server, data, refused, address, identity }: ChangesArg): StartChanges | undefined {
  const changes: StartChanges = {
    ...(server !== undefined && { server }),
    ...(data === 'empty' && { data }),
    ...(refused !== undefined && { refused }),
    ...(address && { address }),
    ...(identity === 'lost' && { identity }),
  }
  return Object.keys(changes).length === 0 ? undefined : changes
}

/** The server that a step starts nodes as, as far as names are known; undefined where they stay what they are. */
export function serverAskedFor({ verb, arg }: Step, names: Names): string | undefined {
  if (verb !== 'start' && verb !== 'restart') return undefined
  const written = z.object({ server: serverName }).safeParse(fillInKnown(arg, names))
  return written.success ? written.data.server : undefined
}

/** What servers must be made with for a step with this argument. */
export function needsOfChanges({ address }: { address?: unknown }): GroupNeeds {
  return address === undefined ? {} : { addresses: true }
}

/** To the others, a node that lost its nodes.conf is one that was reset: another one, which may claim slots of its keys. */
export function administeredBy(changes: StartChanges | undefined): Pick<StepResult, 'administers'> {
  return changes?.identity === 'lost' ? { administers: 'CLUSTER RESET' } : {}
}

/** The failure of a step that has changed its nodes all the same. */
export function alsoAdministered(failure: unknown, changes: StartChanges | undefined): unknown {
  if (!(failure instanceof StepFailure) || changes?.identity !== 'lost') return failure
  const outcome = { ...failure.outcome, ...administeredBy(changes) }
  return failure instanceof StepInconclusive
    ? new StepInconclusive(failure.error, outcome)
    : new StepFailure(failure.error, outcome)
}

/** For the end of a sentence. */
export function describeChanges({ server, data, refused, address, identity }: StartChanges = {}): string {
  const as = `${server === undefined ? '' : ` as ${server}`}${data ? ' with no data' : ''}${refused === undefined ? '' : ', to be refused'}`
  return `${as}${address ? ' at a new address' : ''}${identity ? `${address ? ' and' : ''} without its identity` : ''}`
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
  context: StepContext,
): Promise<string> {
  const { cluster } = context
  const proofs: string[] = []
  if (changes.server !== undefined) proofs.push(await proveServer(context, node))
  if (changes.data) proofs.push('none of its data was left')
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
