import t from 'tap'
import { outageLimitMs, waitForOutages } from '../../runner/engine/outage-wait.ts'
import type { RunEvent } from '../../runner/record/events.ts'
import type { ScenarioChecks } from '../../runner/scenario/model.ts'
import { FakeClock } from '../support/fake-clock.ts'

const election = { leastMs: 500, mostMs: 1000, perRankMs: 1000, perPrimaryRankMs: 0, retryMs: 20_000 }
const timing = { nodeTimeoutMs: 5000, manualTimeoutMs: 5000, fullCoverage: true, election }
const events: RunEvent[] = [{ atMs: 0, type: 'timing-seen', scenario: 0, ...timing }]

function limitOf(checks: readonly ScenarioChecks[], of = events): number {
  return outageLimitMs('shop', checks, of, 0)
}

t.test('an outage is waited for as long as the checks let it last', async (t) => {
  t.equal(limitOf([{ on: 'shop', limits: { longest_outage: '12s', lost_writes: 0 } }]), 12_000)
  const several = [{ at_most: '3s', during: 'recovery' }, '8s']
  t.equal(limitOf([{ on: 'shop', limits: { longest_outage: several } }]), 8000)
  t.equal(limitOf([{ on: 'failover', limits: { client_outage: { at_most: '9s' } } }]), 9000)
  const byItsSettings = 2 * 5000 + 1000 + 300 + 200
  t.equal(limitOf([{ on: 'failover', limits: { client_outage: 'expected' } }]), byItsSettings)
  t.equal(limitOf([{ on: 'shop', limits: { longest_outage: '3s', client_outage: '20s' } }]), 20_000)
  t.equal(limitOf([{ on: 'other', limits: { longest_outage: '2s' } }]), byItsSettings)
  t.equal(limitOf([], []), 0, 'a cluster whose settings nobody knows')
})

/** Waits with an outage that has lasted `lastedMs` and ends after `endsAfterMs` more. */
async function wait(lastedMs: number, limitMs: number, endsAfterMs = Number.POSITIVE_INFINITY) {
  const clock = new FakeClock(0)
  const said: string[] = []
  await waitForOutages({
    outForMs: async () => (clock.ms >= endsAfterMs ? {} : { shop: lastedMs + clock.ms }),
    limitMs: () => limitMs,
    clock,
    signal: new AbortController().signal,
    progress: (text) => said.push(text),
  })
  return { waitedMs: clock.ms, said }
}

t.test('the wait is bounded, and says by what', async (t) => {
  const ended = await wait(2000, 12_000, 4000)
  t.match(ended, { waitedMs: 4000, said: [/^waiting up to 11\.0+ s for an outage of shop to end$/, /what is left/] })
  t.equal((await wait(2000, 4000)).waitedMs, 3000, 'a second beyond its limit it has failed')
  t.equal((await wait(0, 60_000)).waitedMs, 30_000)
  t.strictSame(await wait(8000, 5000), { waitedMs: 0, said: [] }, 'beyond its limit already')
  t.strictSame(await wait(8000, 50_000, 0), { waitedMs: 0, said: [] }, 'none is open')
})
