import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { renderDiagnostics } from '../../runner/scenario/diagnostic.ts'
import { loadScenarioFile } from '../../runner/scenario/load.ts'
import { verbByName } from '../../runner/steps/index.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
process.chdir(project)
const folder = join('test', 'scenario', 'invalid')

const names = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.replace('.yaml', ''))

t.ok(names.length >= 200, 'there are plenty of invalid scenarios')

for (const name of names) {
  t.test(`${name} gives exactly the expected message`, async (t) => {
    const file = relative('.', join(folder, `${name}.yaml`))
    const allowed = new Set(/^# --allow (\w+)$/m.exec(readFileSync(file, 'utf8'))?.slice(1))
    const loaded = loadScenarioFile({ file, verbs: verbByName, allowed })
    const expected = readFileSync(join(folder, `${name}.expected.txt`), 'utf8')
    if ('scenario' in loaded) t.fail('it was accepted')
    else t.equal(renderDiagnostics(loaded.diagnostics, { color: false }), expected)
  })
}
