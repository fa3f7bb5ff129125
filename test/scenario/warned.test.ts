import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { renderDiagnostics } from '../../runner/scenario/diagnostic.ts'
import { loadScenarioFile } from '../../runner/scenario/load.ts'
import { warnings, warningsOf } from '../../runner/scenario/warnings/index.ts'
import { verbByName } from '../../runner/steps/index.ts'

process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
const folder = path.join('test', 'scenario', 'warned')

function namesIn(place: string): string[] {
  return readdirSync(place)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.replace('.yaml', ''))
}

/** Throws Error for a scenario that is invalid. */
function warned(file: string, config: Record<string, string> = {}) {
  const loaded = loadScenarioFile({ file, verbs: verbByName })
  if ('diagnostics' in loaded) throw new Error(renderDiagnostics(loaded.diagnostics, { color: false }))
  return warningsOf(loaded.scenario, { config })
}

const warnedNames = namesIn(folder)
t.ok(warnedNames.length >= 60, 'there are plenty of warned scenarios')

for (const name of warnedNames) {
  t.test(`${name} gives exactly the expected warning`, async (t) => {
    const found = warned(path.join(folder, `${name}.yaml`))
    t.equal(renderDiagnostics(found, { color: false }), readFileSync(path.join(folder, `${name}.expected.txt`), 'utf8'))
  })
}

for (const name of namesIn(path.join(folder, 'silent'))) {
  t.test(`${name} is near to one that is warned of, and is not`, async (t) => {
    t.strictSame(warned(path.join(folder, 'silent', `${name}.yaml`)), [])
  })
}

t.test('there is a scenario for each kind of warning, and each is documented', async (t) => {
  const found = new Set(
    warnedNames.flatMap((name) => warned(path.join(folder, `${name}.yaml`)).map(({ warning }) => warning)),
  )
  const documented = readFileSync('docs/warnings.md', 'utf8')
  for (const { name, summary } of warnings) {
    t.ok(found.has(name), `${name} is shown`)
    t.ok(documented.replaceAll('\n', ' ').includes(`\`${name}\` | ${summary}`), `${name} is documented`)
  }
})

t.test('settings of the command line win over those of the scenario', async (t) => {
  const file = path.join(folder, 'limit-below-node-timeout.yaml')
  t.match(warned(file), [{ warning: 'limit-too-short' }])
  t.strictSame(warned(file, { 'cluster-node-timeout': '500' }), [])
  t.strictSame(warned(file, { 'cluster-node-timeout': 'never' }), [])
})
