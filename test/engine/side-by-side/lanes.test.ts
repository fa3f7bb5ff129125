import { once } from 'node:events'
import t from 'tap'
import type { Play } from '../../../runner/engine/play.ts'
import { plainGround } from '../../../runner/engine/side-by-side/ground.ts'
import { fixedPace } from '../../../runner/engine/side-by-side/pace.ts'
import { PlayQueue } from '../../../runner/engine/side-by-side/play-queue.ts'
import { PlatformError } from '../../../runner/platforms/errors.ts'
import { reduceRun } from '../../../runner/results/run-model.ts'
import { FakePlatform } from '../../support/fake-platform.ts'
import { type Acts, type FakeRun, fakeRun } from '../../support/fake-run.ts'

/** `meet` resolves once two are there; `count` notes how many are there at once. */
function meetings() {
  let arrived = 0
  let there = 0
  const crowds: number[] = []
  const both = new AbortController()
  const acts: Acts = {
    ok: () => ({}),
    meet: async () => {
      arrived += 1
      if (arrived > 1) both.abort()
      if (!both.signal.aborted) await once(both.signal, 'abort')
      return {}
    },
    count: async () => {
      there += 1
      await new Promise((resolve) => setImmediate(resolve))
      crowds.push(there)
      there -= 1
      return {}
    },
  }
  return { acts, crowds }
}

/** Grounds with run ids that tell the lanes. */
function side(lanes: number, opened: number[] = []) {
  return {
    pace: fixedPace(lanes),
    openGround: async (lane: number) => {
      opened.push(lane)
      return plainGround({ runId: `fake-${lane}`, portBase: 7000 + lane * 10, namePrefix: `n${lane}-` })
    },
  }
}

const started = (run: FakeRun) => run.of('scenario-started').map(({ scenario, lane }) => [scenario, lane])

t.test('two scenarios are played at once, each on the ground of its lane', async (t) => {
  const { acts } = meetings()
  const run = fakeRun(t, acts)
  const result = await run.play([run.scenario(['meet']), run.scenario(['meet']), run.scenario(['ok'])], {}, side(2))
  t.match(result, { verdict: 'passed', exitCode: 0 })
  t.match(run.of('run-started'), [{ lanes: 2 }])
  t.strictSame(started(run).slice(0, 2), [
    [0, 1],
    [1, 2],
  ])
  const addresses = run.of('cluster-ready').map(({ cluster }) => cluster.nodes[0]?.address)
  t.strictSame(addresses.slice(0, 2).sort(), ['localhost:7010', 'localhost:7020'])
  t.equal(run.platform.calls.filter((call) => call === 'prepare').length, 1, 'made ready once for all')
})

t.test('no more than asked for, and none that there is nothing to play for', async (t) => {
  const { acts, crowds } = meetings()
  const run = fakeRun(t, acts)
  const opened: number[] = []
  await run.play(
    [0, 1, 2, 3, 4].map(() => run.scenario(['count'])),
    {},
    side(3, opened),
  )
  t.equal(run.of('scenario-ended').length, 5)
  t.ok(Math.max(...crowds) <= 3)
  const few = fakeRun(t, acts)
  const openedForOne: number[] = []
  await few.play([few.scenario(['ok'])], {}, side(4, openedForOne))
  t.strictSame(openedForOne, [1])
})

t.test('what must be alone is played when all others have ended, one after another', async (t) => {
  const { acts, crowds } = meetings()
  const run = fakeRun(t, acts)
  const alone = () => run.scenario(['count'], [], 'alone: true\n')
  await run.play([alone(), run.scenario(['ok']), alone(), run.scenario(['ok'])], {}, side(2))
  t.strictSame(crowds, [1, 1])
  const ends = run.of('scenario-ended').map(({ scenario }) => scenario)
  t.strictSame(ends.slice(0, 2).sort(), [1, 3])
  t.strictSame(ends.slice(2), [0, 2])
})

t.test('a report has them in the order of the run, whole, whatever ended first', async (t) => {
  const { acts } = meetings()
  const run = fakeRun(t, acts)
  const plays = [run.scenario(['meet', 'ok'], [], 'alone: false\n'), run.scenario(['meet']), run.scenario(['ok'])]
  await run.play(plays, {}, side(2))
  const reordered = [...run.events].sort((a, b) => placeOf(b) - placeOf(a))
  for (const events of [run.events, reordered]) {
    const report = reduceRun(events)
    t.strictSame(
      report.scenarios.map(({ steps }) => steps.map(({ verdict }) => verdict)),
      [['passed', 'passed'], ['passed'], ['passed']],
    )
    t.equal(report.notStarted, 0)
  }
})

