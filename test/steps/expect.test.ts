import t from 'tap'
import { ReplyError } from '../../runner/cluster/reply-errors.ts'
import { verbByName } from '../../runner/steps/index.ts'
import { idOf, see } from '../cluster/views.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type FakeCluster, loading, promote } from '../support/fake-cluster.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

type Change = (cluster: FakeCluster) => void
type Case = [what: string, arg: Record<string, unknown>, holds: boolean, change?: Change]

/** Slot 1180 is of redis-node0; b, slot 3300, too; a, slot 15495, is of redis-node4. */
const AA = 'aa'

function cases(name: string, list: readonly Case[]): void {
  t.test(name, async (t) => {
    for (const [what, arg, holds, change] of list) {
      const stage = fakeStage({ clock: new FakeClock() })
      change?.(stage.cluster)
      const { verdict } = await stage.playOne(step('expect', arg))
      t.equal(verdict, holds ? 'passed' : 'failed', what)
      t.strictSame(stage.bugs, [])
    }
  })
}

const down =
  (...nodes: string[]): Change =>
  (cluster) => {
    for (const node of nodes) cluster.down(node)
  }
const both =
  (...changes: Change[]): Change =>
  (cluster) => {
    for (const change of changes) change(cluster)
  }
const holding =
  (node: string, value: unknown): Change =>
  (cluster) =>
    cluster.answer(node, ([command]) => (command === 'GET' ? value : undefined))
const refusing =
  (node: string, message: string): Change =>
  (cluster) =>
    cluster.answer(node, ([command]) => {
      if (command === 'GET') throw new ReplyError(node, message)
    })
const unowned: Change = (cluster) => {
  for (let viewer = 0; viewer < 6; viewer += 1) see(cluster.reports, viewer, 0, { slots: [[0, 99]] })
}

cases('key: value', [
  ['the right one', { key: AA, value: 'five' }, true, holding('redis-node0', 'five')],
  ['another one', { key: AA, value: 'five' }, false, holding('redis-node0', 'six')],
  ['none', { key: AA, value: 'five' }, false],
  ['none expected', { key: AA, value: null }, true],
  ['none expected, one there', { key: AA, value: null }, false, holding('redis-node0', 'five')],
  ['a number as its text', { key: AA, value: 5 }, true, holding('redis-node0', '5')],
  ['a part', { key: AA, value: { contains: 'iv' } }, true, holding('redis-node0', 'five')],
  ['a bound', { key: AA, value: { at_least: 5 } }, false, holding('redis-node0', '4')],
  ['only its master is asked', { key: AA, value: 'five' }, false, holding('redis-node1', 'five')],
  ['a master that is down', { key: AA, value: null }, false, down('redis-node0')],
  ['a master that redirects', { key: AA, value: null }, false, refusing('redis-node0', 'MOVED 1180 localhost:7002')],
  [
    'a master that says no',
    { key: AA, value: null },
    false,
    refusing('redis-node0', 'CLUSTERDOWN The cluster is down'),
  ],
  ['a slot without an owner', { key: AA, value: null }, false, unowned],
])

cases('key: served_by', [
  ['its master', { key: AA, served_by: 'redis-node0' }, true],
  ['another master', { key: AA, served_by: 'redis-node2' }, false],
  ['its replica', { key: AA, served_by: 'redis-node1' }, false],
  ['a replica that took over', { key: AA, served_by: 'redis-node1' }, true, (cluster) => promote(cluster, 1, 0)],
  ['an owner that does not answer serves nothing', { key: AA, served_by: 'redis-node0' }, false, down('redis-node0')],
  [
    'an owner that redirects',
    { key: AA, served_by: 'redis-node0' },
    false,
    refusing('redis-node0', 'MOVED 1180 localhost:7002'),
  ],
  ['with the value', { key: AA, served_by: 'redis-node0', value: 'five' }, true, holding('redis-node0', 'five')],
  ['with another value', { key: AA, served_by: 'redis-node0', value: 'six' }, false, holding('redis-node0', 'five')],
  [
    'with the value, by another',
    { key: AA, served_by: 'redis-node2', value: 'five' },
    false,
    holding('redis-node0', 'five'),
  ],
])

