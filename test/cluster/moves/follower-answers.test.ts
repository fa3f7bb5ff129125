import t from 'tap'
import { answersOfFollower } from '../../../runner/cluster/moves/follower-answers.ts'
import { ReplyError, Unreachable } from '../../../runner/cluster/reply-errors.ts'

const said = (message: string) => new ReplyError('redis-node2', message)
const UNBLOCKED = said('UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)')
const CLOSED = new Unreachable({
  ...{ node: 'redis-node2', address: '127.0.0.1:7012', kind: 'closed', indeterminate: true },
  reason: 'connection closed before the reply to CLUSTER SETSLOT',
})

t.test('a source that became a replica of the target has taken its last slots', async (t) => {
  const replica = said('ERR Please use SETSLOT only with masters.')
  t.same([...answersOfFollower(['OK', replica, replica])], [replica])
  const without = said('NOREPLICAS Not enough good replicas to write.')
  t.same([...answersOfFollower([without])], [without])
})

t.test('and closed the connection on which it held an answer back', async (t) => {
  t.same([...answersOfFollower(['OK', UNBLOCKED, CLOSED, CLOSED])], [UNBLOCKED, CLOSED])
})

t.test('but one that ended has not, nor one that knows no such node', async (t) => {
  t.equal(answersOfFollower(['OK', CLOSED, CLOSED]).size, 0)
  t.equal(answersOfFollower([said('ERR Unknown node 0123')]).size, 0)
})