function placeOf(event: object): number {
  return 'scenario' in event && typeof event.scenario === 'number' ? event.scenario : 100
}

t.test('a lane without a place is told of, and the others play everything', async (t) => {
  const run = fakeRun(t, { ok: () => ({}) })
  const { pace, openGround } = side(3)
  const result = await run.play(
    [run.scenario(['ok']), run.scenario(['ok']), run.scenario(['ok'])],
    {},
    {
      pace,
      openGround: async (lane) => {
        if (lane > 1) throw new PlatformError('no ports are left')
        return await openGround(lane)
      },
    },
  )
  t.match(result, { verdict: 'passed' })
  t.equal(run.of('scenario-ended').length, 3)
  t.match(run.of('warning')[0]?.text, /fewer scenarios are played side by side: no ports are left/)
})

t.test('where several lanes have no place at once, that is told once, and none of them is tried again', async (t) => {
  const run = fakeRun(t, { ok: () => ({}) })
  const { pace, openGround } = side(8)
  const asked: number[] = []
  const result = await run.play(
    Array.from({ length: 12 }, () => run.scenario(['ok'])),
    {},
    {
      pace,
      openGround: async (lane) => {
        asked.push(lane)
        if (lane > 2) throw new PlatformError('no files are left')
        return await openGround(lane)
      },
    },
  )
  t.match(result, { verdict: 'passed' })
  t.equal(run.of('scenario-ended').length, 12)
  t.equal(run.of('warning').length, 1)
  t.strictSame(
    asked.filter((lane) => lane > 2),
    [3, 4, 5, 6, 7, 8],
  )
})

t.test('Ctrl-C ends what is played on every lane, and nothing begins after it', async (t) => {
  const { acts } = meetings()
  const run = fakeRun(t, {
    ...acts,
    stop: async () => {
      run.controller.abort(new Error('interrupted'))
      return {}
    },
  })
  const result = await run.play(
    [run.scenario(['meet', 'stop']), run.scenario(['meet', 'ok']), run.scenario(['ok'])],
    {},
    side(2),
  )
  t.equal(result.verdict, 'interrupted')
  t.strictSame(started(run).length, 2)
  t.equal(run.platform.removed(), 2)
})

t.test('a bug on one lane ends the run, when the others have ended what they play', async (t) => {
  const { acts } = meetings()
  const run = fakeRun(t, acts)
  const { pace, openGround } = side(2)
  const failing = async (lane: number) => {
    const ground = await openGround(lane)
    return lane === 1 ? ground : { ...ground, platformFor: async () => Promise.reject(new TypeError('a bug')) }
  }
  const plays = [0, 1, 2, 3].map(() => run.scenario(['ok']))
  await t.rejects(run.play(plays, {}, { pace, openGround: failing }), /a bug/)
  t.equal(run.platform.removed(), run.platform.groups.length)
})

t.test('a lane first plays what its servers fit, then what the most have, of one round on one server', async (t) => {
  const run = fakeRun(t)
  const other = new FakePlatform('docker', 'valkey:8.0')
  t.teardown(() => other.close())
  const play = (shape: string, number: number, platform = run.platform): Play => ({
    scenario: { ...run.scenario(['ok']), id: shape },
    platform,
    repeat: { number, of: 2 },
  })
  const plays = [
    play('a', 1),
    play('b', 1),
    play('c', 1),
    play('c', 1),
    play('b', 2),
    play('a', 2),
    play('b', 1, other),
  ]
  const orderOf = (first: string | undefined, inOrder = false) => {
    const queue = new PlayQueue(plays, ({ scenario }) => scenario.id, { inOrder })
    const order: number[] = []
    for (let next = queue.next(first); next !== undefined; ) {
      order.push(next.index)
      next = queue.next(next.play.scenario.id)
    }
    return order
  }
  t.strictSame(orderOf('b'), [1, 2, 3, 0, 5, 4, 6])
  t.strictSame(orderOf(undefined), [2, 3, 0, 1, 4, 5, 6])
  t.strictSame(orderOf('b', true), [0, 1, 2, 3, 4, 5, 6])
})
