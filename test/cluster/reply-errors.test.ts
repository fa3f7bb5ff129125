import t from 'tap'
import {
  errorClass,
  failureOf,
  isIndeterminate,
  parseAsk,
  parseMoved,
  ReplyError,
  Unreachable,
} from '../../runner/cluster/reply-errors.ts'

const said = (message: string) => new ReplyError('redis-node0', message)
const silent = (kind: 'refused' | 'timeout' | 'closed' | 'reset', indeterminate: boolean) =>
  new Unreachable({ node: 'redis-node0', address: 'localhost:7010', kind, indeterminate, reason: kind })

t.test('classes of errors', async (t) => {
  t.equal(errorClass(said('MOVED 3999 localhost:7014')), 'MOVED')
  t.equal(errorClass(said('CLUSTERDOWN The cluster is down')), 'CLUSTERDOWN')
  t.equal(errorClass(said('ASKING is not what this is')), 'other')
  t.equal(errorClass(said("ERR unknown command 'MOVED'")), 'other')
  t.equal(errorClass(silent('refused', false)), 'refused')
  t.equal(errorClass(silent('reset', true)), 'closed')
  t.equal(errorClass('nothing'), 'other')
})

t.test('what may have been carried out', async (t) => {
  t.ok(isIndeterminate(silent('timeout', true)))
  t.notOk(isIndeterminate(silent('timeout', false)))
  t.notOk(isIndeterminate(said('READONLY You can not write')))
})

t.test('where MOVED points', async (t) => {
  t.same(parseMoved(said('MOVED 3999 localhost:7014')), { slot: 3999, host: 'localhost', port: 7014 })
  t.same(parseMoved(said('MOVED 3999 :7014')), { slot: 3999, host: '', port: 7014 })
  t.same(parseMoved(said('MOVED 3999 ::1:7014')), { slot: 3999, host: '::1', port: 7014 })
  t.equal(parseMoved(said('ASK 3999 localhost:7014')), undefined)
  t.same(parseAsk(said('ASK 3999 localhost:7014')), { host: 'localhost', port: 7014 })
  t.same(parseAsk(said('ASK 3999 :7014')), { host: '', port: 7014 })
  t.equal(parseAsk(said('MOVED 3999 localhost:7014')), undefined)
})

t.test('what gave no answer has refused nothing', async (t) => {
  const told = (error: Error) => failureOf('redis-node0', 'CLUSTER SETSLOT 5 NODE', error)
  t.equal(told(said('ERR Unknown node abc')), 'redis-node0 refused CLUSTER SETSLOT 5 NODE: ERR Unknown node abc')
  t.equal(
    told(silent('closed', true)),
    'CLUSTER SETSLOT 5 NODE came to nothing: redis-node0 (localhost:7010) did not answer: closed',
  )
})
