import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import t from 'tap'
import { parseDocument } from 'yaml'
import { schemaFiles } from '../../runner/scenario/json-schema.ts'
import { listScenarios } from '../../runner/scenario/library.ts'
import { verbs } from '../../runner/steps/index.ts'

/** Whether the schema for editors says of a file what the loader says, as far as JSON Schema can say it. */

const ajv = new Ajv({ strict: false })
const files = schemaFiles(verbs)
const validate = ajv.compile(JSON.parse(files['scenario.schema.json'] ?? ''))
const validateSteps = ajv.compile(JSON.parse(files['steps/step-file.schema.json'] ?? ''))

const root = fileURLToPath(new URL('../..', import.meta.url))
const invalid = `${root}test/scenario/invalid`

/** Invalid files that the schema accepts, by what it cannot say. */
const BEYOND_IT: Readonly<Record<string, readonly string[]>> = {
  'a value depends on another place of the file': [
    'check-cannot-be-answered',
    'check-of-other-workload',
    'check-phase-none',
    'check-phase-unknown',
    'checks-compared',
    'name-not-known-before',
    'name-used-too-early',
    'parallel-siblings',
    'param-of-wrong-type',
    'target-without-dollar',
    'undefined-name',
    'undefined-name-nothing-known',
    'use-names-stay-inside',
  ],
  'a value depends on another file': [
    'use-absolute',
    'use-cycle',
    'use-outside',
    'use-symlink-out',
    'use-without-ending',
  ],
  'items of lists are counted or compared with each other': [
    'partition-names-a-node-twice',
    'slots-overlap-and-gap',
    'slots-wrong-count',
  ],
  'a text with any $name in it may become anything': ['dollar-braces'],
  'it is about the file and not about the values in it': [
    'nested-too-deep',
    'several-documents',
    'not-utf-8',
    'nul-character',
    'raw-escape',
  ],
}

/** The values of a file; undefined where it is no YAML, which an editor tells without a schema. */
function valuesOf(file: string): unknown {
  const document = parseDocument(readFileSync(file, 'utf8'), { logLevel: 'silent' })
  if (document.errors.length > 0 || document.warnings.length > 0) return undefined
  try {
    // What refers to itself, or is far too large, is no JSON.
    return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 })))
  } catch {
    return undefined
  }
}

const why = () => ajv.errorsText(validate.errors, { separator: '\n' })

for (const { name, file } of listScenarios(`${root}scenarios`)) {
  t.test(`the schema accepts ${name}`, async (t) => {
    t.ok(validate(valuesOf(file)), why())
  })
}

t.test('the schema accepts the step files of the library', async (t) => {
  const folder = `${root}scenarios/steps/`
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.yaml'))) {
    t.ok(validateSteps(valuesOf(folder + name)), `${name}: ${ajv.errorsText(validateSteps.errors)}`)
  }
})

t.test('the schema refuses what the loader refuses, but for what it cannot say', async (t) => {
  const values = readdirSync(invalid)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ name: name.replace('.yaml', ''), value: valuesOf(`${invalid}/${name}`) }))
    .filter(({ value }) => value !== undefined)
  const accepted = values.filter(({ value }) => validate(value)).map(({ name }) => name)
  t.strictSame(accepted.toSorted(), Object.values(BEYOND_IT).flat().toSorted())
  t.comment(`${values.length - accepted.length} of ${values.length} are refused`)
})
