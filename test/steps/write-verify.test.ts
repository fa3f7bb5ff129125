import t from 'tap'
import { ReplyError } from '../../runner/cluster/reply-errors.ts'
import { Interrupted } from '../../runner/engine/interrupt.ts'
import { type FakeCluster, unanswered } from '../support/fake-cluster.ts'
import { type FakeStage, fakeStage, step } from '../support/fake-stage.ts'
import { afterMs } from '../support/fake-verb.ts'

const WRITE = step('write', { keys: 12, as: 'orders' })
const VERIFY = step('verify', 'orders')

/** Makes all nodes keep what is written, in one store; `before` may wait, or refuse. */
function withStore({ cluster }: FakeStage, before: (words: readonly string[], node: string) => unknown = () => {}) {
  const store = new Map<string, string>()
  for (const { name } of cluster.nodes) {
    cluster.answer(name, async (words) => {
      const [command, key = '', value = ''] = words
      await before(words, name)
      if (command === 'SET') store.set(key, value)
      if (command === 'GET') return store.get(key) ?? null
      return command === 'SET' ? 'OK' : undefined
    })
  }
  return store
}

function sent(cluster: FakeCluster, command: string): number {
  return cluster.sent.filter(({ words }) => words[0] === command).length
}

t.test('what was written is there', async (t) => {
  const stage = fakeStage()
  const store = withStore(stage)
  t.match(await stage.playOne(WRITE), { verdict: 'passed', note: /12 keys.*3 shards/ })
  t.equal(store.size, 12)
  t.match(await stage.playOne(VERIFY), { verdict: 'passed', note: /12 of 12 keys/ })
  const asked = stage.cluster.sent.filter(({ words }) => words[0] === 'GET').map(({ node }) => node)
  t.strictSame([...new Set(asked)].sort(), ['redis-node0', 'redis-node2', 'redis-node4'], 'each at its master')
})

t.test('verify', async (t) => {
  const spoilt: [string, (store: Map<string, string>, key: string, first: string) => void, RegExp][] = [
    ['a key that is gone', (store, key) => store.delete(key), /11 are right, 1 lost/],
    [
      'a value that nobody wrote',
      (store, key) => store.set(key, 'five'),
      /11 are right, 1 with a value that was never/,
    ],
    ['an older value', (store, key, first) => store.set(key, first), /11 are right, 1 back at an older value/],
  ]
  for (const [what, spoil, message] of spoilt) {
    t.test(`finds ${what}`, async (t) => {
      const stage = fakeStage()
      const store = withStore(stage)
      await stage.playOne(WRITE)
      const [[key = '', first = ''] = []] = store
      await stage.playOne(WRITE)
      spoil(store, key, first)
      const outcome = await stage.playOne(VERIFY)
      t.match(outcome, { verdict: 'failed', error: { message } })
      t.match(outcome.error?.details?.join('\n'), key, 'and names it')
    })
  }

  t.test('finds keys that cannot be read; within tries them again', async (t) => {
    const stage = fakeStage()
    withStore(stage)
    await stage.playOne(WRITE)
    stage.cluster.down('redis-node2')
    t.match(await stage.playOne(VERIFY), { verdict: 'failed', error: { message: /4 unreadable/ } })
    setTimeout(() => stage.cluster.up('redis-node2'), 60)
    t.match(await stage.playOne(step('verify', 'orders', { withinMs: 20_000 })), { verdict: 'passed' })
  })

  t.test('of what was never written, or never acknowledged, is no pass', async (t) => {
    const stage = fakeStage()
    withStore(stage, ([command]) => {
      if (command === 'SET') throw new ReplyError('redis-node0', 'MISCONF no space')
    })
    t.match(await stage.playOne(VERIFY), { verdict: 'failed', error: { message: /nothing was written as `orders`/ } })
    t.match(await stage.playOne(WRITE), {
      verdict: 'failed',
      error: { message: /12 of 12 not acknowledged: 12 MISCONF/ },
    })
    t.match(await stage.playOne(VERIFY), { verdict: 'failed', error: { message: /nothing to verify/ } })
  })

  t.test('that takes longer than within does not pass', async (t) => {
    const stage = fakeStage()
    withStore(stage, async ([command]) => command === 'GET' && (await afterMs(200)))
    await stage.playOne(WRITE)
    t.match(await stage.playOne(step('verify', 'orders', { withinMs: 50 })), { verdict: 'failed', limitMs: 50 })
  })
})

