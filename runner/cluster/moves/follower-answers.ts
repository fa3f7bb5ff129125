import { errorClass } from '../reply-errors.ts'

/**
 * A master that has lost its last slot, and was told so by the target first, is the target's replica by now
 * (clusterUpdateSlotsConfigWith, cluster.c, Redis 7.0), or has become it while Valkey held the answer back; or its own
 * replicas, whom Valkey waits for, have gone to the target before it (valkey-cli.c, Valkey 8.0).
 */
const FOLLOWS = /Please use SETSLOT only with|^UNBLOCKED .*instance state changed|^NOREPLICAS /i

/**
 * Of the answers to SETSLOTs on one connection to the source: those of a node that follows the target already, which
 * redis-cli takes for success too. Valkey closes the connection on which it held back an answer, with all that stands
 * behind it (disconnectOrRedirectAllBlockedClients, blocked.c, Valkey 8.1).
 */
export function answersOfFollower(replies: readonly unknown[]): Set<unknown> {
  const follows = (reply: unknown) => reply instanceof Error && FOLLOWS.test(reply.message)
  const first = replies.findIndex(follows)
  return new Set(
    first < 0 ? [] : replies.slice(first).filter((reply) => follows(reply) || errorClass(reply) === 'closed'),
  )
}
