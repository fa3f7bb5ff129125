import t from 'tap'
import { PlatformError } from '../../runner/platforms/errors.ts'
import { loading, refused, unanswered } from '../support/fake-cluster.ts'
import { type FakeStage, fakeStage, step } from '../support/fake-stage.ts'
import { afterMs } from '../support/fake-verb.ts'

const A = 'redis-node0'

/** A node that has been stopped (or paused), and answers `afterMs` after it is let go on. */
function downStage(status: 'stopped' | 'paused', answersAfterMs = 0): FakeStage {
  const stage = fakeStage()
  stage.group.set(A, { status, text: `container is ${status}` })
  stage.cluster.down(A)
  stage.group.after = () => {
    if (answersAfterMs === 0) stage.cluster.up(A)
    else setTimeout(() => stage.cluster.up(A), answersAfterMs)
  }
  return stage
}

for (const [verb, status] of [
  ['start', 'stopped'],
  ['unpause', 'paused'],
] as const) {
  t.test(verb, async (t) => {
    t.test('passes with a proof once the node answers', async (t) => {
      const stage = downStage(status, 60)
      t.match(await stage.playOne(step(verb, A)), { verdict: 'passed', proof: /redis-node0: .*running.*answers after/ })
      t.strictSame(stage.group.calls, [`${verb} ${A}`])
    })

    t.test('waits while the node loads its data', async (t) => {
      const stage = downStage(status)
      let answers = 0
      stage.cluster.answer(A, () => {
        answers += 1
        if (answers <= 3) throw loading(A)
        return undefined
      })
      t.match(await stage.playOne(step(verb, A)), { verdict: 'passed' })
      t.equal(answers, 4)
      t.match(stage.events, [
        { type: 'step-started' },
        { type: 'step-progress', text: /redis-node0: LOADING/ },
        { type: 'step-progress', text: /redis-node0: answers after/ },
        { type: 'step-ended' },
      ])
    })

    t.test('does not pass when the node answers after within', async (t) => {
      const stage = downStage(status, 200)
      const outcome = await stage.playOne(step(verb, A, { withinMs: 50 }))
      t.match(outcome, { verdict: 'failed', limitMs: 50 })
    })

    t.test('passes when the node answers within', async (t) => {
      t.match(await downStage(status, 50).playOne(step(verb, A, { withinMs: 20_000 })), { verdict: 'passed' })
    })

    t.test('fails when the node ends right after', async (t) => {
      const stage = downStage(status)
      stage.group.after = () =>
        stage.group.set(A, { status: 'stopped', exitCode: 1, text: 'container exited with code 1' })
      const outcome = await stage.playOne(step(verb, A))
      t.not(outcome.verdict, 'passed')
      t.match(outcome.error?.message, /redis-node0.*exited with code 1/)
    })

    t.test('is an error when somebody removes the node meanwhile', async (t) => {
      const stage = downStage(status)
      stage.group.after = () => stage.group.set(A, { status: 'missing', text: 'there is no such container' })
      const outcome = await stage.playOne(step(verb, A, { withinMs: 20_000 }))
      t.match(outcome, { verdict: 'error', error: { message: /redis-node0.*no such container/ } })
      t.strictSame(stage.bugs, [])
    })

    t.test('of a node that runs fails, and says so', async (t) => {
      const stage = fakeStage()
      const message = new RegExp(`cannot ${verb} ${A}.*running`)
      t.match(await stage.playOne(step(verb, A)), { verdict: 'failed', error: { message } })
      t.strictSame(stage.group.calls, [])
    })

    t.test('that the platform refuses is an error', async (t) => {
      const stage = downStage(status)
      stage.group.before = () => {
        throw new PlatformError('the engine refused')
      }
      t.match(await stage.playOne(step(verb, A)), { verdict: 'error', error: { message: 'the engine refused' } })
    })
  })
}

