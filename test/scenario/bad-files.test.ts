import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { loadScenarios, readScenarios } from '../../runner/commands/load-scenarios.ts'
import { NO_PARAMS } from '../../runner/commands/param-flags.ts'
import { findScenario, listScenarios } from '../../runner/scenario/library.ts'
import { loadScenario, loadScenarioFile } from '../../runner/scenario/load.ts'
import { verbByName } from '../../runner/steps/index.ts'

const GOOD = 'title: Good\ntags: [a]\nsteps: [{ wait: 1s }]\n'
const quiet = { print: () => {}, progress: () => {}, color: false, failures: () => [] }

const lines = (count: number, line: (number: number) => string) =>
  Array.from({ length: count }, (_, number) => line(number)).join('\n')

/** Each level repeats the one before it ten times. */
const ALIAS_BOMB = `a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n${lines(9, (n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(',')}]`)}\ntitle: x\nsteps: []\n`

t.test('one bad file in a library costs that file alone', async (t) => {
  const folder = t.testdir({
    library: {
      'good.yaml': GOOD,
      'bomb.yaml': ALIAS_BOMB,
      'deep.yaml': `a: ${'['.repeat(3000)}`,
      'folder.yaml': {},
      steps: {},
    },
    'outside.yaml': GOOD,
  })
  const library = path.join(folder, 'library')
  const at = (name: string) => path.join(library, name)
  execFileSync('mkfifo', [at('pipe.yaml')])
  symlinkSync('nowhere', at('dangling.yaml'))
  symlinkSync('circle.yaml', at('circle.yaml'))
  symlinkSync('../outside.yaml', at('outside.yaml'))
  symlinkSync('good.yaml', at('link.yaml'))
  symlinkSync('/dev/zero', at('device.yaml'))
  writeFileSync(at('huge.yaml'), '')
  truncateSync(at('huge.yaml'), 50_000_000)
  const entries = listScenarios(library)
  t.match(Object.fromEntries(entries.map(({ name, title, problem }) => [name, problem ?? title ?? 'untitled'])), {
    bomb: 'x',
    circle: 'it is a symbolic link that leads nowhere',
    dangling: 'it is a symbolic link that leads nowhere',
    deep: 'untitled',
    device: /a symbolic link that leads out of/,
    folder: 'it is a folder and no file',
    good: 'Good',
    huge: 'it is larger than 1 MB',
    link: 'Good',
    outside: /a symbolic link that leads out of/,
    pipe: 'it is a pipe, socket or device and no file',
  })
  t.equal(entries.length, 11)
  for (const { name } of entries) t.notMatch(findScenario(name, library), { error: /./ }, `${name} is found`)
  t.match(findScenario('pipe', library), { problem: /a pipe/ })
  for (const name of ['pipe', 'huge', 'folder']) {
    t.match(loadScenarioFile({ file: at(`${name}.yaml`), verbs: verbByName }), {
      diagnostics: [{ message: /this cannot be read as a scenario: it is (a pipe|larger than|a folder)/ }],
    })
  }
})

t.test('those that can be read are read, and all that is wrong with the others is told', async (t) => {
  const folder = t.testdir({ 'good.yaml': GOOD, 'bad.yaml': 'title: x\n', 'folder.yaml': {} })
  const names = ['bad', 'folder', 'good', 'none'].map((name) => path.join(folder, `${name}.yaml`))
  const context = { out: quiet, signal: new AbortController().signal, library: [] }
  const { scenarios, complaints } = await readScenarios(names, NO_PARAMS, context)
  t.strictSame(
    scenarios.map(({ title }) => title),
    ['Good'],
  )
  t.match(
    complaints.join('\n'),
    /there is no scenario in .*folder\.yaml[\s\S]*there is no file .*none\.yaml[\s\S]*bad\.yaml:1:1: /,
  )
  await t.rejects(loadScenarios(names, NO_PARAMS, context), { name: 'UsageError' })
})

t.test('a signal is heard between two files', async (t) => {
  const folder = t.testdir({ 'good.yaml': GOOD })
  const names = Array.from({ length: 1000 }, () => path.join(folder, 'good.yaml'))
  const controller = new AbortController()
  const loading = readScenarios(names, NO_PARAMS, { out: quiet, signal: controller.signal, library: [] })
  setImmediate(() => controller.abort(new Error('interrupted')))
  await t.rejects(loading, { message: 'interrupted' })
})

t.test('what is far more than a scenario is refused where it becomes so', async (t) => {
  const head = 'title: x\nsteps: [{ wait: 1s }]\n'
  for (const [text, place, message] of [
    [`${head}params:\n${lines(60_000, (n) => `  p${n}: ${n}`)}`, [3001, 1], 'this file has more than 3000 lines'],
    [`${head}description: ${'x'.repeat(30_000)}`, [3, 20_001], 'this line is longer than 20000 characters'],
    [
      `${head}params: {${lines(2500, () => `${'a,'.repeat(30)}`)}}`,
      [648, undefined],
      'this file has more than 20000 values',
    ],
    [
      `${head}description: |\n${lines(100, () => `  ${'x'.repeat(9000)}`)}`,
      [31, 6874],
      'this file is too long for a scenario (more than 250 kB)',
    ],
    [ALIAS_BOMB, [5, 10], /unfolds to more than 20000 values/],
    [`${head}params: ${'['.repeat(5000)}`, [3, undefined], 'this file is nested too deeply to be read'],
  ] as const) {
    const loaded = loadScenario(text, { file: 'x.yaml', verbs: verbByName })
    t.match(loaded, { diagnostics: [{ line: place[0], message }] }, String(message))
    if (place[1] !== undefined) t.match(loaded, { diagnostics: [{ col: place[1] }] }, String(message))
  }
})

t.test('of a file that is wrong everywhere the first hundred problems are told', async (t) => {
  const text = `title: x\nsteps:\n${lines(2000, (n) => `  - waitt${n}: 1s`)}\n`
  const loaded = loadScenario(text, { file: 'x.yaml', verbs: verbByName })
  t.equal('diagnostics' in loaded && loaded.diagnostics.length, 100)
})

t.test('a step file is a file of YAML in the folder of the scenario', async (t) => {
  const folder = t.testdir({
    scenarios: { steps: { 'good.yaml': 'steps: [{ wait: 1s }]\n' }, secret: 'password' },
    'outside.yaml': GOOD,
  })
  const scenarios = path.join(folder, 'scenarios')
  execFileSync('mkfifo', [path.join(scenarios, 'pipe.yaml')])
  mkdirSync(path.join(scenarios, 'folder.yaml'))
  symlinkSync('../outside.yaml', path.join(scenarios, 'link.yaml'))
  const use = (file: string) =>
    loadScenario(`title: x\nsteps: [{ use: ${file} }]\n`, { file: path.join(scenarios, 'x.yaml'), verbs: verbByName })
  t.match(use('steps/good.yaml'), { scenario: { title: 'x' } })
  for (const [file, message] of [
    ['pipe.yaml', /cannot be read: it is a pipe/],
    ['folder.yaml', /cannot be read: it is a folder/],
    ['link.yaml', /lies outside the scenario's folder/],
    ['../outside.yaml', /lies outside the scenario's folder/],
    ['secret', /is no name of a step file/],
  ] as const) {
    t.match(use(file), { diagnostics: [{ line: 2, col: 16, message }] }, file)
  }
})
