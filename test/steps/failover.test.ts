import t from 'tap'
import { describeTries, failOver } from '../../runner/cluster/failover.ts'
import { ReplyError } from '../../runner/cluster/reply-errors.ts'
import { Interrupted } from '../../runner/engine/interrupt.ts'
import { idOf, see } from '../cluster/views.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeCluster, loading, promote, refused, unanswered } from '../support/fake-cluster.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

const NODE = 'redis-node1'
const MASTER = ['master', 0, []]
const REPLICA = ['slave', '127.0.0.1', 7000, 'connected', 0]

interface Script {
  /** What ROLE says, ms after the start; what it throws is its error. */
  role(atMs: number, tries: number): unknown
  /** What the n-th CLUSTER FAILOVER says, from 1. */
  failover?: (nth: number) => unknown
  /** What the views of all nodes become once it has said that it is master; undefined: all agree. */
  views?: (cluster: FakeCluster, tries: number) => void
  isCutOff?: (node: string) => boolean
  /** `cluster-manual-failover-timeout`; a server that lacks it says nothing of it. */
  manualTimeout?: string
}

/** A replica that does as scripted. */
function scripted(
  {
    role,
    failover = () => 'OK',
    views = (cluster) => promote(cluster, 1, 0),
    isCutOff = () => false,
    manualTimeout,
  }: Script,
  clock = new FakeClock(),
) {
  const cluster = new FakeCluster(clock)
  const startMs = clock.ms
  const sent: { atMs: number; words: string }[] = []
  cluster.answer(NODE, (words) => {
    if (words[0] === 'ROLE') {
      const said = role(clock.ms - startMs, sent.length)
      if (said === MASTER) views(cluster, sent.length)
      return said
    }
    if (words[0] === 'CONFIG') return manualTimeout === undefined ? [] : [words[2], manualTimeout]
    if (words[1] !== 'FAILOVER') return undefined
    sent.push({ atMs: clock.ms - startMs, words: words.join(' ') })
    return failover(sent.length)
  })
  const run = (withinMs = 20_000, mode: 'default' | 'force' | 'takeover' = 'default', signal?: AbortSignal) =>
    failOver(cluster.live, NODE, { mode, clock, withinMs, isCutOff, ...(signal ? { signal } : {}) })
  return { run, sent, clock, cluster }
}

function raise(error: Error): never {
  throw error
}

const no = () => raise(new ReplyError(NODE, 'ERR Master is down or failed, please use CLUSTER FAILOVER FORCE'))

t.test('granted at once', async (t) => {
  const { run, sent } = scripted({ role: (atMs, tries) => (tries > 0 && atMs >= 700 ? MASTER : REPLICA) })
  const done = await run()
  t.match(done, { tries: [{ atMs: 0, reply: 'OK' }] })
  t.equal(done.tries.length, 1)
  t.equal(done.tookMs, 700)
  t.strictSame(sent, [{ atMs: 0, words: 'CLUSTER FAILOVER' }])
})

t.test('modes', async (t) => {
  for (const mode of ['force', 'takeover'] as const) {
    const { run, sent } = scripted({ role: (_, tries) => (tries > 0 ? MASTER : REPLICA) })
    await run(20_000, mode)
    t.match(sent, [{ words: `CLUSTER FAILOVER ${mode.toUpperCase()}` }])
  }
})

t.test('a master already: nothing is sent', async (t) => {
  const { run, sent } = scripted({ role: () => MASTER })
  await t.rejects(run(), {
    name: 'FailoverError',
    message: 'redis-node1 is a master already: there is nothing to fail over',
  })
  t.strictSame(sent, [])
})

