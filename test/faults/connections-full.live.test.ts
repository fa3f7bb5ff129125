import { connect } from 'node:net'
import t from 'tap'
import { step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const [MASTER, REPLICA] = ['redis-node0', 'redis-node1'] as const
const SIGNAL = new AbortController().signal

/** A refusal is waited for as long as a slow machine may take; that nothing is said can only be waited for a while. */
const REFUSED_WITHIN_MS = 5000

/** What the server says to somebody who only connects, within a moment. */
function greeting(port: number, withinMs = 300): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    let said = ''
    const end = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(said)
    }
    const timer = setTimeout(end, withinMs)
    socket.on('data', (text) => {
      said += String(text)
      if (said.includes('\n')) end()
    })
    socket.once('close', end)
    socket.once('error', end)
  })
}

t.test('a server that takes no more connections', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t)
  const port = stage.servers.nodes[0]?.port ?? 0
  const setting = async () => {
    const fresh = stage.cluster.connect(MASTER)
    return ((await fresh.call('CONFIG', 'GET', 'maxclients')) as string[])[1]
  }
  const fill = (node: unknown = MASTER, more = {}) => stage.play(step('connections-full', node, more))
  const before = await setting()

  await t.test('refuses new ones, keeps those that are open, and takes new ones once it is healed', async (t) => {
    const old = stage.cluster.connect(MASTER)
    await old.call('PING')
    t.equal(await greeting(port), '')
    t.match(await fill(), {
      verdict: 'passed',
      proof: /redis-node0 refuses a new connection: -ERR max number of clients/,
    })
    t.match(await greeting(port, REFUSED_WITHIN_MS), /^-ERR max number of clients/)
    t.equal(await old.call('PING'), 'PONG')
    t.equal((await stage.cluster.lookAt(REPLICA)).report.replication.masterLink, 'up')
    t.match(await stage.play(step('heal', 'connections-full')), {
      proof: /maxclients \d+ again; a new connection is answered/,
    })
    t.equal(await greeting(port), '')
    t.equal(await setting(), before)
  })

  await t.test('takes new ones after its time', async (t) => {
    t.match(await fill([MASTER, REPLICA], { forMs: 50 }), {
      verdict: 'passed',
      proof: /redis-node1 refuses.*healed /,
    })
    t.equal(await setting(), before)
  })

  await t.test(
    'is restarted where nobody can speak to it any more: the runner lost its connections, or died',
    async (t) => {
      t.match(await fill(), { verdict: 'passed' })
      stage.cluster.node(MASTER).client.close()
      stage.cluster.node(MASTER).data.close()
      const heir = stage.successor()
      t.match(await heir.faults.endAll(SIGNAL), [{ proof: /a new connection is answered/ }])
      t.equal(await greeting(port), '')
      t.equal(await setting(), before)
      t.equal((await stage.servers.state(MASTER)).status, 'running')
      t.match(await heir.faults.endAll(SIGNAL), [])
    },
  )
  t.same(stage.bugs, [])
})

t.test('a full server that restarts is full again', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t, { replicas: 0 })
  const port = stage.servers.nodes[0]?.port ?? 0
  t.match(await stage.play(step('connections-full', MASTER)), { verdict: 'passed' })
  t.match(await stage.play(step('restart', MASTER)), { verdict: 'passed', proof: /applied again: redis-node0 refuses/ })
  t.match(await greeting(port, REFUSED_WITHIN_MS), /max number of clients/)
  t.match(await stage.play(step('heal', 'all')), { verdict: 'passed' })
  t.equal(await greeting(port), '')
})