const MOVED = { key: 'a', asked: 'redis-node0', moved_to: 'redis-node4' }
cases('key: asked and moved_to', [
  ['the node that it names', MOVED, true, refusing('redis-node0', 'MOVED 15495 localhost:7004')],
  ['another node', MOVED, false, refusing('redis-node0', 'MOVED 15495 localhost:7002')],
  ['a stranger', MOVED, false, refusing('redis-node0', 'MOVED 15495 localhost:9999')],
  ['without a host', MOVED, true, refusing('redis-node0', 'MOVED 15495 :7004')],
  ['the asked node serves it itself', MOVED, false, holding('redis-node0', 'five')],
  ['ASK is no MOVED', MOVED, false, refusing('redis-node0', 'ASK 15495 localhost:7004')],
  ['the asked node is down', MOVED, false, down('redis-node0')],
  ['the asked node says something else', MOVED, false, refusing('redis-node0', 'CLUSTERDOWN The cluster is down')],
  ['another node would have said it', MOVED, false, refusing('redis-node2', 'MOVED 15495 localhost:7004')],
])

cases('slot: owner', [
  ['its owner', { slot: 1180, owner: 'redis-node0' }, true],
  ['its replica', { slot: 1180, owner: 'redis-node1' }, false],
  ['another master', { slot: 1180, owner: 'redis-node2' }, false],
  ['at the edges', { slot: 5460, owner: 'redis-node0' }, true],
  ['beyond the edges', { slot: 5461, owner: 'redis-node0' }, false],
  ['the last', { slot: 16383, owner: 'redis-node4' }, true],
  ['the first', { slot: 0, owner: 'redis-node0' }, true],
  ['nobody', { slot: 1180, owner: 'redis-node0' }, false, unowned],
  ['an owner that is down still owns it', { slot: 1180, owner: 'redis-node0' }, true, down('redis-node0')],
])

const state =
  (...failed: number[]): Change =>
  (cluster) => {
    for (const index of failed) cluster.report(index).info.state = 'fail'
  }
const ALL = [0, 1, 2, 3, 4, 5]
const NODES = ALL.map((index) => `redis-node${index}`)

t.test('cluster: ok says first why nodes call the state fail', async (t) => {
  const failed = { flags: new Set(['master', 'fail']) }
  const reasons: [string, Change, string][] = [
    [
      'an owner has failed',
      (cluster) => see(cluster.reports, 2, 0, failed),
      'redis-node2 says fail: slots 0-5460 belong to redis-node0, which has failed',
    ],
    [
      'a slot that is being imported keeps its owner',
      (cluster) => {
        see(cluster.reports, 2, 0, { ...failed, slots: [[609, 609]] })
        see(cluster.reports, 2, 1, {
          role: 'master',
          slots: [
            [0, 608],
            [610, 5460],
          ],
        })
        see(cluster.reports, 2, 2, { openSlots: [`[609-<-${'0'.repeat(40)}]`] })
      },
      'redis-node2 says fail: slot 609 belongs to redis-node0, which has failed; redis-node2 is importing it, and gives it no new owner before CLUSTER SETSLOT 609 STABLE on redis-node2',
    ],
    ['no owner', unowned, 'redis-node2 says fail: slots 100-5460 have no owner'],
    [
      'a minority',
      (cluster) => {
        for (const other of [0, 4]) see(cluster.reports, 2, other, { flags: new Set(['master', 'fail?']) })
      },
      'redis-node2 says fail: only 1 of 3 masters with slots can be reached',
    ],
  ]
  for (const [what, change, reason] of reasons) {
    const stage = fakeStage({ clock: new FakeClock() })
    change(stage.cluster)
    stage.cluster.report(2).info.state = 'fail'
    const { error } = await stage.playOne(step('expect', { cluster: 'ok' }))
    t.ok(
      error?.message.startsWith(`${reason}; expected the cluster’s state to be ok; last seen: `),
      `${what}: ${error?.message}`,
    )
    t.strictSame(stage.bugs, [])
  }
})

