import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { explainScenario } from '../../runner/scenario/explain.ts'
import { findScenario, listScenarios, shortName, withTags } from '../../runner/scenario/library.ts'
import { loadScenario, loadScenarioFile } from '../../runner/scenario/load.ts'
import { warningsOf } from '../../runner/scenario/warnings/index.ts'
import { verbByName } from '../../runner/steps/index.ts'

const scenarios = fileURLToPath(new URL('../../scenarios', import.meta.url))

function folder(t: Pick<typeof import('tap').default, 'testdir'>): string {
  return t.testdir({
    'one.yaml': 'title: The first\ntags: [a, nightly]\nsteps: [{ wait: 1s }]\n',
    'broken.yaml': 'title: [\n',
    'notes.txt': 'no scenario',
    steps: { 'prepare.yaml': 'steps: [{ wait: 1s }]\n' },
    faults: {
      'partition.yaml': 'title: Cut off\ntags: [b]\nsteps: [{ use: ../steps/prepare.yaml }]\n',
      steps: { 'inner.yaml': '' },
    },
  })
}

/** Folders of the library. */
const SUBJECTS = [
  'basic',
  'manual',
  'election',
  'partition',
  'data',
  'slots',
  'membership',
  'clients',
  'quorum',
  'scale',
]

t.test('lists scenarios with title and tags, those in folders too, and no step files', async (t) => {
  const root = folder(t)
  t.strictSame(listScenarios(root), [
    { name: 'broken', file: join(root, 'broken.yaml'), folder: root, tags: [] },
    {
      name: 'faults/partition',
      file: join(root, 'faults/partition.yaml'),
      folder: root,
      title: 'Cut off',
      tags: ['b'],
    },
    { name: 'one', file: join(root, 'one.yaml'), folder: root, title: 'The first', tags: ['a', 'nightly'] },
  ])
  t.strictSame(
    withTags(listScenarios(root), ['nightly', 'b']).map(({ name }) => name),
    ['faults/partition', 'one'],
  )
  t.strictSame(listScenarios(join(root, 'nowhere')), [])
})

t.test('finds a scenario by name, and by path', async (t) => {
  const root = folder(t)
  t.strictSame(findScenario('faults/partition', root), { file: join(root, 'faults/partition.yaml'), root })
  t.strictSame(findScenario(join(root, 'one.yaml'), root), { file: join(root, 'one.yaml'), root })
  t.strictSame(findScenario('one.yaml', root), { file: join(root, 'one.yaml'), root })
  const elsewhere = t.testdir({ lib: {}, 'own.yaml': '' })
  t.strictSame(findScenario(join(elsewhere, 'own.yaml'), join(elsewhere, 'lib')), {
    file: join(elsewhere, 'own.yaml'),
    root: elsewhere,
  })
})

t.test('of two folders, the first has the name, and says what it hides', async (t) => {
  const both = t.testdir({
    own: { 'one.yaml': 'title: Mine\n', 'other.yaml': 'title: Another\n' },
    stock: { 'broken.yaml': 'title: [\n', 'one.yaml': 'title: The first\n' },
  })
  const [own, root] = [join(both, 'own'), join(both, 'stock')]
  t.match(listScenarios(own, root), [
    { name: 'broken', folder: root },
    { name: 'one', folder: own, title: 'Mine', hides: join(root, 'one.yaml') },
    { name: 'other', folder: own },
  ])
  t.strictSame(findScenario('one', own, root), { file: join(own, 'one.yaml'), root: own })
  t.strictSame(findScenario('broken', own, root), { file: join(root, 'broken.yaml'), root })
  t.match(findScenario('othr', own, root), { hint: 'did you mean other?' })
})

t.test('a scenario in a folder may use step files of the whole library', async (t) => {
  const root = folder(t)
  const loaded = loadScenarioFile({ file: join(root, 'faults/partition.yaml'), root, verbs: verbByName })
  t.match(loaded, {
    scenario: { id: 'partition', path: 'faults/partition.yaml', usedFiles: [{ path: 'steps/prepare.yaml' }] },
  })
  t.match(loadScenarioFile({ file: join(root, 'faults/partition.yaml'), verbs: verbByName }), {
    diagnostics: [{ message: "../steps/prepare.yaml lies outside the scenario's folder" }],
  })
})

