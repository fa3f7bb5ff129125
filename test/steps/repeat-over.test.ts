import t from 'tap'
import { loadText, problemsOf } from '../scenario/load-text.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { promote } from '../support/fake-cluster.ts'
import { fakeStage, step } from '../support/fake-stage.ts'
import { fakeVerb } from '../support/fake-verb.ts'

/** What the steps of each round were given. */
async function rounds(over: unknown, prepare: (stage: ReturnType<typeof fakeStage>, round: number) => void = () => {}) {
  const seen: unknown[] = []
  const note = fakeVerb('note', (_, arg) => {
    seen.push(arg)
    prepare(stage, seen.length)
    return undefined
  })
  const stage = fakeStage({ clock: new FakeClock(), verbs: [note] })
  stage.names.set('both', ['redis-node1', 'redis-node3'])
  prepare(stage, 0)
  const children = [step('note', ['$index', '$each'])]
  const outcome = await stage.playOne(step('repeat', { over, as: 'each', steps: [{}] }, { children }))
  t.strictSame(stage.bugs, [])
  return { seen, outcome, stage }
}

t.test('values, with their types, and how often', async (t) => {
  const { seen, outcome, stage } = await rounds(['always', 'everysec', 5, true, 'a b'])
  t.strictSame(seen, [
    [1, 'always'],
    [2, 'everysec'],
    [3, 5],
    [4, true],
    [5, 'a b'],
  ])
  t.match(outcome, { verdict: 'passed', attempts: 5 })
  t.notOk(stage.names.has('each') || stage.names.has('index'), 'and later steps know nothing of it')
})

t.test('nodes, one a round', async (t) => {
  const nodes = async (over: unknown) => (await rounds(over)).seen.map((each) => String(each).slice(-1)).join('')
  t.equal(await nodes('all masters'), '024')
  t.equal(await nodes(['redis-node5', 'all replicas', 'master of shard 2']), '51352')
  t.equal(await nodes(['$both', 'redis-node0']), '130')
  t.equal(await nodes('$both'), '13')
  t.equal(await nodes('all nodes of shard 1'), '01')
})

t.test('a target is looked up when its turn comes', async (t) => {
  const { seen } = await rounds(['master of shard 1', 'master of shard 1', 'replica of shard 1'], (stage, round) => {
    if (round === 1) promote(stage.cluster, 1, 0)
  })
  t.strictSame(seen, [
    [1, 'redis-node0'],
    [2, 'redis-node1'],
    [3, 'redis-node0'],
  ])
})

t.test('a target that stands for nobody ends it, and so does a round that does not pass', async (t) => {
  const nobody = await rounds(['redis-node0', 'replica of shard 9'])
  t.match(nobody.outcome, { verdict: 'failed', error: { message: /there is no shard 9/ } })
  t.equal(nobody.seen.length, 1)
  const stage = fakeStage({ clock: new FakeClock() })
  const children = [step('expect', { node: '$each', role: 'master' })]
  const outcome = await stage.playOne(step('repeat', { over: 'all nodes', as: 'each', steps: [{}] }, { children }))
  t.match(outcome, { verdict: 'failed', error: { message: /step 1#2.1 .* failed/ } })
})

t.test('what its steps bind is known after it', async (t) => {
  const stage = fakeStage({ clock: new FakeClock() })
  const children = [step('let', { last: '$each' })]
  await stage.playOne(step('repeat', { over: ['redis-node2', 'redis-node4'], as: 'each', steps: [{}] }, { children }))
  t.equal(stage.names.get('last'), 'redis-node4')
})

t.test('the reader knows which names there are, and where', async (t) => {
  const text = (inside: string, after = '') =>
    `title: t\nsteps:\n  - repeat:\n      over: all masters\n      as: node\n      steps:\n        - redis: ${inside}\n${after}`
  t.ok(loadText(text('SET "k$index" $node.port')))
  t.match(problemsOf(text('SET a $node.prt')), [{ message: '`$node` stands for a node, and a node has no `prt`' }])
  t.match(problemsOf(text('GET a', '  - kill: $node\n')), [{ message: '`$node` is not defined' }])
  t.match(problemsOf(text('GET a', '  - redis: GET $index\n')), [{ message: '`$index` is not defined' }])
})
