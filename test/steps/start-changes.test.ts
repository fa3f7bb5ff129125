import t from 'tap'
import { fakeStage, step } from '../support/fake-stage.ts'

const NODE = 'redis-node1'
const REFUSAL = "Can't handle RDB format version 12 / Unrecoverable error reading the append only file"
const ENDED = { status: 'stopped', exitCode: 1, text: 'process exited with code 1' } as const

/** A server that ends as soon as it is started, with these last words. */
function refusing(words: string) {
  const { cluster, group, playOne } = fakeStage()
  cluster.down(NODE)
  group.words.set(NODE, words)
  group.after = (act) => {
    if (act === 'start' || act === 'restart') group.set(NODE, ENDED)
  }
  return { group, playOne }
}

t.test('a server that refuses to start as another version is the cause of the failure', async (t) => {
  const { group, playOne } = refusing(REFUSAL)
  group.set(NODE, ENDED)
  const outcome = await playOne(step('start', { node: NODE, server: 'redis:7.0' }))
  t.match(outcome, { verdict: 'failed', error: { cause: `${NODE} ended: process exited with code 1: "${REFUSAL}"` } })
})

t.test('it passes where the scenario expects it, with these words', async (t) => {
  const { group, playOne } = refusing(REFUSAL)
  group.set(NODE, ENDED)
  const expecting = (refused: string) => step('start', { node: NODE, server: 'redis:7.0', refused })
  t.match(await playOne(expecting('RDB format version')), {
    verdict: 'passed',
    proof: /refused to start: .*version 12/,
  })
  t.match(await playOne(expecting('manifest')), { verdict: 'failed', error: { message: /ended otherwise/ } })
})

t.test('a server that starts although it was to refuse fails the step', async (t) => {
  const { group, playOne } = fakeStage()
  group.set(NODE, ENDED)
  const outcome = await playOne(step('start', { node: NODE, server: 'redis:8.0', refused: 'RDB format version' }))
  t.match(outcome, { verdict: 'failed', error: { message: /but it runs and answers/ } })
})

t.test('a start that fails has taken the identity of its node all the same', async (t) => {
  const { group, playOne } = fakeStage()
  group.set(NODE, ENDED)
  const arg = { node: NODE, identity: 'lost', refused: 'RDB format version' }
  const reset = { verdict: 'failed', administers: 'CLUSTER RESET' }
  t.match(await playOne(step('start', arg)), reset)
  const { refused: _, ...rolling } = { ...arg, node: [NODE], rolling: '1ms' }
  t.match(await playOne(step('restart', { ...rolling, refused: 'RDB format version' })), reset)
})