cases('cluster: ok and fail', [
  ['ok on all', { cluster: 'ok' }, true],
  ['ok is not fail', { cluster: 'fail' }, false],
  ['fail on all', { cluster: 'fail' }, true, state(...ALL)],
  ['fail is not ok', { cluster: 'ok' }, false, state(...ALL)],
  ['of two minds: not ok', { cluster: 'ok' }, false, state(3)],
  ['of two minds: not fail', { cluster: 'fail' }, false, state(3)],
  ['a replica that is down serves no slot', { cluster: 'ok' }, true, down('redis-node1', 'redis-node3')],
  ['a master that is down, and nobody has noticed: not ok', { cluster: 'ok' }, false, down('redis-node0')],
  ['slots without an owner, where that may be: not ok', { cluster: 'ok' }, false, unowned],
  ['an heir that serves: ok', { cluster: 'ok' }, true, both((cluster) => promote(cluster, 1, 0), down('redis-node0'))],
  [
    'an owner that does not know of it: not ok',
    { cluster: 'ok' },
    false,
    (cluster) => see(cluster.reports, 2, 2, { slots: [] }),
  ],
  ['one alone, of a master that is down: not ok', { cluster: 'ok', asked: 'redis-node1' }, false, down('redis-node4')],
  ['one alone, of a replica that is down: ok', { cluster: 'ok', asked: 'redis-node1' }, true, down('redis-node5')],
  ['those that are down are not asked', { cluster: 'fail' }, true, both(state(...ALL), down('redis-node0'))],
  ['nobody answers: not ok', { cluster: 'ok' }, false, down(...NODES)],
  ['nobody answers: not fail', { cluster: 'fail' }, false, down(...NODES)],
  ['one alone: ok', { cluster: 'ok', asked: 'redis-node1' }, true, state(0, 2, 3, 4, 5)],
  ['one alone: not ok', { cluster: 'ok', asked: 'redis-node1' }, false, state(1)],
  ['one alone: fail', { cluster: 'fail', asked: 'redis-node1' }, true, state(1)],
  ['one alone: not fail', { cluster: 'fail', asked: 'redis-node1' }, false, state(0)],
  ['one alone that is down: not ok', { cluster: 'ok', asked: 'redis-node1' }, false, down('redis-node1')],
  ['one alone that is down: not fail', { cluster: 'fail', asked: 'redis-node1' }, false, down('redis-node1')],
])

t.test('cluster: ok names the slots, and the owner that does not answer', async (t) => {
  const stage = fakeStage({ clock: new FakeClock() })
  stage.cluster.down('redis-node0')
  t.match(await stage.playOne(step('expect', { cluster: 'ok' })), {
    lastSeen:
      'slots 0-5460 are not served: redis-node0 owns them and does not answer (connection refused); ' +
      'ok on redis-node1, redis-node2, redis-node3, redis-node4, redis-node5; no answer from redis-node0',
  })
})

cases('cluster: healthy', [
  ['all well', { cluster: 'healthy' }, true],
  ['a node is down', { cluster: 'healthy' }, false, down('redis-node5')],
  [
    'a replica without its link',
    { cluster: 'healthy' },
    false,
    (cluster) => void Object.assign(cluster.report(1).replication, { masterLink: 'down' }),
  ],
  ['fail on one', { cluster: 'healthy' }, false, state(4)],
  ['slots without an owner', { cluster: 'healthy' }, false, unowned],
  [
    'one is suspected',
    { cluster: 'healthy' },
    false,
    (cluster) => see(cluster.reports, 2, 5, { flags: new Set(['slave', 'fail?']) }),
  ],
])

/** Every other has this node marked as failed, and it does not answer. */
const dead =
  (index: number): Change =>
  (cluster) => {
    for (let viewer = 0; viewer < 6; viewer += 1) {
      if (viewer !== index) see(cluster.reports, viewer, index, { flags: new Set(['slave', 'fail']) })
    }
    cluster.down(`redis-node${index}`)
  }
