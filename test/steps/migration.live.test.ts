import t from 'tap'
import { tagOfSlot } from '../../runner/cluster/slot-tags.ts'
import { healAll } from '../../runner/engine/heal-all.ts'
import { fakeStage, step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const [ONE, OTHER] = ['redis-node0', 'redis-node1'] as const

for (const [server, how, stages] of [
  ['redis:7.0', 'keys', ['importing', 'half', 'handoff']],
  ['valkey:9.1', 'atomic', ['half']],
] as const) {
  t.test(`moves of slots by ${how} outlast their step`, { skip: skipWithoutRedis() }, async (t) => {
    const stage = await liveStage(t, { shards: 2, replicas: 0, server, needs: { debug: true } })
    const { cluster, play } = stage
    const ownerOf = async (slot: number) => (await cluster.look()).agreed.ownerOf(slot)
    const expectMoved = (arg: object, withinMs = 15_000) => play(step('expect', arg, { withinMs }))
    const open = async () =>
      [...(await cluster.look()).reports.values()].flatMap(({ view }) => view.nodes.flatMap((node) => node.openSlots))
    for (let slot = 0; slot < 30; slot += 1) {
      await cluster.node(ONE).client.call('SET', `{${tagOfSlot(slot)}}:a`, slot)
      await cluster.node(ONE).client.call('SET', `{${tagOfSlot(slot)}}:b`, slot)
    }
    const keys = async () =>
      Number(await cluster.node(ONE).client.call('DBSIZE')) + Number(await cluster.node(OTHER).client.call('DBSIZE'))
    t.match(await play(step('expect', { migration: 'done' })), {
      verdict: 'failed',
      error: { message: 'there is no move of slots called migration' },
    })

    for (const until of stages) {
      await t.test(`one is left at ${until}, asked about, and resumed or cancelled`, async (t) => {
        t.match(await play(step('reshard', { slots: '0-9', to: OTHER, how, until })), {
          verdict: 'passed',
          proof: new RegExp(`^stopped: \\d+ of 10 slots moved, \\d+ left; at ${until}$`),
        })
        t.match(await expectMoved({ migration: 'done' }, 0), { verdict: 'failed', lastSeen: /^stopped: / })
        t.match(await play(step('migration', 'resume')), {
          verdict: 'passed',
          proof: 'done: 10 of 10 slots moved, 0 left',
        })
        t.equal(await ownerOf(9), OTHER)
        t.match(await play(step('reshard', { slots: '0-9', to: ONE, how, until, as: 'back' })), { verdict: 'passed' })
        t.match(await play(step('migration', { cancel: 'back' })), { verdict: 'passed', proof: /^cancelled: / })
        t.same(await open(), [])
        t.match(await play(step('expect', { cluster: 'healthy' }, { withinMs: 10_000 })), { verdict: 'passed' })
        t.equal(await keys(), 60, 'no key is lost, and none doubled')
        for (let slot = 0; slot < 10; slot += 1) {
          if ((await ownerOf(slot)) === OTHER) await play(step('reshard', { slots: slot, to: ONE, how }))
        }
      })
    }

    await t.test('one that no step has ended when all are over is ended, and told', async (t) => {
      const left = step('reshard', { slots: '0-9', to: OTHER, how, until: 'half', as: 'left' })
      t.match(await play(left), { verdict: 'passed' })
      const { stage: told, events } = fakeStage()
      const over = { ...told, cluster, faults: stage.faults, begunMoves: [[0, 9] satisfies [number, number]] }
      const healed = await healAll({ verdict: 'passed' }, over, new AbortController().signal, { keep: false })
      t.match(healed, { verdict: 'passed' })
      t.match(
        events.filter(({ type }) => type === 'warning'),
        [{ text: /^the steps left slots half-way, and they were ended after the last one: .*`migration: resume`/ }],
      )
      t.same(await open(), [])
    })

    await t.test('one goes on while later steps play', async (t) => {
      const to = (await ownerOf(20)) === ONE ? OTHER : ONE
      t.match(await play(step('reshard', { slots: '20-29', to, how, background: true, as: 'big' })), {
        verdict: 'passed',
        proof: /^it has begun: running: 0 of 10 slots moved, 10 left/,
      })
      t.match(await expectMoved({ migration: 'done', as: 'big' }), { verdict: 'passed', lastSeen: /^done: 10 of 10/ })
      t.equal(await ownerOf(25), to)
      t.match(await play(step('migration', { cancel: 'big' })), {
        verdict: 'failed',
        error: { message: /nothing to cancel/ },
      })
    })
  })
}

t.test('Redis goes on by itself with what it was to keep', { skip: skipWithoutRedis() }, async (t) => {
  const { cluster, play, events } = await liveStage(t, {
    shards: 2,
    replicas: 0,
    server: 'redis:8.6',
    needs: { debug: true },
  })
  await cluster.node(ONE).client.call('SET', `{${tagOfSlot(3)}}:a`, 3)
  const leave = (until: string, slots: string, as: string) =>
    play(step('reshard', { slots, to: OTHER, how: 'atomic', until, as }))
  t.match(await leave('half', '0-9', 'half'), {
    verdict: 'inconclusive',
    error: { message: /Redis keeps a move nowhere/ },
  })
  t.match(await leave('importing', '10-19', 'empty'), {
    verdict: 'inconclusive',
    error: { message: /there are none in these slots$/ },
  })
  t.match(await leave('importing', '0-9', 'kept'), { verdict: 'passed', proof: /^stopped: 0 of 10/ })
  t.match(await play(step('expect', { migration: 'done', as: 'kept' }, { withinMs: 20_000 })), {
    verdict: 'passed',
    lastSeen: 'done: 10 of 10 slots moved, 0 left; the servers went on by themselves',
  })
  t.match(await play(step('migration', { cancel: 'kept' })), {
    verdict: 'failed',
    error: { message: /^there is nothing to cancel/ },
  })

  const announced = () => events.filter(({ type }) => type === 'slots-moving').length
  const before = announced()
  t.match(await play(step('migration', { resume: 'empty' })), { verdict: 'passed' })
  t.equal(announced(), before + 1, 'what is resumed is announced anew')
})
