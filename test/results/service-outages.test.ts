import t from 'tap'
import type { ScenarioEvent } from '../../runner/record/events.ts'
import { serviceOutages } from '../../runner/results/clients/service-outages.ts'

const seen = (shard: number, served: boolean, afterMs: number, seenMs: number): ScenarioEvent => ({
  ...{ type: 'service-seen', atMs: seenMs, scenario: 0, slot: 1, shard, served, afterMs, seenMs },
})

t.test('the outages of servers lie between the last write before each change and the first after it', async (t) => {
  const events = [
    seen(1, true, 1000, 1000),
    seen(2, true, 1000, 1000),
    seen(1, false, 5000, 5100),
    seen(2, false, 6000, 6020),
    seen(1, true, 9000, 9040),
    // Another node serves it from now on.
    seen(1, true, 9500, 9500),
    { type: 'watch-ended', atMs: 12_000, scenario: 0 } as const,
  ]
  t.strictSame(serviceOutages(events, 1000), [
    { shard: 1, startMs: 4050, startErrorMs: 50, endMs: 8020, endErrorMs: 20, ended: true },
    { shard: 2, startMs: 5010, startErrorMs: 10, endMs: 11_000, endErrorMs: 0, ended: false },
  ])
})

t.test('without a probe there are none', async (t) => {
  t.strictSame(serviceOutages([], 0), [])
})
