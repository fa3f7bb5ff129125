import path from 'node:path'
import t from 'tap'
import { scenariosNamed } from '../../runner/commands/named-scenarios.ts'

const HINT =
  'scenarios are files that end in .yaml or .yml; those in a folder named `steps` are step files, which scenarios use'
const TEXT = 'title: One\nsteps: [{ wait: 1s }]\n'

const folder = t.testdir({
  mine: {
    'a.yaml': TEXT,
    'b.yml': TEXT,
    'notes.md': '',
    'redis-chaos.yaml': '',
    deep: { 'c.yaml': TEXT, steps: { 'prepare.yaml': TEXT }, node_modules: { 'd.yaml': TEXT } },
    reports: { 'one-run': { 'events.jsonl': '', 'scenario.yaml': TEXT } },
  },
  empty: { steps: { 'prepare.yaml': TEXT } },
  library: { 'stock.yaml': TEXT, 'bench.yaml': TEXT, faults: { 'cut.yaml': TEXT, 'slow.yaml': TEXT } },
})
const library = [path.join(folder, 'library')]
const at = (...names: string[]) => path.join(folder, ...names)

async function filesOf(...words: string[]): Promise<string[]> {
  const found = await scenariosNamed(words, library)
  return found.map((each) => ('error' in each ? `${each.error}; ${each.hint}` : path.relative(folder, each.file)))
}

t.test('a folder is all scenarios below it, and no step file, record or setting', async (t) => {
  t.same(await filesOf(at('mine')), ['mine/a.yaml', 'mine/b.yml', 'mine/deep/c.yaml'])
  t.same(await filesOf(`${at('mine', 'deep')}/`), ['mine/deep/c.yaml'])
  const [, , deep] = await scenariosNamed([at('mine')], library)
  t.match(deep, { root: at('mine') }, 'its step files may lie anywhere in the folder')
  t.match(await scenariosNamed([at('library', 'faults')], library), [{ root: at('library') }, {}])
})

t.test('a pattern is what is like it', async (t) => {
  t.same(await filesOf(`${folder}/mine/*.yaml`), ['mine/a.yaml'])
  t.same(await filesOf(`${folder}/mine/**/*.{yaml,yml}`), ['mine/a.yaml', 'mine/b.yml', 'mine/deep/c.yaml'])
  t.same(await filesOf(`${folder}/*/[ab].y?ml`), ['mine/a.yaml'])
  t.same(
    await filesOf('faults/*'),
    ['library/faults/cut.yaml', 'library/faults/slow.yaml'],
    'names of the library, too',
  )
  t.same(await filesOf('{cut,slow}'), ['library/faults/cut.yaml', 'library/faults/slow.yaml'], 'their last parts, too')
  const here = path.relative('', folder)
  for (const pattern of ['mine/**/c.yaml', '**/deep/*', 'mine/../mine/deep/*.yaml'])
    for (const around of [here, `./${here}`])
      t.same(await filesOf(`${around}/${pattern}`), ['mine/deep/c.yaml'], pattern)
})

t.test('a subject of the library is all its scenarios', async (t) => {
  t.same(await filesOf('faults'), ['library/faults/cut.yaml', 'library/faults/slow.yaml'])
  t.same(await filesOf('faults/'), await filesOf('faults'))
})

t.test('a name of the library is that scenario, and a path is the folder', async (t) => {
  t.same(await filesOf('bench'), ['library/bench.yaml'])
  t.match(await filesOf('./bench/'), [/^there is no scenario in \.\/bench\//])
})

t.test('what was named before is not there again', async (t) => {
  t.same(await filesOf(at('mine/b.yml'), at('mine'), `${folder}/mine/**`), [
    'mine/b.yml',
    'mine/a.yaml',
    'mine/deep/c.yaml',
  ])
  t.same(await filesOf('stock', 'stock'), ['library/stock.yaml', 'library/stock.yaml'], 'unless by its own name')
})

t.test('what is not there is said, with what was meant', async (t) => {
  const [nothing] = await filesOf(at('empty'))
  t.equal(nothing?.replace(folder, ''), `there is no scenario in /empty; ${HINT}`)
  const [none] = await filesOf(`${folder}/mine/*.json`)
  t.equal(none?.replace(folder, ''), `no scenario is like /mine/*.json; ${HINT}`)
  const [misspelt] = await filesOf(at('mien'), at('mine'))
  t.equal(misspelt?.replaceAll(folder, ''), 'there is no folder /mien; did you mean `/mine`?')
  t.match(await filesOf('stokc'), ['there is no scenario stokc; did you mean stock?'])
  t.match(await filesOf(at('mine/x.yaml')), [/^there is no file /])
})
