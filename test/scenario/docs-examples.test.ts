import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { renderDiagnostics } from '../../runner/scenario/diagnostic.ts'
import { loadScenarioFile } from '../../runner/scenario/load.ts'
import { warningsOf } from '../../runner/scenario/warnings/index.ts'
import { verbByName } from '../../runner/steps/index.ts'

const folder = fileURLToPath(new URL('../../docs/examples', import.meta.url))
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

t.test('every example is valid and has no warnings, and its editor finds the schema', async (t) => {
  t.equal(files.length, 8)
  for (const name of files) {
    const file = path.join(folder, name)
    const loaded = loadScenarioFile({ file, verbs: verbByName })
    const told = 'scenario' in loaded ? warningsOf(loaded.scenario) : loaded.diagnostics
    t.strictSame(
      told.map((each) => renderDiagnostics([each], { color: false })),
      [],
      name,
    )
    const [first = ''] = readFileSync(file, 'utf8').split('\n')
    const schema = /^# yaml-language-server: \$schema=(.+)$/.exec(first)?.[1] ?? ''
    t.ok(existsSync(path.join(folder, schema)), `${name}: ${first}`)
  }
})

t.test('the index names every example once', async (t) => {
  const index = readFileSync(path.join(folder, 'README.md'), 'utf8')
  const named = [...index.matchAll(/^\| \[([\w-]+)\]\(\1\.yaml\) \|/gm)].map(([, name]) => `${name}.yaml`)
  t.strictSame(named.sort(), files.sort())
})
