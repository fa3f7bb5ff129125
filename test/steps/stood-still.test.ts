import t from 'tap'
import { z } from 'zod'
import type { LogObservation } from '../../runner/record/observations.ts'
import type { Hindsight } from '../../runner/steps/hindsight.ts'
import { defineVerb } from '../../runner/steps/verb.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type FakeCluster, promote } from '../support/fake-cluster.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

const MASTER = 'redis-node0'

interface Stalled {
  hindsight?: Partial<Hindsight>
  change?: (cluster: FakeCluster) => void
}

/** A stage whose runner stands still for `stallMs` at the first look after `atMs`; `change` happens meanwhile. */
function stalled(atMs: number, stallMs: number, { hindsight = {}, change }: Stalled = {}) {
  const clock = new FakeClock(0)
  const stage = fakeStage({ clock, hindsight })
  const { lookAt } = stage.cluster
  stage.cluster.lookAt = async (name) => {
    if (clock.stalls.length === 0 && clock.ms >= atMs) {
      clock.standStill(stallMs)
      change?.(stage.cluster)
    }
    return await lookAt.call(stage.cluster, name)
  }
  return stage
}

function line(node: string, moment: LogObservation['moment'], text: string): Hindsight['logged'] {
  const seen = { node, moment, text, seenMs: 5000, errorMs: 1 }
  return (fromMs, toMs) => (fromMs < seen.seenMs && seen.seenMs < toMs ? [seen] : [])
}

const holds = (more = {}) => step('expect', { node: MASTER, role: 'master' }, { forMs: 8000, ...more })

t.test('a hold with a stall in it is inconclusive, and the stall is named', async (t) => {
  const outcome = await stalled(3000, 12_000).playOne(holds())
  t.match(outcome, { verdict: 'inconclusive' })
  t.match(outcome.error?.message, /this runner stood still for 12\.0\d? s from 3\.0\d? s on/)
})

t.test('a hold with time for another passes when that one was seen', async (t) => {
  t.match(await stalled(3000, 8000).playOne(holds({ withinMs: 20_000 })), { verdict: 'passed' })
})

t.test('a role that changed there and back while nobody looked has not held', async (t) => {
  const logged = line(MASTER, 'reconfigured as replica', 'Reconfiguring myself as a replica of …')
  const outcome = await stalled(3000, 8000, { hindsight: { logged } }).playOne(holds())
  t.match(outcome, { verdict: 'failed' })
  t.match(outcome.error?.message, /redis-node0 logged "Reconfiguring myself/)
  const others = line('redis-node2', 'reconfigured as replica', 'Reconfiguring myself')
  t.match(await stalled(1e9, 0, { hindsight: { logged: others } }).playOne(holds()), { verdict: 'passed' })
})

t.test('a hold that was seen all the time does not pass against what a log tells', async (t) => {
  const logged = line(MASTER, 'reconfigured as replica', 'Reconfiguring myself')
  t.match(await stalled(1e9, 0, { hindsight: { logged } }).playOne(holds()), { verdict: 'failed' })
  const failing = line('redis-node1', 'marked failing', 'Marking node … as failing (quorum reached).')
  const healthy = step('expect', { cluster: 'healthy' }, { forMs: 8000 })
  t.match(await stalled(1e9, 0, { hindsight: { logged: failing } }).playOne(healthy), { verdict: 'failed' })
})

t.test('what was seen only after a stall may have come too late', async (t) => {
  const takesOver = step('expect', { node: 'redis-node1', role: 'master' }, { withinMs: 10_000 })
  const change = (cluster: FakeCluster) => promote(cluster, 1, 0)
  const outcome = await stalled(3000, 12_000, { change }).playOne(takesOver)
  t.match(outcome, { verdict: 'inconclusive', error: { message: /nobody can say whether it was in time/ } })
  const inTime = await stalled(3000, 5000, { change }).playOne(takesOver)
  t.match(inTime, { verdict: 'passed' }, 'it came within the limit, stall or not')
  const hindsight = { serversDuring: async () => 'stood-still' as const }
  const asOne = await stalled(3000, 12_000, { change, hindsight }).playOne(takesOver)
  t.match(asOne, { verdict: 'passed', trueAfterMs: 3000 }, 'servers that stood still as well lost no time')
})

t.test('a verb that was done in time but for a stall is inconclusive', async (t) => {
  const clock = new FakeClock(0)
  const slow = defineVerb({
    name: 'slow',
    summary: '',
    group: 'flow',
    example: [],
    proof: '',
    arg: z.null(),
    modifiers: ['within'],
    defaultDeadlineMs: 1000,
    sentence: () => 'be slow',
    run: async () => {
      clock.ms += 1000
      clock.standStill(12_000)
      return {}
    },
  })
  const outcome = await fakeStage({ clock, verbs: [slow] }).playOne(step('slow', null, { withinMs: 5000 }))
  t.match(outcome, { verdict: 'inconclusive', error: { message: /stood still for 12/ } })
  const late = await fakeStage({ clock, verbs: [slow] }).playOne(step('slow', null, { withinMs: 500 }))
  t.match(late, { verdict: 'failed', error: { message: /done after 1\.00 s/ } })
})

t.test('what failed after the servers stood still as well is inconclusive, and says so', async (t) => {
  const hindsight = { shaken: async () => 'the servers stood still' }
  const wrong = step('expect', { node: MASTER, role: 'replica' })
  t.match(await stalled(1e9, 0, { hindsight }).playOne(wrong), {
    verdict: 'inconclusive',
    error: { message: /^the servers stood still; expected .*; last seen: / },
  })
  t.match(await stalled(1e9, 0, { hindsight }).playOne(holds()), { verdict: 'passed' })
})