t.test('a role that is not known at first', async (t) => {
  for (const error of [loading(NODE), refused(NODE), unanswered(NODE)]) {
    t.test(`a master all the time (${error.message})`, async (t) => {
      const { run, sent } = scripted({ role: (atMs) => (atMs < 300 ? raise(error) : MASTER) })
      await t.rejects(run(), { name: 'FailoverError', message: /is a master already/ })
      t.strictSame(sent, [], 'nothing was sent, so nothing can have made it one')
    })

    t.test(`a replica (${error.message})`, async (t) => {
      const { run, sent } = scripted({
        role: (atMs, tries) => (atMs < 300 ? raise(error) : tries > 0 ? MASTER : REPLICA),
      })
      t.equal((await run()).tries.length, 1)
      t.equal(sent[0]?.atMs, 300)
    })

    t.test(`and never known (${error.message})`, async (t) => {
      const { run, sent } = scripted({ role: () => raise(error) })
      await t.rejects(run(1000), {
        name: 'FailoverError',
        message: /redis-node1 did not become master within 1\.00 s.*unreachable/,
      })
      t.strictSame(sent, [])
    })
  }
})

t.test('refused, then granted', async (t) => {
  const { run } = scripted({
    role: (_, tries) => (tries > 2 ? MASTER : REPLICA),
    failover: (nth) => (nth > 2 ? 'OK' : no()),
  })
  const { tries } = await run()
  t.match(
    tries.map(({ reply }) => reply),
    [/^ERR Master is down/, /^ERR Master is down/, /^OK$/],
  )
  t.ok((tries[1]?.atMs ?? 0) >= 250, 'with a pause between')
  t.ok((tries[1]?.atMs ?? 0) < 1000)
})

t.test('scheduled, but given up by the server: it is tried again', async (t) => {
  const { run, sent } = scripted({ role: (_, tries) => (tries > 1 ? MASTER : REPLICA) })
  const { tries } = await run()
  t.match(tries, [{ fate: { kind: 'given up', text: 'accepted, and given up after 5.00 s' } }, { reply: 'OK' }])
  t.ok((sent[1]?.atMs ?? 0) >= 5200, 'not before the master has looked, too, and lifted its pause')
})

t.test('given up when the server is set to give it up', async (t) => {
  const { run, sent } = scripted({ role: (_, tries) => (tries > 1 ? MASTER : REPLICA), manualTimeout: '12000' })
  const { tries } = await run()
  t.match(tries, [{ fate: { kind: 'given up', text: 'accepted, and given up after 12.00 s' } }, { reply: 'OK' }])
  t.ok((sent[1]?.atMs ?? 0) >= 12_000, 'not before the server has given up')
})

