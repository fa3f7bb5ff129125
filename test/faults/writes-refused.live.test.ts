import t, { type Test } from 'tap'
import { parseInfo } from '../../runner/cluster/node-report.ts'
import { step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const [MASTER, REPLICA] = ['redis-node0', 'redis-node1'] as const
const SIGNAL = new AbortController().signal
const SETTINGS = ['save', 'stop-writes-on-bgsave-error', 'repl-diskless-sync', 'dbfilename']

t.test('a master that refuses writes', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t, { needs: { protectedSettings: true } })
  const ask = (...words: [string, ...string[]]) => stage.cluster.node(MASTER).client.call(...words)
  const settings = async () => await Promise.all(SETTINGS.map((name) => ask('CONFIG', 'GET', name)))
  const lastSave = async () => parseInfo(String(await ask('INFO', 'persistence'))).get('rdb_last_bgsave_status')
  const before = await settings()
  const refuse = (more = {}) => stage.play(step('writes-refused', MASTER, more))
  const assertHealed = async (t: Test) => {
    t.same(await settings(), before)
    t.equal(await lastSave(), 'ok')
    t.equal(await ask('SET', 'a', 'again'), 'OK')
    t.same(stage.faults.active, [])
  }
  await ask('SET', 'a', 'before')

  await t.test('answers MISCONF to writes and still answers reads, until it is healed', async (t) => {
    t.match(await refuse(), {
      verdict: 'passed',
      proof: /redis-node0 answers DEL of a key that is not there with MISCONF/,
    })
    await t.rejects(ask('SET', 'a', 'after'), { message: /^MISCONF/ })
    t.equal(await ask('GET', 'a'), 'before')
    t.match(await stage.play(step('heal', 'all')), { proof: /save "", .*it answers DEL.* with 0/ })
    await assertHealed(t)
  })

  await t.test('takes them again after its time', async (t) => {
    t.match(await refuse({ forMs: 50 }), { verdict: 'passed', proof: /MISCONF; healed / })
    await assertHealed(t)
  })

  await t.test('goes on refusing while a replica takes all data anew', async (t) => {
    t.match(await refuse(), { verdict: 'passed' })
    await stage.servers.kill(REPLICA)
    await stage.servers.start(REPLICA)
    t.match(await stage.play(step('expect', { node: REPLICA, link: 'up' }, { withinMs: 10_000 })), {
      verdict: 'passed',
    })
    await t.rejects(ask('SET', 'a', 'after'), { message: /^MISCONF/ })
    await stage.faults.endAll(SIGNAL)
    await assertHealed(t)
  })

  await t.test('refuses them again after a restart in good order', async (t) => {
    t.match(await refuse(), { verdict: 'passed' })
    t.match(await stage.play(step('restart', MASTER)), { verdict: 'passed', proof: /applied again: .*MISCONF/ })
    await stage.faults.endAll(SIGNAL)
    t.match(await stage.play(step('expect', { cluster: 'healthy' }, { withinMs: 10_000 })), { verdict: 'passed' })
    await assertHealed(t)
  })

  await t.test('that was paused answers when it goes on', async (t) => {
    t.match(await refuse(), { verdict: 'passed' })
    t.match(await stage.play(step('pause', MASTER, { forMs: 100 })), { verdict: 'passed', proof: /refusing writes/ })
    await stage.faults.endAll(SIGNAL)
    await assertHealed(t)
  })

  await t.test('is healed by another runner, which has only the journal', async (t) => {
    t.match(await refuse(), { verdict: 'passed' })
    const heir = stage.successor()
    t.match(await heir.faults.endAll(SIGNAL), [{ proof: /save "".* again/ }])
    await stage.faults.endAll(SIGNAL)
    await assertHealed(t)
  })

  await t.test('is healed when the runner died while the save was made to fail', async (t) => {
    t.match(await refuse(), { verdict: 'passed' })
    await ask('CONFIG', 'SET', 'dbfilename', '.')
    await stage.faults.endAll(SIGNAL)
    await assertHealed(t)
  })

  await t.test('is a master: a replica is told', async (t) => {
    const message = /redis-node1 is a replica, and a replica refuses all writes anyway/
    t.match(await stage.play(step('writes-refused', REPLICA)), { verdict: 'failed', error: { message } })
  })

  await t.test('is left alone by other changes of the settings that it stands on', async (t) => {
    t.match(await refuse(), { verdict: 'passed' })
    t.match(await stage.play(step('config', { node: MASTER, set: { save: '60 1' } })), {
      verdict: 'failed',
      error: { message: /save of redis-node0 is changed already by: redis-node0 refusing writes/ },
    })
    await stage.faults.endAll(SIGNAL)
  })
  t.same(stage.bugs, [])
})

t.test('where the name of the dump is protected', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t, { replicas: 0 })
  t.match(await stage.play(step('writes-refused', MASTER)), {
    verdict: 'inconclusive',
    error: { message: /unsupported here: redis-node0 does not let the name of its dump be changed/ },
  })
  t.equal(await stage.cluster.node(MASTER).client.call('SET', 'a', 'b'), 'OK')
  t.same(stage.faults.active, [])
})