/** Nobody else knows this node. */
const forgotten =
  (index: number): Change =>
  (cluster) => {
    for (let viewer = 0; viewer < 6; viewer += 1) {
      const { view } = cluster.report(viewer)
      if (viewer !== index) view.nodes = view.nodes.filter(({ id }) => id !== idOf(index))
    }
  }
const WITHOUT_5 = { cluster: 'healthy', without: 'redis-node5' }
cases('cluster: healthy without', [
  ['one that is well', WITHOUT_5, true],
  ['one that is dead', WITHOUT_5, true, dead(5)],
  ['one that is dead, and another one is too', WITHOUT_5, false, both(dead(5), dead(3))],
  ['two that are dead', { cluster: 'healthy', without: ['redis-node3', 'redis-node5'] }, true, both(dead(5), dead(3))],
  ['a phrase', { cluster: 'healthy', without: 'all replicas' }, true],
  ['one that is dead and forgotten', WITHOUT_5, true, both(dead(5), forgotten(5))],
  ['one that is forgotten, and runs alone', WITHOUT_5, true, both(forgotten(5), state(5))],
  ['one that some have forgotten', { cluster: 'healthy' }, false, forgotten(5)],
])

cases('several nodes that are asked', [
  ['all say so', { cluster: 'ok', asked: ['redis-node1', 'redis-node2'] }, true, state(3)],
  ['one says something else', { cluster: 'ok', asked: ['redis-node1', 'redis-node2'] }, false, state(2)],
  ['a phrase', { cluster: 'fail', asked: 'all replicas' }, true, state(1, 3, 5)],
  [
    'all redirect',
    { ...MOVED, asked: ['redis-node0', 'redis-node2'] },
    true,
    both(refusing('redis-node0', 'MOVED 15495 localhost:7004'), refusing('redis-node2', 'MOVED 15495 localhost:7004')),
  ],
  [
    'one redirects elsewhere',
    { ...MOVED, asked: ['redis-node0', 'redis-node2'] },
    false,
    both(refusing('redis-node0', 'MOVED 15495 localhost:7004'), refusing('redis-node2', 'MOVED 15495 localhost:7000')),
  ],
])