t.test('a node that calls itself master alone', async (t) => {
  /** Nobody but the node itself, and those that are named, sees it as master. */
  const seenBy =
    (...viewers: number[]) =>
    (cluster: FakeCluster) => {
      promote(cluster, 1, 0)
      for (const viewer of [0, 1, 2, 3, 4, 5]) see(cluster.reports, viewer, 1, { slots: [[0, 5460]] })
      for (const viewer of [0, 2, 3, 4, 5].filter((one) => !viewers.includes(one))) {
        see(cluster.reports, viewer, 0, { role: 'master', flags: new Set(['master']), slots: [[0, 5460]] })
        see(cluster.reports, viewer, 1, { role: 'replica', masterId: idOf(0), flags: new Set(['slave']), slots: [] })
      }
    }
  const master = (_: number, tries: number) => (tries > 0 ? MASTER : REPLICA)

  t.test('is waited for until a majority and the old master agree', async (t) => {
    const { run, cluster } = scripted({ role: master, views: seenBy() })
    let looks = 0
    cluster.onLook = () => {
      looks += 1
      if (looks === 20) seenBy(2, 3, 4)(cluster)
      if (looks === 40) seenBy(0, 2, 3)(cluster)
    }
    const { tookMs, agreedMs, agreement, tries } = await run()
    t.equal(looks, 40)
    t.equal(tries.length, 1)
    t.equal(tookMs, 0, 'promoted at once')
    t.ok(agreedMs > tookMs)
    t.equal(agreement, '3 of 5 others agree')
  })

  t.test('is no failover when nobody agrees within the time', async (t) => {
    await t.rejects(scripted({ role: master, views: seenBy(2, 3, 4, 5) }).run(2000), {
      name: 'FailoverError',
      message:
        /last seen as a master by its own word alone \(4 of 5 others agree, and the old master redis-node0 does not\)/,
    })
  })

  t.test('needs neither those that are cut off nor those that it marks as failing', async (t) => {
    const views = (cluster: FakeCluster) => {
      seenBy(4)(cluster)
      for (const lost of [2, 3]) see(cluster.reports, 1, lost, { flags: new Set(['master', 'fail?']) })
    }
    const isCutOff = (node: string) => node === 'redis-node0' || node === 'redis-node5'
    t.equal((await scripted({ role: master, views, isCutOff }).run(1000, 'takeover')).agreement, '1 of 1 others agree')
  })

  t.test('needs no old master that does not answer', async (t) => {
    const { run, cluster } = scripted({ role: master, views: seenBy(2, 3, 4, 5) })
    cluster.down('redis-node0')
    t.match(await run(1000, 'force'), { agreement: '4 of 4 others agree' })
  })

  t.test('needs no stranger at the address of its old master', async (t) => {
    const views = (cluster: FakeCluster) => {
      seenBy(2, 3, 4, 5)(cluster)
      const { view } = cluster.report(0)
      const id = 'f'.repeat(40)
      view.nodes = view.nodes.flatMap((line) => (line.id === view.myId ? [{ ...line, id, slots: [] }] : []))
      view.myId = id
    }
    const done = await scripted({ role: master, views }).run(1000, 'takeover')
    t.equal(done.agreement, '4 of 4 others agree')
  })

  t.test('but an old master that has forgotten it, and goes on serving', async (t) => {
    const views = (cluster: FakeCluster) => {
      seenBy(2, 3, 4, 5)(cluster)
      const { view } = cluster.report(0)
      view.nodes = view.nodes.filter(({ id }) => id !== idOf(1))
    }
    await t.rejects(scripted({ role: master, views }).run(1000, 'takeover'), {
      message: /by its own word alone \(4 of 5 others agree, and the old master redis-node0 does not\)/,
    })
  })

  t.test('and is demoted: it is tried again, and both stand in the result', async (t) => {
    const { run, sent, cluster } = scripted({
      role: master,
      views: (found, tries) => (tries === 1 ? seenBy()(found) : promote(found, 1, 0)),
    })
    let looks = 0
    cluster.onLook = () => {
      looks += 1
      if (looks === 10) {
        see(cluster.reports, 1, 1, { role: 'replica', masterId: idOf(0), flags: new Set(['slave']), slots: [] })
        see(cluster.reports, 1, 0, { role: 'master', configEpoch: 8, slots: [[0, 5460]] })
      }
    }
    const { tries } = await run()
    t.match(tries, [
      {
        reply: 'OK',
        fate: { kind: 'undone', text: /^undone: a replica again after \d+ ms, by redis-node0 at epoch 8$/ },
      },
      { reply: 'OK', fate: undefined },
    ])
    t.equal(sent.length, 2)
    t.match(describeTries(tries), /^the replies were "OK" \(undone: .*\), then "OK"$/)
  })
})

t.test('promoted though every try was refused: an ordinary election did it', async (t) => {
  const { run } = scripted({ role: (atMs) => (atMs > 1000 ? MASTER : REPLICA), failover: no })
  const failure = await run().catch((error: unknown) => error)
  t.match(failure, { name: 'FailoverError', message: /redis-node1.*election.*ERR Master is down/ })
  t.match(failure, { tries: [{ reply: /^ERR/ }] })
})

t.test('promoted after a try that got no answer: it may have been that', async (t) => {
  const { run } = scripted({
    role: (atMs) => (atMs > 1000 ? MASTER : REPLICA),
    failover: () => raise(unanswered(NODE)),
  })
  const { tries } = await run()
  t.match(tries, [{ reply: /no reply/ }])
})

