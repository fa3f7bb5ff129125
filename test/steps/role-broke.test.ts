import t from 'tap'
import type { LogMoment, LogObservation } from '../../runner/record/observations.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { promote } from '../support/fake-cluster.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

/** What redis-node1 logs, ms after its promotion. */
type Line = readonly [moment: LogMoment, afterMs: number]

const PROMOTED_MS = 3000

/**
 * What a step says that has a node hold its role for 8 s while redis-node1 replaces redis-node0 3 s after the start. Its
 * log comes 200 ms late.
 */
async function broken(node: string, role: string, lines: readonly Line[]): Promise<string | undefined> {
  const clock = new FakeClock(0)
  const logged = lines.map(
    ([moment, afterMs]): LogObservation => ({
      ...{ node: 'redis-node1', moment, seenMs: PROMOTED_MS + afterMs, errorMs: 0, text: '' },
    }),
  )
  const stage = fakeStage({
    clock,
    hindsight: { logged: (_, toMs) => logged.filter(({ seenMs }) => seenMs + 200 <= toMs) },
  })
  const sleep = clock.sleep.bind(clock)
  clock.sleep = async (durationMs, signal) => {
    const before = clock.ms < PROMOTED_MS
    await sleep(durationMs, signal)
    if (before && clock.ms >= PROMOTED_MS) promote(stage.cluster, 1, 0)
  }
  const { error } = await stage.playOne(step('expect', { node, role }, { forMs: 8000 }))
  t.strictSame(stage.bugs, [])
  t.match(error?.details, [/^it was so for 3\.00 s, but had to hold for 8\.00 s/])
  return error?.message.replace(/; last seen: .*/, '')
}

const WON: Line = ['election won', 0]

t.test('who took the role away, when, and how', async (t) => {
  const cases: [string, Line[], string][] = [
    ['asked', [['manual accepted', -20], WON], 'redis-node1 accepted a CLUSTER FAILOVER at 2.98 s'],
    ['forced', [['force accepted', -500], WON], 'redis-node1 accepted a CLUSTER FAILOVER FORCE at 2.50 s'],
    ['taken over', [['taken over', -1]], 'redis-node1 accepted a CLUSTER FAILOVER TAKEOVER at 3.00 s'],
    ['elected', [WON], 'redis-node1 won an election at 3.00 s'],
    [
      'elected after a request was given up',
      [['manual accepted', -2000], ['manual given up', -1000], WON],
      'redis-node1 won an election at 3.00 s',
    ],
    ['unknown', [], 'redis-node1 took its place'],
  ]
  for (const [what, lines, how] of cases) {
    t.equal(
      await broken('redis-node0', 'master', lines),
      `redis-node0 was the master until ${how}; expected redis-node0 to be a master`,
      what,
    )
  }
})

t.test('a replica that was promoted', async (t) => {
  t.equal(
    await broken('redis-node1', 'replica', [['manual accepted', -20], WON]),
    'redis-node1 was a replica until it accepted a CLUSTER FAILOVER at 2.98 s; expected redis-node1 to be a replica',
  )
})