t.test('verify on a node', async (t) => {
  const ON_REPLICA = { on: 'redis-node1' }

  t.test(
    'reads the keys of its shard from it, as a replica is read, and leaves the connection as it was',
    async (t) => {
      const stage = fakeStage()
      withStore(stage)
      await stage.playOne(WRITE)
      stage.cluster.sent.length = 0
      t.match(await stage.playOne(step('verify', 'orders', ON_REPLICA)), {
        verdict: 'passed',
        note: /4 of 4 keys read back from redis-node1/,
      })
      t.strictSame([...new Set(stage.cluster.sent.map(({ node }) => node))], ['redis-node1'], 'from it alone')
      t.strictSame(
        stage.cluster.sent.map(({ words }) => words[0]),
        ['READONLY', 'GET', 'GET', 'GET', 'GET', 'READWRITE'],
      )
    },
  )

  t.test('finds what it alone lacks', async (t) => {
    const stage = fakeStage()
    withStore(stage)
    await stage.playOne(WRITE)
    stage.cluster.answer('redis-node3', ([command]) => (command === 'GET' ? null : 'OK'))
    t.match(await stage.playOne(VERIFY), { verdict: 'passed' }, 'the masters have it')
    t.match(await stage.playOne(step('verify', 'orders', { on: 'all replicas' })), {
      verdict: 'failed',
      error: { message: /to be on redis-node3; of 4 acknowledged keys, 0 are right, 4 lost/ },
    })
  })

  t.test('waits within its limit for one that is behind', async (t) => {
    const stage = fakeStage()
    const store = withStore(stage)
    await stage.playOne(WRITE)
    let reads = 0
    stage.cluster.answer('redis-node1', ([command, key = '']) => {
      if (command !== 'GET') return 'OK'
      reads += 1
      return reads <= 4 ? null : store.get(key)
    })
    t.match(await stage.playOne(step('verify', 'orders', { ...ON_REPLICA, withinMs: 20_000 })), { verdict: 'passed' })
  })

  t.test('fails on one that refuses to be read', async (t) => {
    const stage = fakeStage()
    withStore(stage)
    await stage.playOne(WRITE)
    stage.cluster.answer('redis-node1', ([command]) => {
      if (command === 'GET') throw new ReplyError('redis-node1', 'MASTERDOWN Link with MASTER is down')
      return 'OK'
    })
    t.match(await stage.playOne(step('verify', 'orders', ON_REPLICA)), {
      verdict: 'failed',
      error: { message: /4 unreadable/, details: [/shard 1/, /MASTERDOWN/, /read 1 time/] },
    })
  })
})

t.test('write', async (t) => {
  t.test('once, when it has no within', async (t) => {
    const stage = fakeStage()
    stage.cluster.down('redis-node2')
    const outcome = await stage.playOne(WRITE)
    t.match(outcome, { verdict: 'failed', error: { message: /4 of 12 not acknowledged: 4 refused/, hint: /within/ } })
    t.equal(sent(stage.cluster, 'SET'), 8)
  })

  t.test('again within its limit, only what was not acknowledged', async (t) => {
    const stage = fakeStage()
    withStore(stage)
    stage.cluster.down('redis-node2')
    setTimeout(() => stage.cluster.up('redis-node2'), 60)
    const outcome = await stage.playOne(step('write', { keys: 12, as: 'orders' }, { withinMs: 20_000 }))
    t.match(outcome, { verdict: 'passed' })
    t.equal(sent(stage.cluster, 'SET'), 12)
    t.match(await stage.playOne(VERIFY), { verdict: 'passed' })
  })

  t.test('that is acknowledged after its limit does not pass', async (t) => {
    const stage = fakeStage()
    withStore(stage, async ([command]) => command === 'SET' && (await afterMs(200)))
    const outcome = await stage.playOne(step('write', { keys: 12, as: 'orders' }, { withinMs: 50 }))
    t.match(outcome, { verdict: 'failed', limitMs: 50 })
  })

  t.test('with another number of keys under the same name is refused', async (t) => {
    const stage = fakeStage()
    await stage.playOne(WRITE)
    const outcome = await stage.playOne(step('write', { keys: 13, as: 'orders' }))
    t.match(outcome, { verdict: 'failed', error: { message: /12 keys before, and now with 13/ } })
  })

  t.test('of one name at the same time is refused, and what was sent is judged right', async (t) => {
    const stage = fakeStage()
    withStore(stage, async ([command]) => command === 'SET' && (await afterMs(30)))
    const ends = await Promise.all([stage.playOne(WRITE), stage.playOne(WRITE)])
    t.same(ends.map(({ verdict }) => verdict).sort(), ['failed', 'passed'])
    t.match(await stage.playOne(VERIFY), { verdict: 'passed' })
  })
})

t.test('a write without an answer', async (t) => {
  for (const lands of [true, false]) {
    t.test(`that ${lands ? 'landed' : 'did not land'} is not held against the cluster`, async (t) => {
      const stage = fakeStage()
      let silent = false
      const store = withStore(stage, ([command, key = '', value = '']) => {
        if (command !== 'SET' || !silent) return
        if (lands) store.set(key, value)
        throw unanswered('redis-node0')
      })
      t.match(await stage.playOne(WRITE), { verdict: 'passed' })
      silent = true
      t.match(await stage.playOne(WRITE), { verdict: 'failed', error: { message: /12 timeout/ } })
      t.match(await stage.playOne(VERIFY), { verdict: 'passed' })
    })
  }

  for (const lands of [true, false]) {
    t.test(`that was interrupted in flight, and ${lands ? 'landed' : 'did not land'}`, async (t) => {
      const stage = fakeStage()
      const controller = new AbortController()
      let slow = false
      let landed = Promise.resolve()
      withStore(stage, async ([command]) => {
        if (command !== 'SET' || !slow) return
        controller.abort(new Interrupted('SIGINT'))
        landed = afterMs(40)
        await landed
        if (!lands) throw unanswered('redis-node0')
      })
      t.match(await stage.playOne(WRITE), { verdict: 'passed' })
      slow = true
      t.match(await stage.playOne(WRITE, controller.signal), { verdict: 'interrupted' })
      await landed
      slow = false
      t.match(await stage.playOne(VERIFY), { verdict: 'passed' })
      t.match(await stage.playOne(WRITE), { verdict: 'passed' }, 'and the name can be written again')
      t.match(await stage.playOne(VERIFY), { verdict: 'passed' })
    })
  }
})

t.test('a server without room for its data is no verdict on the cluster', async (t) => {
  const stage = fakeStage()
  withStore(stage, ([command]) => {
    if (command !== 'SET') return
    throw new ReplyError('redis-node0', 'MISCONF Errors writing to the AOF file: No space left on device')
  })
  t.match(await stage.playOne(WRITE), {
    verdict: 'error',
    error: { message: /the disk of redis-node\d is full/, hint: /TMPDIR/ },
  })
})
