import t from 'tap'
import { playsOf } from '../../../runner/commands/choosing/plays.ts'
import { fakeRun } from '../../support/fake-run.ts'

const nothing = { go: async () => ({}) }

t.test('each repeat draws its own seed from that of the run, the same each time', async (t) => {
  const run = fakeRun(t, nothing)
  const scenarios = ['a', 'b'].map((id) => ({ ...run.scenario(['go']), id }))
  const plan = { repeat: 3, seed: 7, isSeedGiven: true }
  const plays = playsOf(scenarios, [run.platform], plan)
  const seeds = plays.map(({ seed }) => seed)
  t.equal(seeds[0], 7, 'the first repeat is that of a run without repeats')
  t.strictSame(seeds.slice(0, 2), [7, 7], 'one seed a round')
  t.equal(new Set(seeds).size, 3)
  t.strictSame(
    seeds,
    playsOf(scenarios, [run.platform], plan).map(({ seed }) => seed),
  )
  await run.play(plays)
  t.strictSame(
    run.of('scenario-started').map(({ seed }) => seed),
    seeds,
    'recorded with each play',
  )
})

t.test('a seed that the scenario states is that of all its repeats, unless the command line has one', async (t) => {
  const run = fakeRun(t, nothing)
  const scenario = { ...run.scenario(['go']), seed: 42 }
  const seedsOf = (isSeedGiven: boolean) =>
    playsOf([scenario], [run.platform], { repeat: 2, seed: 7, isSeedGiven }).map(({ seed }) => seed)
  t.strictSame(seedsOf(false), [42, 42])
  t.equal(seedsOf(true)[0], 7)
  t.not(seedsOf(true)[1], 42)
})

t.test('what is not to be played is recorded with its reason, and the rest is played', async (t) => {
  const run = fakeRun(t, nothing)
  const scenarios = ['a', 'b', 'c'].map((id) => ({ ...run.scenario(['go']), id }))
  const { verdict } = await run.play(scenarios, { beforePlay: (index) => (index === 1 ? 'not today' : undefined) })
  t.equal(verdict, 'passed')
  t.match(
    run.of('scenario-ended').map(({ verdict, reason }) => ({ verdict, reason })),
    [{ verdict: 'passed' }, { verdict: 'skipped', reason: 'not today' }, { verdict: 'passed' }],
  )
  t.equal(run.ended().length, 2)
})