t.test('restart', async (t) => {
  /** Each restart gives the server a new id. */
  const restartStage = () => {
    const stage = fakeStage()
    let runs = 1
    stage.cluster.answer(A, ([command]) => (command === 'INFO' ? `run_id:run${runs}\r\n` : undefined))
    stage.group.after = () => {
      runs += 1
    }
    return stage
  }

  t.test('passes when another process answers', async (t) => {
    const stage = restartStage()
    t.match(await stage.playOne(step('restart', A)), { verdict: 'passed', proof: /redis-node0: .*new server process/ })
    t.strictSame(stage.group.calls, [`restart ${A}`])
  })

  t.test('of a server that had to be killed is another experiment', async (t) => {
    const stage = restartStage()
    stage.group.endOfRestarted = { status: 'stopped', exitCode: 137, text: 'container exited with code 137' }
    t.match(await stage.playOne(step('restart', A)), {
      verdict: 'inconclusive',
      error: { message: /redis-node0 did not end by itself .*killed/, hint: /aof_rewrite_in_progress/ },
    })
  })

  t.test('is inconclusive when the same process answers', async (t) => {
    const stage = restartStage()
    stage.group.after = undefined
    const message = /redis-node0.*same server process/
    t.match(await stage.playOne(step('restart', A)), { verdict: 'inconclusive', error: { message } })
  })

  t.test('of a node that hangs fails: it cannot be proved', async (t) => {
    for (const error of [unanswered(A), refused(A), loading(A)]) {
      const stage = restartStage()
      stage.cluster.down(A, error)
      t.match(
        await stage.playOne(step('restart', A)),
        { verdict: 'failed', error: { message: /redis-node0/ } },
        error.message,
      )
      t.strictSame(stage.bugs, [])
    }
  })

  t.test('of a stopped node fails', async (t) => {
    const stage = restartStage()
    stage.group.set(A, { status: 'stopped', text: 'container exited with code 0' })
    t.match(await stage.playOne(step('restart', A)), {
      verdict: 'failed',
      error: { message: /cannot restart redis-node0.*stopped/ },
    })
    t.strictSame(stage.group.calls, [])
  })

  t.test('that takes longer than within does not pass', async (t) => {
    const stage = restartStage()
    stage.group.before = () => afterMs(200)
    t.match(await stage.playOne(step('restart', A, { withinMs: 50 })), { verdict: 'failed', limitMs: 50 })
  })

  t.test('whose node loses its answer while it is proved fails, and is no bug', async (t) => {
    const stage = restartStage()
    let asked = 0
    stage.cluster.answer(A, ([command]) => {
      if (command !== 'INFO') return undefined
      asked += 1
      if (asked > 1) throw unanswered(A)
      return 'run_id:run1\r\n'
    })
    t.match(await stage.playOne(step('restart', A)), { verdict: 'failed', error: { message: /redis-node0/ } })
    t.strictSame(stage.bugs, [])
  })
})

t.test('what is another after a start', async (t) => {
  /** A server that starts again at this address, and with this id in the cluster. */
  const movingStage = (to: string, id?: string) => {
    const stage = fakeStage()
    let runs = 0
    stage.cluster.answer(A, ([command, sub]) => {
      if (command === 'INFO') return `run_id:${runs}`
      return sub === 'MYID' ? (id ?? stage.cluster.lastIdOf(A)) : undefined
    })
    stage.group.after = () => {
      runs += 1
      Object.assign(stage.group.nodes[0] ?? {}, { peerHost: to })
    }
    return stage
  }

  await t.test('a new address: asked of the platform, and the runner finds the node there', async (t) => {
    const stage = movingStage('127.0.12.10')
    t.match(await stage.playOne(step('restart', { node: A, address: 'new' })), {
      verdict: 'passed',
      proof: /now at 127\.0\.12\.10, before at 127\.0\.0\.1$/,
    })
    t.same(stage.group.changes.get(A), { address: 'new' })
    t.equal(stage.cluster.node(A).peerHost, '127.0.12.10')
  })

  await t.test('an address that stayed is no proof', async (t) => {
    const stage = movingStage('127.0.0.1')
    t.match(await stage.playOne(step('restart', { node: A, address: 'new' })), {
      verdict: 'inconclusive',
      error: { message: /redis-node0 was to have another address, but is still at 127\.0\.0\.1/ },
    })
  })

  await t.test('a lost identity: another id; the same one is no proof', async (t) => {
    const arg = { node: A, identity: 'lost' }
    const lost = movingStage('127.0.0.1', 'f'.repeat(40))
    t.match(await lost.playOne(step('restart', arg)), { verdict: 'passed', proof: /its id is ffffffff, and was / })
    t.same(lost.group.changes.get(A), { identity: 'lost' })
    t.match(await movingStage('127.0.0.1').playOne(step('restart', arg)), {
      verdict: 'inconclusive',
      error: { message: /was to be another node/ },
    })
  })

  await t.test('nothing is another where nothing is said, or kept is', async (t) => {
    const stage = movingStage('127.0.0.1')
    t.match(await stage.playOne(step('restart', { node: A, identity: 'kept' })), { verdict: 'passed' })
    t.equal(stage.group.changes.get(A), undefined)
  })
})