t.test('not within the time', async (t) => {
  t.test('never', async (t) => {
    const { run, clock, sent } = scripted({ role: () => REPLICA })
    const message =
      /redis-node1 did not become master within 12\.0+ s: it was last seen as replica, after 3 tries of CLUSTER FAILOVER.*"OK" \(accepted, and given up after 5\.\d+ s\) \(2 times\), then "OK"$/
    const startMs = clock.ms
    const hint = /^The last try was still open: .* after 5\.00 s, .*`within: 20s` leaves time for another\.$/
    await t.rejects(run(12_000), { name: 'FailoverError', message, hint })
    t.equal(sent.length, 3)
    t.ok(clock.ms - startMs >= 12_000)
    t.ok(clock.ms - startMs < 12_500)
  })

  t.test('refused to the end', async (t) => {
    const { run } = scripted({ role: () => REPLICA, failover: no })
    const failure = await run(1000).catch((error: unknown) => error)
    t.match(failure, { name: 'FailoverError', message: /within 1\.00 s.*ERR Master is down.*\(\d times\)/ })
    t.match(failure, { hint: undefined }, 'each was over')
  })

  t.test('only after it, by a reply that was slow to come', async (t) => {
    const clock = new FakeClock()
    const { run } = scripted(
      {
        role: (atMs) => {
          if (atMs < 900) return REPLICA
          clock.ms += 300
          return MASTER
        },
      },
      clock,
    )
    await t.rejects(run(1000), { name: 'FailoverError', message: /did not become master within 1\.00 s/ })
  })

  t.test('only after it', async (t) => {
    const { run } = scripted({ role: (atMs) => (atMs > 1000 ? MASTER : REPLICA) })
    await t.rejects(run(1000), { name: 'FailoverError', message: /did not become master within 1\.00 s/ })
  })
})

t.test('an interrupt ends it', async (t) => {
  const controller = new AbortController()
  const { run } = scripted({
    role: (atMs) => {
      if (atMs > 500) controller.abort(new Interrupted('SIGINT'))
      return REPLICA
    },
  })
  await t.rejects(run(20_000, 'default', controller.signal), { name: 'Interrupted' })
})

t.test('the verb', async (t) => {
  const stage = (script: (tries: number) => unknown, failover: () => unknown = () => 'OK') => {
    const made = fakeStage({ clock: new FakeClock() })
    let tries = 0
    made.cluster.answer(NODE, ([command, sub]) => {
      if (command === 'ROLE') {
        if (script(tries) === MASTER) promote(made.cluster, 1, 0)
        return script(tries)
      }
      if (sub !== 'FAILOVER') return undefined
      tries += 1
      return failover()
    })
    return made
  }
  const granted = (tries: number) => (tries > 0 ? MASTER : REPLICA)

  t.test('says who was promoted, and how it was seen', async (t) => {
    const outcome = await stage(granted).playOne(step('failover', 'replica of shard 1'))
    t.match(outcome, {
      verdict: 'passed',
      attempts: 1,
      promoted: NODE,
      targets: [NODE],
      proof: /master after .*, 5 of 5 others agree after .*, 1 try.*OK/,
    })
  })

  t.test('fails, with its tries, when it does not come about within', async (t) => {
    const { playOne, bugs } = stage(() => REPLICA, no)
    const outcome = await playOne(step('failover', { node: NODE, mode: 'force' }, { withinMs: 1000 }))
    t.match(outcome, { verdict: 'failed', limitMs: 1000, error: { message: /within 1\.00 s.*CLUSTER FAILOVER FORCE/ } })
    t.match(outcome.error?.details?.[0], /ERR Master is down/)
    t.strictSame(bugs, [])
  })

  t.test('of a master fails', async (t) => {
    const outcome = await stage(() => MASTER).playOne(step('failover', NODE))
    t.match(outcome, { verdict: 'failed', error: { message: /is a master already/ } })
    t.notOk(outcome.promoted)
  })
})
