import t from 'tap'
import { FakeClock } from '../support/fake-clock.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

const ENDED = { status: 'stopped', exitCode: 1, text: 'process exited with code 1' } as const
const WORDS = 'Unrecoverable error: corrupted cluster config file.'

t.test('a server that ended in the middle of a step is quoted in its message', async (t) => {
  const stage = fakeStage({ clock: new FakeClock() })
  stage.cluster.down('redis-node2')
  stage.group.set('redis-node2', ENDED)
  stage.group.words.set('redis-node2', 'Redis 7.0.15 crashed by signal: 11, si_code: 0')
  const outcome = await stage.playOne(step('expect', { cluster: 'healthy' }, { withinMs: 1000 }))
  t.match(outcome, {
    verdict: 'failed',
    error: {
      message:
        /^redis-node2 ended: process exited with code 1: "Redis 7\.0\.15 crashed by signal: 11, si_code: 0"; expected the cluster to be healthy; /,
    },
  })
})

t.test('one that a step ended is not, nor does a step that passes say anything', async (t) => {
  const stage = fakeStage({ clock: new FakeClock() })
  stage.cluster.down('redis-node1')
  const [killed, waited] = await stage.play([
    step('kill', 'redis-node1'),
    step('expect', { cluster: 'healthy' }, { path: '2' }),
  ])
  t.match(killed?.outcome, { verdict: 'passed' })
  t.match(waited?.outcome, { verdict: 'failed' })
  t.notMatch(waited?.outcome.error?.message, /ended/)
})

t.test('a server that was killed had no time for last words, and no step is to blame', async (t) => {
  const stage = fakeStage()
  stage.cluster.down('redis-node0')
  stage.group.set('redis-node0', { status: 'stopped', exitCode: 137, text: 'process was killed by SIGKILL' })
  stage.group.words.set('redis-node0', 'Cluster state changed: ok')
  const outcome = await stage.playOne(step('kill', 'redis-node0'))
  t.strictSame(outcome.error?.message, 'cannot kill redis-node0, which is stopped (process was killed by SIGKILL)')
  t.equal(outcome.error?.hint, 'redis-node0 ended by itself: look at nodes/redis-node0.log in the report folder.')
})

t.test('a server that ends at its start is quoted once', async (t) => {
  const stage = fakeStage()
  stage.cluster.down('redis-node0')
  stage.group.set('redis-node0', ENDED)
  stage.group.words.set('redis-node0', WORDS)
  stage.group.after = (act) => {
    if (act === 'start') stage.group.set('redis-node0', ENDED)
  }
  const outcome = await stage.playOne(step('start', 'redis-node0'))
  t.match(outcome, {
    verdict: 'failed',
    error: { message: `redis-node0 ended right after its start: process exited with code 1: "${WORDS}"` },
  })
})
