import t from 'tap'
import type { ScenarioEvent } from '../../../runner/record/events.ts'
import { FAILOVER_METRICS, type FailoverMetric, failoverValues } from '../../../runner/results/failovers/metrics.ts'
import { replay, storedRun, timelinesOf } from '../../support/replay-failovers.ts'

const CAUSES = replay(storedRun('causes-redis-7.0.15')).failovers
const TROUBLES = replay(storedRun('troubles-redis-7.0.15')).failovers

const rounded = (metric: FailoverMetric, failovers = CAUSES) =>
  failoverValues(failovers, metric).map(
    ({ valueMs, open }) => `${Math.round(valueMs ?? Number.NaN)}${open ? ' and more' : ''}`,
  )

t.test('each metric has a value for every failover that it applies to', async (t) => {
  t.strictSame(rounded('time'), ['5131', '9', '3734', '113', '3882', '1'])
  t.strictSame(rounded('detection'), ['3255', '2820', '3078'], 'nothing is detected by a CLUSTER FAILOVER')
  t.strictSame(rounded('election'), ['841', '8', '914', '1', '804', '0'], 'a takeover holds none')
  t.strictSame(rounded('client_outage'), ['5114', '0', '3728', '0', '3891', '0'])
  t.same(FAILOVER_METRICS, ['time', 'detection', 'election', 'client_outage'])
})

t.test('what did not come to its end is the least it was', async (t) => {
  t.strictSame(rounded('time', TROUBLES), ['50', '6907', '3180 and more', '5053 and more'])
  t.strictSame(rounded('client_outage', TROUBLES), ['0', '6840', '5395', '5659 and more'])
  t.equal(failoverValues(TROUBLES, 'election').length, 2)
})

t.test('what nobody saw has no value, and a reason', async (t) => {
  const events = storedRun('causes-redis-7.0.15').events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const blind = timelinesOf(events.filter(({ type }) => type !== 'service-seen')) ?? []
  t.match(failoverValues(blind, 'client_outage')[0], { open: false, why: 'no write was tried on its shard' })
  const [value] = failoverValues(blind, 'client_outage')
  t.equal(value?.valueMs, undefined)
})

t.test('a promotion that was undone is no failover of its own, and counts in no limit', async (t) => {
  const { failovers } = replay(storedRun('two-masters-redis-7.0.15'))
  t.strictSame(
    failovers.map(({ outcome }) => outcome),
    ['promoted', 'undone'],
  )
  for (const metric of FAILOVER_METRICS.filter((name) => name !== 'detection')) {
    t.strictSame(
      failoverValues(failovers, metric).map(({ failover }) => failover.to),
      ['redis-node1'],
      metric,
    )
  }
})
