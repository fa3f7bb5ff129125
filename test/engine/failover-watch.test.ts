import path from 'node:path'
import t, { type Test } from 'tap'
import { HeldClock } from '../../runner/base/held-clock.ts'
import { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { FailoverWatch } from '../../runner/engine/failover-watch.ts'
import { Recorder } from '../../runner/record/event-log.ts'
import type { RunEvent } from '../../runner/record/events.ts'
import { FakeClock } from '../support/fake-clock.ts'

const NOTHING = { shards: 0, replicas: 0, slots: [] }

/** A watch of a cluster, as far as it reads logs. `wins` gives it the line of an election. */
function watching(t: Test) {
  const real = new FakeClock(1000)
  real.sleep = (_, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  const clock = new HeldClock(real)
  const recorder = new Recorder({ file: path.join(t.testdir({}), 'events.jsonl'), clock, secrets: [] })
  t.teardown(() => recorder.close())
  const events: RunEvent[] = []
  recorder.subscribe((event) => void events.push(event))
  const watch = new FailoverWatch({ recorder, clock, scenario: 0, serverOf: () => 'redis 7.0.15' })
  watch.start(new LiveCluster({ nodes: [], clock, passwords: '' }), NOTHING)
  const wins = (node: string, agoMs = 0) =>
    watch.readLine(node, { wallMs: real.wallMs() - agoMs, text: "Failover election won: I'm the new master." })
  const winners = () => events.flatMap((event) => (event.type === 'failover-seen' ? [event.node] : []))
  return { real, clock, watch, wins, winners }
}

t.test('of what servers log while the clock is held nothing counts, nor afterwards', async (t) => {
  const { real, clock, watch, wins, winners } = watching(t)
  real.ms += 100
  wins('redis-node1')
  real.ms += 100
  watch.stop()
  await clock.hold(async () => {
    real.ms += 40
    wins('redis-node3', 60)
    real.ms += 960
    wins('redis-node5')
    real.ms += 2000
    wins('redis-node5')
  })
  real.ms += 5
  wins('redis-node5', 20)
  real.ms += 1000
  wins('redis-node5')
  t.strictSame(winners(), ['redis-node1', 'redis-node3'], 'a line of the time before may be under way')
})
