import t from 'tap'
import { withoutSlots } from '../../../runner/cluster/moves/without-slots.ts'
import { viewDifferences } from '../../../runner/cluster/view-differences.ts'
import { healthyReports, see, snapshotOf } from '../views.ts'

t.test('a slot that one node sees otherwise makes no difference when it is left out, and any other does', (t) => {
  const reports = healthyReports()
  see(reports, 2, 0, { slots: [[1, 5460]] })
  const snapshot = snapshotOf(reports)
  t.match(viewDifferences(snapshot), [/^redis-node2 sees redis-node0 as a master with slots 1-5460 /])
  t.same(viewDifferences(withoutSlots(snapshot, [0])), [])
  t.match(viewDifferences(withoutSlots(snapshot, [5460])), [/^redis-node2 sees redis-node0 /])
  t.match(viewDifferences(snapshot), [/slots 1-5460/], 'the snapshot stays as it was')
  t.end()
})
