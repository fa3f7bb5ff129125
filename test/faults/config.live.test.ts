import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { FaultBoard } from '../../runner/faults/board.ts'
import { step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const [MASTER, REPLICA] = ['redis-node0', 'redis-node1'] as const
const SIGNAL = new AbortController().signal

t.test('settings of running servers', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t)
  const ask = (...words: [string, ...string[]]) => stage.cluster.node(MASTER).client.call(...words)
  const setting = async (name: string) => ((await ask('CONFIG', 'GET', name)) as string[])[1]
  const set = (wanted: Record<string, unknown>, more = {}) => step('config', { node: MASTER, set: wanted }, more)

  await t.test('are changed, bite, and are as before after their time', async (t) => {
    const outcome = await stage.play(set({ maxmemory: '1mb', 'maxmemory-policy': 'noeviction' }, { forMs: 50 }))
    t.match(outcome, { verdict: 'passed', proof: /maxmemory 0 -> 1048576.*healed .*maxmemory 0.* again/ })
    t.equal(await setting('maxmemory'), '0')
    t.same(stage.faults.active, [])
  })

  await t.test('stay changed until they are healed, and clients feel it', async (t) => {
    t.match(await stage.play(set({ maxmemory: '1mb' })), { verdict: 'passed' })
    await t.rejects(ask('SET', 'a', 'b'), { message: /^OOM/ })
    t.match(await stage.play(step('heal', 'config')), { verdict: 'passed', proof: /maxmemory 0 again/ })
    t.equal(await ask('SET', 'a', 'b'), 'OK')
  })

  await t.test('are put back by another runner, which has only the journal', async (t) => {
    t.match(await stage.play(set({ 'slowlog-max-len': 5, save: '3600 1' })), { verdict: 'passed' })
    const heir = stage.successor()
    t.match(await heir.faults.endAll(SIGNAL), [{ proof: /slowlog-max-len 128, save "" again/ }])
    t.equal(await setting('slowlog-max-len'), '128')
    t.equal(await setting('save'), '')
    t.match(await heir.faults.endAll(SIGNAL), [], 'a second time, there is nothing to heal')
    await stage.faults.endAll(SIGNAL)
  })

  await t.test('are set again on a node that was restarted meanwhile', async (t) => {
    t.match(await stage.play(set({ 'slowlog-max-len': 5 })), { verdict: 'passed' })
    t.match(await stage.play(step('restart', MASTER)), { proof: /applied again.*slowlog-max-len 128 -> 5/ })
    t.equal(await setting('slowlog-max-len'), '5')
    await stage.faults.endAll(SIGNAL)
    t.equal(await setting('slowlog-max-len'), '128')
  })

  await t.test('of a node that is down need no healing; of a paused one, they are told', async (t) => {
    const both = step('config', { node: [MASTER, REPLICA], set: { 'slowlog-max-len': 5 } })
    t.match(await stage.play(both), { verdict: 'passed' })
    await stage.servers.pause(REPLICA)
    await t.rejects(stage.faults.endAll(SIGNAL), { name: 'NotHealed', message: /redis-node1.*paused/, hint: /Unpause/ })
    t.equal(stage.faults.active.length, 1, 'it is still kept')
    await stage.servers.unpause(REPLICA)
    await stage.servers.kill(REPLICA)
    t.match(await stage.faults.endAll(SIGNAL), [{ proof: /redis-node0: .*redis-node1 is down.*starts without it/ }])
    await stage.play(step('start', REPLICA))
  })

  await t.test('of a node that goes down while it is healed need no healing either', async (t) => {
    const one = step('config', { node: REPLICA, set: { 'slowlog-max-len': 5 } })
    t.match(await stage.play(one), { verdict: 'passed' })
    await stage.servers.kill(REPLICA)
    // As if it died right after it was looked at.
    let looks = 0
    const servers = Object.create(stage.servers, {
      state: {
        value: async (node: string) => {
          looks += 1
          return looks === 1 ? { status: 'running', text: 'it ran' } : await stage.servers.state(node)
        },
      },
    })
    const late = new FaultBoard({ ...stage, servers, clock: systemClock, active: stage.faults.active, keep: () => {} })
    t.match(await late.endAll(SIGNAL), [{ proof: /redis-node1 is down/ }])
    await stage.faults.endAll(SIGNAL)
    await stage.play(step('start', REPLICA))
  })

  await t.test('of a node that is down cannot be changed', async (t) => {
    await stage.servers.kill(REPLICA)
    t.match(await stage.play(step('config', { node: [MASTER, REPLICA], set: { 'slowlog-max-len': 5 } })), {
      verdict: 'failed',
      error: { message: /config needs nodes that are running: redis-node1 is stopped/ },
    })
    t.equal(await setting('slowlog-max-len'), '128', 'and nothing was changed on the other')
    await stage.play(step('start', REPLICA))
  })

  await t.test('that make no sense are told, and nothing is changed', async (t) => {
    const inconclusive = (wanted: Record<string, unknown>, message: RegExp) =>
      stage.play(set(wanted)).then((outcome) => t.match(outcome, { verdict: 'inconclusive', error: { message } }))
    await inconclusive({ 'no-such-setting': 1 }, /redis-node0 knows no setting no-such-setting/)
    await inconclusive({ maxmemory: 'plenty' }, /did not take CONFIG SET maxmemory.*argument must be a memory value/)
    await inconclusive({ maxmemory: '0' }, /no change on redis-node0: maxmemory 0 as before/)
    await inconclusive({ 'slowlog-max-len': 5, databases: '3' }, /can't set immutable config/)
    t.equal(await setting('slowlog-max-len'), '128', 'what was set before the refusal is put back')
    t.same(stage.faults.active, [])
  })

  await t.test('cannot be changed by two faults at once', async (t) => {
    t.match(await stage.play(set({ 'slowlog-max-len': 5 })), { verdict: 'passed' })
    const message = /slowlog-max-len of redis-node0 is changed already by: slowlog-max-len 5 on redis-node0/
    t.match(await stage.play(set({ 'slowlog-max-len': 6 })), { verdict: 'failed', error: { message, hint: /Heal/ } })
    t.match(await stage.play(set({ 'slowlog-log-slower-than': 5 })), { verdict: 'passed' }, 'others can')
    await stage.faults.endAll(SIGNAL)
  })
  t.same(stage.bugs, [])
})
