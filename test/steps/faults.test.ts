import t from 'tap'
import { Interrupted } from '../../runner/engine/interrupt.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import type { Step } from '../../runner/steps/verb.ts'
import { loading, unanswered } from '../support/fake-cluster.ts'
import { type FakeStage, fakeStage, step } from '../support/fake-stage.ts'
import { afterMs } from '../support/fake-verb.ts'

const FAULTS = ['stop', 'kill', 'pause'] as const
const UNDO = { stop: 'start', kill: 'start', pause: 'unpause' } as const
const DOWN = { stop: 'stopped', kill: 'stopped', pause: 'paused' } as const
const [A, B] = ['redis-node0', 'redis-node2'] as const

/** Servers that fall silent when they are down, and answer again when they are not. */
function faultStage(): FakeStage {
  const stage = fakeStage()
  stage.group.after = (act, node) => {
    if (act === 'pause') stage.cluster.down(node, unanswered(node))
    else if (act === 'stop' || act === 'kill') stage.cluster.down(node)
    else stage.cluster.up(node)
  }
  return stage
}

function both(verb: string, more: Partial<Step> = {}): Step {
  return step(verb, [A, B], more)
}

for (const fault of FAULTS) {
  t.test(fault, async (t) => {
    t.test('passes with a proof when the node is down and silent', async (t) => {
      const stage = faultStage()
      const outcome = await stage.playOne(both(fault))
      t.match(outcome, { verdict: 'passed', targets: [A, B], proof: new RegExp(`${A}: .*no longer answers.*${B}: `) })
      t.strictSame(stage.group.calls.sort(), [`${fault} ${A}`, `${fault} ${B}`])
      t.equal(stage.group.status(A), DOWN[fault])
    })

    t.test('is inconclusive when the node still answers', async (t) => {
      const stage = faultStage()
      stage.group.after = undefined
      t.match(await stage.playOne(step(fault, A)), {
        verdict: 'inconclusive',
        error: { message: /redis-node0 still answers/ },
      })
      t.strictSame(stage.bugs, [])
    })

    t.test('is inconclusive when the node answers with an error', async (t) => {
      const stage = faultStage()
      stage.group.after = () => stage.cluster.answer(A, () => Promise.reject(loading(A)))
      t.match(await stage.playOne(step(fault, A)), {
        verdict: 'inconclusive',
        error: { message: /redis-node0.*answers/ },
      })
    })

    t.test('is inconclusive when the platform sees no change', async (t) => {
      const stage = faultStage()
      const { after } = stage.group
      stage.group.after = (act, node) => {
        after?.(act, node)
        stage.group.set(node, { status: 'running', text: 'container is running' })
      }
      const message = /redis-node0 should be .*, but is running/
      t.match(await stage.playOne(step(fault, A)), { verdict: 'inconclusive', error: { message } })
    })

    t.test('of a node in the wrong state fails, says which, and touches none', async (t) => {
      const stage = faultStage()
      stage.group.set(B, { status: 'stopped', text: 'container exited with code 0' })
      const message = new RegExp(`cannot ${fault} ${B}.*stopped.*exited with code 0`)
      t.match(await stage.playOne(both(fault)), { verdict: 'failed', error: { message, hint: /ended by itself/ } })
      t.strictSame(stage.group.calls, [])
    })

    t.test('of a node that somebody removed is an error', async (t) => {
      const stage = faultStage()
      stage.group.set(A, { status: 'missing', text: 'there is no such container' })
      t.match(await stage.playOne(step(fault, A)), {
        verdict: 'error',
        error: { message: /redis-node0.*no such container/ },
      })
      t.strictSame(stage.bugs, [])
    })

    t.test('that the platform refuses is an error', async (t) => {
      const stage = faultStage()
      stage.group.before = () => {
        throw new PlatformError('the engine refused', { hint: 'ask it' })
      }
      t.match(await stage.playOne(step(fault, A)), {
        verdict: 'error',
        error: { message: 'the engine refused', hint: 'ask it' },
      })
    })

    t.test('that takes longer than within does not pass', async (t) => {
      const stage = faultStage()
      stage.group.before = () => afterMs(200)
      t.match(await stage.playOne(step(fault, A, { withinMs: 50 })), { verdict: 'failed', limitMs: 50 })
      const patient = faultStage()
      t.match(await patient.playOne(step(fault, A, { withinMs: 20_000 })), { verdict: 'passed' })
    })

    t.test('for a while is undone after it', async (t) => {
      const stage = faultStage()
      const heldSinceMs: number[] = []
      stage.group.before = () => heldSinceMs.push(performance.now())
      const outcome = await stage.playOne(step(fault, A, { forMs: 120 }))
      t.match(outcome, { verdict: 'passed', proof: new RegExp(`no longer answers.*${UNDO[fault]}.*answers`) })
      t.strictSame(stage.group.calls, [`${fault} ${A}`, `${UNDO[fault]} ${A}`])
      t.equal(stage.group.status(A), 'running')
      const [begun = 0, ended = 0] = heldSinceMs
      t.ok(ended - begun >= 115, 'and not before')
    })

    t.test('for a while longer than within passes: within is for the fault itself', async (t) => {
      const stage = faultStage()
      t.match(await stage.playOne(step(fault, A, { forMs: 900, withinMs: 800 })), { verdict: 'passed' })
    })
  })

  t.test(`${fault} for a while is undone`, async (t) => {
    const wakesUp = ({ group }: FakeStage) => [A, B].every((node) => group.status(node) === 'running')

    t.test('when one of two was refused', async (t) => {
      const stage = faultStage()
      stage.group.before = async (act, node) => {
        if (act !== fault) return
        if (node === B) throw new PlatformError('the engine refused')
        await afterMs(30)
      }
      t.match(await stage.playOne(both(fault, { forMs: 20 })), {
        verdict: 'error',
        error: { message: 'the engine refused' },
      })
      t.ok(stage.group.calls.includes(`${UNDO[fault]} ${A}`))
      t.ok(wakesUp(stage))
    })

    t.test('when it did not bite', async (t) => {
      const stage = faultStage()
      stage.group.after = undefined
      t.match(await stage.playOne(both(fault, { forMs: 20 })), { verdict: 'inconclusive' })
      t.ok(wakesUp(stage))
    })

    t.test('when it is interrupted, or the platform died', async (t) => {
      for (const reason of [new Interrupted('SIGINT'), new PlatformError('the engine died')]) {
        const stage = faultStage()
        const controller = new AbortController()
        const { after } = stage.group
        stage.group.after = (act, node) => {
          after?.(act, node)
          if (act === fault) setTimeout(() => controller.abort(reason), 20)
        }
        const outcome = await stage.playOne(both(fault, { forMs: 20_000 }), controller.signal)
        t.match(outcome, { verdict: reason instanceof Interrupted ? 'interrupted' : 'error' })
        t.ok(wakesUp(stage), reason.message)
      }
    })

    t.test('as far as it goes when one node cannot be undone', async (t) => {
      const stage = faultStage()
      stage.group.before = (act, node) => {
        if (act === UNDO[fault] && node === A) throw new PlatformError('the engine refused')
      }
      t.match(await stage.playOne(both(fault, { forMs: 20 })), { verdict: 'error' })
      t.equal(stage.group.status(B), 'running')
    })
  })
}

t.test('stop that ended with a kill is another experiment', async (t) => {
  const stage = faultStage()
  const { after } = stage.group
  stage.group.after = (act, node) => {
    after?.(act, node)
    if (act === 'stop')
      stage.group.set(node, { status: 'stopped', exitCode: 137, text: 'container exited with code 137' })
  }
  t.match(await stage.playOne(step('stop', A)), { verdict: 'inconclusive', error: { message: /redis-node0.*killed/ } })
  t.match(await faultStage().playOne(step('kill', A)), { verdict: 'passed' }, 'where a kill is what was wanted')
})

t.test('kill ends a paused node too', async (t) => {
  const stage = faultStage()
  await stage.playOne(step('pause', A))
  t.match(await stage.playOne(step('kill', A)), { verdict: 'passed' })
  t.equal(stage.group.status(A), 'stopped')
})

t.test('a node that is named twice is stopped once', async (t) => {
  const stage = faultStage()
  t.match(await stage.playOne(step('stop', [A, 'master of shard 1'])), { verdict: 'passed' })
  t.strictSame(stage.group.calls, [`stop ${A}`])
})