t.test('an unknown name gives the nearest ones, or all', async (t) => {
  const root = folder(t)
  t.strictSame(findScenario('oen', root), { error: 'there is no scenario oen', hint: 'did you mean one?' })
  t.strictSame(findScenario('parttion', root), {
    error: 'there is no scenario parttion',
    hint: 'did you mean partition?',
  })
  t.strictSame(findScenario('something', root), {
    error: 'there is no scenario something',
    hint: 'There are: broken, faults/partition, one.',
  })
  t.match(findScenario('something', scenarios), { hint: /^`.* list` shows all \d+\.$/ }, 'too many for a sentence')
  t.match(findScenario('x/oen.yaml', root), { error: 'there is no file x/oen.yaml' })
  t.match(findScenario('../one', root), { error: /no scenario/ })
})

for (const { name, file } of listScenarios(scenarios)) {
  t.test(`${name} of the library is right, and can be explained`, async (t) => {
    const loaded = loadScenarioFile({ file, root: scenarios, verbs: verbByName })
    if (!('scenario' in loaded)) {
      t.fail('it is wrong', { diagnostics: loaded.diagnostics })
      return
    }
    t.strictSame(warningsOf(loaded.scenario), [], 'nothing in it is warned of')
    const schema = `${'../'.repeat(name.split('/').length - 1) || './'}scenario.schema.json`
    t.ok(loaded.scenario.source.startsWith(`# yaml-language-server: $schema=${schema}\n`), 'an editor finds its schema')
    const text = explainScenario(loaded.scenario, verbByName)
    t.ok(text.startsWith(`${loaded.scenario.title}\n`))
    for (const { path } of loaded.scenario.steps) t.match(text, new RegExp(`^${path}\\. `, 'm'))
  })
}

t.test('the last part of a name is enough where no other scenario has it', async (t) => {
  const root = t.testdir({
    own: { mine: { 'cut.yaml': '' }, one: { 'twice.yaml': '' }, other: { 'twice.yaml': '' } },
    stock: { partition: { 'cut.yaml': '', 'heal.yaml': '' }, 'twice.yaml': '' },
  })
  const [own, stock] = [join(root, 'own'), join(root, 'stock')]
  t.match(findScenario('heal', own, stock), { file: join(stock, 'partition/heal.yaml'), root: stock })
  t.match(findScenario('cut', own, stock), { file: join(own, 'mine/cut.yaml'), root: own }, 'of the first folder')
  t.match(findScenario('twice', own, stock), { file: join(stock, 'twice.yaml') }, 'a whole name goes first')
  const entries = listScenarios(own, stock)
  t.match(
    entries.find(({ name }) => name === 'mine/cut'),
    { hides: join(stock, 'partition/cut.yaml') },
  )
  t.strictSame(
    entries.map((entry) => shortName(entry, entries, [own, stock])),
    ['cut', 'one/twice', 'other/twice', 'partition/cut', 'heal', 'twice'],
  )
  t.strictSame(findScenario('twice', own), {
    error: '2 scenarios are called twice',
    hint: 'say which: one/twice or other/twice',
  })
})

t.test('the library has what it must', async (t) => {
  for (const name of ['failover-basic', 'readme-walkthrough', 'two-shards-lose-quorum'])
    t.match(findScenario(name, scenarios), { root: scenarios }, name)
})

t.test('each scenario of the library is in the folder of a subject, and its last name is its own', async (t) => {
  const names = listScenarios(scenarios).map((entry) => entry.name)
  t.strictSame(
    [...new Set(names.map(dirname))].filter((folder) => !SUBJECTS.includes(folder)),
    [],
  )
  const last = names.map((name) => basename(name))
  t.strictSame(last, [...new Set(last)])
})

/** No lie of a relay takes messages from subscribers, and no setting does. */
const WITHOUT_TWINS = ['clients/sharded-subscribers-through-failovers', 'clients/subscribers-through-failovers']

t.test('each scenario of the library has a twin, under which it must fail', async (t) => {
  const without = listScenarios(scenarios).filter(({ file }) => {
    const loaded = loadScenarioFile({ file, root: scenarios, verbs: verbByName })
    return 'scenario' in loaded && loaded.scenario.twins.length === 0
  })
  const names = without.map(({ name }) => name)
  t.strictSame(names, WITHOUT_TWINS, 'docs/adding.md says how to write one')
})

t.test("the library's step files are right", async (t) => {
  const text = 'title: A title\nsteps:\n  - use: steps/lose-a-master.yaml\n    with: { heir: redis-node1 }\n'
  const loaded = loadScenario(text, { file: join(scenarios, 'x.yaml'), verbs: verbByName })
  t.match(loaded, { scenario: { steps: [{ children: [{ verb: 'stop' }, { verb: 'expect', withinMs: 15_000 }] }] } })
})