t.test('within', async (t) => {
  /** A stage whose clock makes something happen when it has come so far. */
  const staged = (atMs: number, happens: Change) => {
    const clock = new FakeClock()
    const stage = fakeStage({ clock })
    const dueMs = clock.ms + atMs
    const sleep = clock.sleep.bind(clock)
    clock.sleep = async (durationMs, signal) => {
      const before = clock.ms < dueMs
      await sleep(durationMs, signal)
      if (before && clock.ms >= dueMs) happens(stage.cluster)
    }
    return stage
  }
  const TAKEOVER = step('expect', { node: 'redis-node1', role: 'master' }, { withinMs: 5000 })
  const takesOver: Change = (cluster) => promote(cluster, 1, 0)

  t.test('waits until it is so, says when and who was promoted', async (t) => {
    const outcome = await staged(3000, takesOver).playOne(TAKEOVER)
    t.match(outcome, { verdict: 'passed', trueAfterMs: 3000, promoted: 'redis-node1', limitMs: 5000 })
  })

  t.test('notices a promotion within 20 ms, and looks no more often than that takes', async (t) => {
    const { trueAfterMs = 0, attempts = 0 } = await staged(3001, takesOver).playOne(TAKEOVER)
    t.ok(trueAfterMs >= 3001 && trueAfterMs <= 3021, String(trueAfterMs))
    t.ok(attempts <= 3021 / 15 + 1, `${attempts} looks`)
  })

  t.test('fails when it is so only later, and says how often it looked', async (t) => {
    const outcome = await staged(5010, takesOver).playOne(TAKEOVER)
    t.match(outcome, {
      verdict: 'failed',
      error: { message: /^redis-node0, the master of .*; expected redis-node1 to be a master; last seen: .*replica/ },
    })
    t.notOk(outcome.promoted)
  })

  t.test('what is so at once was promoted by nobody', async (t) => {
    const outcome = await fakeStage({ clock: new FakeClock() }).playOne(
      step('expect', { node: 'redis-node0', role: 'master' }, { withinMs: 5000 }),
    )
    t.match(outcome, { verdict: 'passed', attempts: 1, trueAfterMs: 0 })
    t.notOk(outcome.promoted)
  })

  t.test('with for: it must then hold', async (t) => {
    const held = step('expect', { node: 'redis-node1', role: 'master' }, { withinMs: 5000, forMs: 2000 })
    t.match(await staged(3000, takesOver).playOne(held), { verdict: 'passed', trueAfterMs: 3000 })
    const flickers = staged(3000, (cluster) => {
      takesOver(cluster)
      const untilMs = cluster.clock.nowMs() + 1000
      const { lookAt } = cluster
      cluster.lookAt = async (name) => {
        if (cluster.clock.nowMs() >= untilMs) cluster.down('redis-node1')
        return await lookAt.call(cluster, name)
      }
    })
    const outcome = await flickers.playOne(held)
    t.match(outcome, { verdict: 'failed' })
    t.match(outcome.error?.details?.join('\n'), /it was so for 1.*but had to hold for 2/)
  })

  t.test('a target that is missing for a moment is tried again', async (t) => {
    const lonely: Change = (cluster) => {
      for (const viewer of ALL) see(cluster.reports, viewer, 1, { role: 'master', flags: new Set(['master']) })
    }
    const back: Change = (cluster) => {
      for (const viewer of ALL) see(cluster.reports, viewer, 1, { role: 'replica', flags: new Set(['slave']) })
    }
    const arg = { node: 'replica of shard 1', reachable: true }
    const stage = staged(1000, back)
    lonely(stage.cluster)
    t.match(await stage.playOne(step('expect', arg, { withinMs: 5000 })), { verdict: 'passed' })
    for (const withinMs of [undefined, 5000]) {
      const never = fakeStage({ clock: new FakeClock() })
      lonely(never.cluster)
      const outcome = await never.playOne(step('expect', arg, withinMs === undefined ? {} : { withinMs }))
      t.match(
        outcome,
        { verdict: 'failed', error: { message: /replica of shard 1.*no replicas/ } },
        `within ${withinMs}`,
      )
      t.strictSame(never.bugs, [])
    }
  })

  t.test('a node that loads its data is waited for', async (t) => {
    const stage = staged(1000, (cluster) => cluster.up('redis-node0'))
    stage.cluster.down('redis-node0', loading('redis-node0'))
    t.match(await stage.playOne(step('expect', { key: AA, value: null }, { withinMs: 5000 })), { verdict: 'passed' })
  })
})

t.test('what makes no sense is refused when it is read', async (t) => {
  const refused: [Record<string, unknown>, RegExp][] = [
    [{}, /say what is asked about/],
    [{ role: 'master' }, /say what is asked about/],
    [{ node: 'redis-node0' }, /say what is expected/],
    [{ node: 'redis-node0', cluster: 'ok' }, /one thing/],
    [{ node: 'redis-node0', value: 'five' }, /`value` cannot be asked of a node/],
    [{ slot: 5, value: 'five' }, /cannot be asked of a slot/],
    [{ key: 'a', moved_to: 'redis-node0' }, /belong together/],
    [{ key: 'a', asked: 'redis-node0', value: 'x' }, /belong together/],
    [{ ...MOVED, value: 'x' }, /a redirection carries no value/],
    [{ cluster: 'healthy', asked: 'redis-node0' }, /leave `asked` out/],
  ]
  const schema = verbByName.get('expect')?.arg
  for (const [arg, message] of refused) {
    const issues = schema?.safeParse(arg).error?.issues.map((issue) => issue.message)
    t.match(issues?.join('\n'), message, JSON.stringify(arg))
  }
})
