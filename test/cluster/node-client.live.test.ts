import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { poll } from '../../runner/base/poll.ts'
import { NodeClient } from '../../runner/cluster/node-client.ts'
import { errorClass, isIndeterminate, ReplyError, Unreachable } from '../../runner/cluster/reply-errors.ts'
import { leasePort } from '../support/lease.ts'
import { skipWithoutRedis, startLocalServers } from '../support/local-servers.ts'

const skip = skipWithoutRedis()

process.on('unhandledRejection', (error) => {
  throw error
})

function clientOf(port: number, password = 'test-secret'): NodeClient {
  return new NodeClient({ name: 'redis-node0', host: '127.0.0.1', port, password })
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return { unexpected: await call }
  } catch (error) {
    return error
  }
}

t.test('a refused port', async (t) => {
  const port = await leasePort()
  const client = clientOf(port)
  t.teardown(() => client.close())
  const error = await failureOf(client.call('PING'))
  t.ok(error instanceof Unreachable)
  t.match(error, { kind: 'refused', indeterminate: false, reason: 'connection refused' })
  t.equal(errorClass(error), 'refused')
  t.equal(String(error), `Unreachable: redis-node0 (127.0.0.1:${port}) did not answer: connection refused`)
})

t.test('a peer that accepts and says nothing', async (t) => {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket))
  const port = await leasePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const client = clientOf(port)
  t.teardown(() => {
    client.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const calls = [1, 2, 3].map(() => failureOf(client.callWithin(150, 'PING')))
  for (const error of await Promise.all(calls)) {
    t.match(error, { kind: 'timeout', indeterminate: false, reason: 'no connection within 150 ms' })
  }
  t.equal(sockets.length, 1, 'calls at once share one attempt to connect')
})

t.test('a server', { skip }, async (t) => {
  const servers = await startLocalServers({ count: 1 })
  t.teardown(() => servers.stop())
  const port = servers.nodes[0]?.port ?? 0

  t.test('replies, also in one round trip with errors in their places', async (t) => {
    const client = clientOf(port)
    t.teardown(() => client.close())
    t.equal(await client.call('ping'), 'PONG')
    t.same(await client.call('CONFIG', 'GET', 'appendonly'), ['appendonly', 'yes'])
    const replies = await client.pipeline([
      ['ECHO', 1],
      ['NONSENSE', 'secret'],
      ['ECHO', 'two'],
    ])
    t.equal(replies[0], '1')
    t.ok(replies[1] instanceof ReplyError)
    t.notOk('command' in Object(replies[1]), 'the error does not carry the arguments')
    t.equal(replies[2], 'two')
    t.match(await failureOf(client.call('GET', 'a')), {
      name: 'ReplyError',
      node: 'redis-node0',
      message: /^CLUSTERDOWN/,
    })
  })

  t.test('a wrong password', async (t) => {
    const client = clientOf(port, 'wrong-one')
    t.teardown(() => client.close())
    const error = await failureOf(client.call('PING'))
    t.match(error, { name: 'ReplyError', message: /WRONGPASS/ })
    t.notMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), 'wrong-one')
  })

  t.test('a paused server: deadlines hold, and the next call starts afresh', async (t) => {
    const client = clientOf(port)
    t.teardown(() => client.close())
    await client.call('PING')
    servers.signal('redis-node0', 'SIGSTOP')
    const error = await failureOf(client.callWithin(100, 'SET', 'key', 'value'))
    t.match(error, { kind: 'timeout', indeterminate: true, reason: 'no reply to SET within 100 ms' })
    t.ok(isIndeterminate(error))
    t.match(await failureOf(client.callWithin(100, 'PING')), { kind: 'timeout', indeterminate: false })
    servers.signal('redis-node0', 'SIGCONT')
    t.equal(await client.call('PING'), 'PONG')
  })

  t.test('what was answered before a time-out is kept', async (t) => {
    const client = clientOf(port)
    t.teardown(() => client.close())
    await client.call('PING')
    const replies = await client.pipeline([['PING'], ['WAIT', 1, 10_000], ['PING']], 1000)
    t.equal(replies[0], 'PONG')
    t.match(replies[2], { kind: 'timeout', indeterminate: true })
  })

  t.test('other calls on a connection that is given up', async (t) => {
    const client = clientOf(port)
    t.teardown(() => client.close())
    await client.call('PING')
    const errors = await Promise.all([
      failureOf(client.callWithin(100, 'WAIT', 1, 3000)),
      failureOf(client.callWithin(5000, 'PING')),
    ])
    t.match(errors, [
      { kind: 'timeout', reason: 'no reply to WAIT within 100 ms' },
      { kind: 'timeout', reason: 'no reply to PING before the silent connection was given up', indeterminate: true },
    ])
  })

  t.test('close ends calls under way and later ones', async (t) => {
    const client = clientOf(port)
    await client.call('PING')
    const waiting = failureOf(client.callWithin(5000, 'WAIT', 1, 3000))
    client.close()
    t.match(await waiting, { kind: 'closed' })
    t.match(await failureOf(client.call('PING')), { kind: 'closed', indeterminate: false })
    client.close()
  })

  t.test('a server that is killed and started again', async (t) => {
    const client = clientOf(port)
    t.teardown(() => client.close())
    await client.call('PING')
    await servers.kill('redis-node0')
    t.match(await failureOf(client.call('PING')), { name: 'Unreachable' })
    t.match(await failureOf(client.call('PING')), { kind: 'refused' })
    await servers.start('redis-node0')
    // A server that has just started may still be loading, and says so.
    const answers = async () => {
      const [reply] = await client.pipeline([['PING']])
      return { ok: reply === 'PONG', seen: String(reply) }
    }
    t.match(await poll(answers, { clock: systemClock, withinMs: 5000, everyMs: 10 }), { ok: true })
  })
})
