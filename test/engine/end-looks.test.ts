import t from 'tap'
import { lookAtEnd } from '../../runner/engine/end-looks.ts'
import type { SilentServers } from '../../runner/engine/server-watch.ts'
import type { Recorder } from '../../runner/record/event-log.ts'
import type { EventBody } from '../../runner/record/events.ts'
import { Datasets } from '../../runner/steps/datasets.ts'
import { FakeCluster } from '../support/fake-cluster.ts'

const NODE = 'redis-node5'

/** The end of a scenario after which one node does not answer; `silent`: what is known of it at each look after it. */
async function endWith(silent: readonly SilentServers[]): Promise<EventBody | undefined> {
  const cluster = new FakeCluster()
  cluster.down(NODE)
  const events: EventBody[] = []
  let asked = 0
  await lookAtEnd({
    recorder: { record: (event: EventBody) => events.push(event) } as unknown as Recorder,
    scenario: 0,
    cluster: cluster.live,
    config: {},
    datasets: new Datasets(1),
    silentServers: async () => {
      asked += 1
      return silent[Math.min(asked, silent.length) - 1] ?? { absent: [], frozen: [] }
    },
    firstEpoch: 0,
    signal: new AbortController().signal,
  })
  return events.find(({ type }) => type === 'end-state-seen')
}

const RUNS: SilentServers = { absent: [], frozen: [] }
const ENDED: SilentServers = { absent: [NODE], frozen: [] }
const STANDS_STILL: SilentServers = { absent: [], frozen: [NODE] }

t.test('a server that ended before is not waited for', async (t) => {
  t.match(await endWith([ENDED]), { problems: [], absent: [NODE], settledAfterMs: 0 })
})

t.test('nor is one that ends as the end begins', async (t) => {
  t.match(await endWith([RUNS, RUNS, ENDED]), { problems: [], absent: [NODE], settledAfterMs: Number })
})

t.test('one that runs and does not answer is', async (t) => {
  const problems = [new RegExp(`^${NODE} `)]
  t.match(await endWith([RUNS]), { problems, absent: [], settledAfterMs: undefined })
})

t.test('one that begins to stand still as the end begins is told', async (t) => {
  t.match(await endWith([RUNS, STANDS_STILL]), { problems: [`${NODE} is frozen, and no step paused it`], absent: [] })
})
